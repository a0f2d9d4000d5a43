"""What is promised to those outside, held against what is really there."""
