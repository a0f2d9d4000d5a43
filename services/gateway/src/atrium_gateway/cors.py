"""Cross-origin requests from browsers (the Fetch standard): off unless `ATRIUM_CORS_ORIGINS` names origins."""

from __future__ import annotations

from collections.abc import Sequence

from atrium_gateway.http1.message import Fields, Request, Response

_EXPOSED = (
    b"ETag, Location, Link, Deprecation, Sunset, Retry-After, X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining, "
    b"X-RateLimit-Reset, RateLimit, RateLimit-Policy, Idempotent-Replayed, X-Error-Source"
)
_ACCEPTED = (
    b"Authorization, Content-Type, Accept, If-Match, If-None-Match, Idempotency-Key, X-Request-ID, X-Workspace-ID, "
    b"X-Namespace-ID"
)


class Cors:
    """Which origins may read answers; `*` stands for any. Keys travel in a header: no cookies, no credentials."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)

    @property
    def is_on(self) -> bool:
        """Whether any origin may read answers."""
        return bool(self._origins)

    def fields(self, request: Request) -> Fields:
        """What an answer to this request says about origins."""
        if not self._origins:
            return []
        origin = request.headers.get(b"origin")
        vary: Fields = [] if b"*" in self._origins else [(b"Vary", b"Origin")]
        if origin is None or not (origin in self._origins or b"*" in self._origins):
            return vary
        allowed = b"*" if b"*" in self._origins else origin
        return [*vary, (b"Access-Control-Allow-Origin", allowed), (b"Access-Control-Expose-Headers", _EXPOSED)]

    def options(self, request: Request, methods: Sequence[str]) -> Response:
        """The answer to OPTIONS: what the path has, and to a browser whether it may (no key is needed to ask)."""
        allow = ", ".join(methods).encode()
        fields: Fields = [(b"Allow", allow)]
        asks = b"access-control-request-method" in request.headers
        if asks and any(name == b"Access-Control-Allow-Origin" for name, _ in self.fields(request)):
            fields += [
                (b"Access-Control-Allow-Methods", allow),
                (b"Access-Control-Allow-Headers", _ACCEPTED),
                (b"Access-Control-Max-Age", b"600"),
            ]
        return Response(204, fields)
