"""The HTTP API of entitlements."""
