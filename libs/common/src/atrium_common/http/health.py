"""The admin port: alive, ready (with reasons), metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from atrium_common.http.reply import encoded
from atrium_common.jsontypes import JSONObject

Check: TypeAlias = Callable[[], Awaitable[str | None]]
"""Answers None where all is well, else the reason why not, in words."""

_CHECK_SECONDS = 2.0


class Readiness:
    """The checks of a service, and whether it is draining."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self.draining = False

    async def reasons(self) -> dict[str, str]:
        """Why the service is not ready, by check; empty when it is."""
        if self.draining:
            return {"drain": "the process is ending"}
        reasons: dict[str, str] = {}
        for name, check in self._checks.items():
            try:
                async with asyncio.timeout(_CHECK_SECONDS):
                    reason = await check()
            except TimeoutError:
                reason = f"no answer within {_CHECK_SECONDS:g} s"
            except Exception as error:
                reason = str(error) or type(error).__name__
            if reason is not None:
                reasons[name] = reason
        return reasons


def admin_app(readiness: Readiness) -> web.Application:
    """The application of the admin port: `/healthz`, `/readyz`, `/metrics`."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def readyz(_: web.Request) -> web.Response:
        reasons = await readiness.reasons()
        body: JSONObject = {"ready": not reasons, "reasons": dict(reasons)}
        return web.Response(status=503 if reasons else 200, body=encoded(body), content_type="application/json")

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app
