"""The API front: keys, limits, idempotency, forwarding."""
