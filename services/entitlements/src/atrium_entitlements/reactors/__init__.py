"""What entitlements hears from other services."""
