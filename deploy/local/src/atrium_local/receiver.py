"""A webhook receiver for people: shows each delivery as it arrives, and whether its signatures hold."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias, cast

import orjson
from aiohttp import web

from atrium_common.jsontypes import JSON


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery that came in; `verified` is None where no secret is known to verify it with."""

    event_id: str
    event_type: str
    delivery_id: str
    attempt: str
    verified: bool | None
    body: bytes

    @property
    def pretty(self) -> str:
        """The body, indented; as it came where it is no JSON."""
        content = self.content
        return content if isinstance(content, str) else orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()

    @property
    def content(self) -> JSON:
        """What the body says; its text where it is no JSON."""
        try:
            return cast("JSON", orjson.loads(self.body))
        except ValueError:
            return self.body.decode(errors="replace")


Seen: TypeAlias = Callable[[Arrival], Awaitable[None]]


class Receiver:
    """Listens on loopback and answers 204 to every delivery."""

    def __init__(self, seen: Seen, *, secret: str | None = None) -> None:
        self.secret = secret
        self._seen = seen
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        """Listen; the URL that deliveries go to.

        Raises:
            OSError: the port is taken.
        """
        app = web.Application()
        app.router.add_post("/{tail:.*}", self._receive)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        host, bound = self._runner.addresses[0][:2]
        return f"http://{host}:{bound}/webhooks"

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = request.headers
        await self._seen(
            Arrival(
                headers.get("X-Webhook-ID", ""),
                headers.get("X-Webhook-Event", ""),
                headers.get("X-Webhook-Delivery", ""),
                headers.get("X-Webhook-Attempt", ""),
                self._verified(body, headers.get("X-Webhook-Signature", "")),
                body,
            )
        )
        return web.Response(status=204)

    def _verified(self, body: bytes, signature: str) -> bool | None:
        if self.secret is None:
            return None
        expected = "sha256=" + hmac.new(self.secret.encode(), body, sha256).hexdigest()
        return hmac.compare_digest(signature, expected)
