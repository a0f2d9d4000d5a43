"""Whether two requests are the same one (spec/http-api.md, "Idempotency")."""

from __future__ import annotations

import hashlib

from atrium_gateway.ports import IdempotentRequest


def record_key(wanted: IdempotentRequest) -> str:
    """Under which key the request is remembered: the API key is the scope."""
    return _hashed(wanted.key_id, wanted.idempotency_key)


def fingerprint(wanted: IdempotentRequest) -> str:
    """Equal for the same request: method, path, query in any order, content type, resolved context, body."""
    query = "&".join(sorted(wanted.query.split("&")))
    return _hashed(
        wanted.method,
        wanted.path,
        query,
        wanted.content_type.strip().lower(),
        wanted.workspace_id,
        wanted.namespace_id or "",
        wanted.body,
    )


def _hashed(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8) + raw)
    return digest.hexdigest()
