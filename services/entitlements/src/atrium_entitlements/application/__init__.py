"""Commands and questions of entitlements."""
