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
    """The checks of a service, and whether it is draining.

    `failing` names background tasks that are waiting to be started again, `degraded` what does not work while the rest
    does (writes to a full disk): both are told, but no reason to get no requests. Every copy of a service has the same
    store, so that taking one out of rotation for it would take all of them, and their reads.

    A process that starts has no checks of its service yet: `replace` brings them.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        *,
        failing: Callable[[], Mapping[str, str]] = dict,
        degraded: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self.draining = False
        self.replace(checks, failing=failing, degraded=degraded)

    def replace(
        self,
        checks: Mapping[str, Check],
        *,
        failing: Callable[[], Mapping[str, str]] = dict,
        degraded: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """Let these say from now on whether the service is ready."""
        self._checks = checks
        self._failing = failing
        self._degraded = degraded

    async def reasons(self) -> dict[str, str]:
        """Why the service is not ready, by check; empty when it is. Takes 2 s at most."""
        if self.draining:
            return {"drain": "the process is ending"}
        checks = self._checks  # others may take their place meanwhile
        answers = await asyncio.gather(*(_reason(check) for check in checks.values()))
        return {name: reason for name, reason in zip(checks, answers, strict=True) if reason is not None}

    async def report(self) -> JSONObject:
        """What `/readyz` says."""
        reasons = await self.reasons()
        return {
            "ready": not reasons,
            "reasons": dict(reasons),
            "degraded": dict(self._degraded()),
            "failing_tasks": dict(self._failing()),
        }


def admin_app(readiness: Readiness) -> web.Application:
    """The application of the admin port: `/healthz`, `/readyz`, `/metrics`."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def readyz(_: web.Request) -> web.Response:
        report = await readiness.report()
        return web.Response(
            status=200 if report["ready"] else 503, body=encoded(report), content_type="application/json"
        )

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app


async def _reason(check: Check) -> str | None:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return f"no answer within {_CHECK_SECONDS:g} s"
    except Exception as error:
        return str(error) or type(error).__name__
