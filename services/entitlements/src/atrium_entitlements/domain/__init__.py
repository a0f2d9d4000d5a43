"""The aggregates of entitlements: what is granted, what is used. Integers only."""
