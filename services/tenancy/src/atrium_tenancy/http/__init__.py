"""The HTTP API of tenancy."""
