"""A write that carries an `Idempotency-Key`: what it is known by, and its first answer given again."""

from __future__ import annotations

import hashlib

from atrium_gateway.exchange import Exchange
from atrium_gateway.http1.message import Response
from atrium_gateway.ports import IdempotentRequest, SavedAnswer


def idempotent(exchange: Exchange) -> IdempotentRequest:
    """What the request is known by when it comes again."""
    request, holder = exchange.request, exchange.holder
    headers = request.headers
    return IdempotentRequest(
        # Without an API key, what the body proves is the scope: nobody else's key can collide with it.
        key_id=holder.key_id if holder is not None else f"body/{hashlib.sha256(exchange.body).hexdigest()}",
        user_id=holder.user_id if holder is not None else "",
        idempotency_key=headers[b"idempotency-key"].decode(),
        method=request.method,
        path=request.path,
        query=request.query,
        content_type=headers.get(b"content-type", b"").decode("latin-1"),
        workspace_id=holder.workspace_id if holder is not None else "",
        namespace_id=holder.namespace_id if holder is not None else None,
        body=exchange.body,
    )


def replayed(saved: SavedAnswer) -> Response:
    """The answer that the request had the first time."""
    kept = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in saved.headers]
    return Response(saved.status, [*kept, (b"Idempotent-Replayed", b"true")], saved.body)
