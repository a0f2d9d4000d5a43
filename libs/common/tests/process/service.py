"""A service for the tests of processes: `python service.py`, told by ATRIUM_… variables."""

from __future__ import annotations

import asyncio
import os

import structlog

from atrium_common.http.app import create_app
from atrium_common.http.body import Body
from atrium_common.http.reply import Reply
from atrium_common.http.route import Call, Route
from atrium_common.process import run_service
from atrium_common.settings import Settings
from atrium_common.store.ports import StoreRefused, StoreUnavailable
from atrium_common.wiring import Parts, Service

log = structlog.get_logger("probe")


class Text(Body):
    text: str


async def build(parts: Parts) -> Service:
    if (failing := os.environ.pop("PROBE_FAILS_ONCE", None)) is not None:
        raise StoreUnavailable(failing)
    if (away := os.environ.get("PROBE_IS_AWAY")) is not None:
        raise StoreUnavailable(away)
    if (refused := os.environ.get("PROBE_IS_REFUSED")) is not None:
        raise StoreRefused(refused)
    if "PROBE_OPENS_LONG" in os.environ:
        log.info("opening began")
        await asyncio.Event().wait()
    if "PROBE_CRASHES" in os.environ:
        raise ValueError("a bug, not a setting")

    async def echo(call: Call) -> Reply:
        return Reply.bare({"text": call.read(Text).text})

    async def slow(_: Call) -> Reply:
        log.info("slow began")
        await asyncio.sleep(1.0)
        return Reply.bare({"slow": "done"})

    async def forever(_: Call) -> Reply:
        log.info("forever began")
        await asyncio.Event().wait()
        return Reply.empty()

    async def job() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            log.info("job handed back")

    async def write() -> None:
        while True:
            if (parts.settings.data_dir / "full").exists():
                raise StoreUnavailable("SQLite: database or disk is full")
            await asyncio.sleep(0.05)

    async def close() -> None:
        log.info("closed")

    async def failing_close() -> None:
        raise RuntimeError("close failed")

    routes = [
        Route("POST", "/internal/echo", echo, "x", body=Text, internal=True),
        Route("POST", "/internal/slow", slow, "x", internal=True),
        Route("POST", "/internal/forever", forever, "x", internal=True),
    ]
    return Service(
        parts.name,
        None if "PROBE_IS_CALLED_BY_NOBODY" in os.environ else create_app(routes, parts.kit),
        jobs={"job": job, "write": write},
        checks={},
        closers=[failing_close, close],
    )


if __name__ == "__main__":
    run_service("probe", Settings(), [], build)
