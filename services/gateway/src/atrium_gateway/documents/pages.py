"""The public pages: the document, kept for a minute, and the explorer; all they load comes from here."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import TypeAlias

from atrium_common.clock import Clock
from atrium_common.errors import AtriumError
from atrium_common.http.client import ServiceClient
from atrium_common.http.reply import encoded, matches_any
from atrium_gateway.documents.merging import merged
from atrium_gateway.http1.message import Fields, Request, Response

Page: TypeAlias = Callable[[Request], Awaitable[Response]]

DOCUMENT = "/api/openapi.json"
EXPLORER = "/api/docs"
_KEPT_SECONDS = 60.0
_ASSETS: Mapping[str, tuple[str, bytes]] = {
    EXPLORER: ("explorer.html", b"text/html; charset=utf-8"),
    f"{EXPLORER}/explorer.css": ("explorer.css", b"text/css; charset=utf-8"),
    f"{EXPLORER}/explorer.js": ("explorer.js", b"text/javascript; charset=utf-8"),
    f"{EXPLORER}/icon.svg": ("icon.svg", b"image/svg+xml"),
}
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HARDENED: Fields = [
    (b"Content-Security-Policy", _POLICY),
    (b"Referrer-Policy", b"no-referrer"),
    (b"Cross-Origin-Opener-Policy", b"same-origin"),
]


def pages(clients: Mapping[str, ServiceClient], *, clock: Clock) -> Mapping[str, Page]:
    """The pages by path."""
    found: dict[str, Page] = {DOCUMENT: _Document(clients, clock)}
    for path, (name, kind) in _ASSETS.items():
        content = files("atrium_gateway.documents").joinpath("assets", name).read_bytes()
        found[path] = _Asset(content, kind)
    return found


class _Document:
    def __init__(self, clients: Mapping[str, ServiceClient], clock: Clock) -> None:
        self._clients = clients
        self._clock = clock
        self._made_at = float("-inf")
        self._asset: _Asset | None = None
        self._making = asyncio.Lock()

    async def __call__(self, request: Request) -> Response:
        async with self._making:
            if self._clock.monotonic() - self._made_at > _KEPT_SECONDS:
                await self._make()
        if self._asset is None:
            raise RuntimeError("a document that is made is there")
        return await self._asset(request)

    async def _make(self) -> None:
        """Ask the services anew; where one does not answer, the document as it was is still right."""
        try:
            parts = await asyncio.gather(
                *(client.call("GET", "/internal/openapi.json") for client in self._clients.values())
            )
        except AtriumError:
            if self._asset is None:
                raise
            return
        self._asset = _Asset(encoded(merged(dict(zip(self._clients, parts, strict=True)))), b"application/json")
        self._made_at = self._clock.monotonic()


class _Asset:
    def __init__(self, content: bytes, kind: bytes) -> None:
        self._content = content
        self._tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
        self._fields: Fields = [
            (b"Content-Type", kind),
            (b"ETag", self._tag.encode()),
            *_HARDENED,
        ]

    async def __call__(self, request: Request) -> Response:
        condition = request.headers.get(b"if-none-match")
        if condition is not None and matches_any(condition.decode("latin-1"), self._tag):
            return Response(304, list(self._fields))
        return Response(200, list(self._fields), self._content)
