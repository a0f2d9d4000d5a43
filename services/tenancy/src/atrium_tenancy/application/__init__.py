"""Commands of tenancy: load, decide, commit."""
