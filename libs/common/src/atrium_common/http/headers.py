"""The names of headers that travel between gateway and services; the gateway drops them from clients."""

from __future__ import annotations

REQUEST_ID = "X-Request-ID"
PRINCIPAL = "X-Principal"
COMMAND_ID = "X-Command-ID"
DEADLINE_MS = "X-Deadline-Ms"
PUBLIC_BASE = "X-Public-Base"
TRACEPARENT = "traceparent"

INTERNAL = frozenset({PRINCIPAL.lower(), COMMAND_ID.lower(), DEADLINE_MS.lower(), PUBLIC_BASE.lower()})
