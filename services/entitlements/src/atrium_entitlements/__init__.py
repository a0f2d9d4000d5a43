"""Plans, usage and exact limits."""
