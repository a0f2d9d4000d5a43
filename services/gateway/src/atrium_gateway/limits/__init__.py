"""How many requests a key, or an address without one, may make."""
