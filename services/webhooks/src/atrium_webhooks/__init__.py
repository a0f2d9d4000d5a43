"""Fan-out, signing and delivery of events to webhook endpoints."""
