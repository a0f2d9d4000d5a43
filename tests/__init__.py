"""The tests that cross packages: contracts, end to end, load."""
