"""Requests with an `Idempotency-Key`: one effect, and the same answer again."""
