"""A service as a process: serves its two ports, runs its jobs, and drains on SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import structlog
import uvloop
from aiohttp import web

from atrium_common.bus.ports import BusUnavailable
from atrium_common.http.health import Readiness, admin_app
from atrium_common.logging import configure_logging
from atrium_common.settings import Settings
from atrium_common.store.documents import Collection
from atrium_common.store.ports import StoreUnavailable
from atrium_common.supervisor import Supervisor
from atrium_common.wiring import Parts, Service, compose

log = structlog.get_logger("process")

PARENT_FD = "ATRIUM_PARENT_FD"
_START_PAUSE = 1.0
_ORPHAN_SECONDS = 3.0

Build: TypeAlias = Callable[[Parts], Awaitable[Service]]


def run_service(
    name: str, settings: Settings, collections: Sequence[Collection], build: Build, *, reuse_port: bool = False
) -> None:
    """Run the service until SIGTERM, SIGINT, or the end of the process that started it; then drain and return."""
    configure_logging(service=name, level=settings.log_level, style=settings.log_format)
    uvloop.run(_main(name, settings, collections, build, reuse_port=reuse_port))


async def _main(
    name: str, settings: Settings, collections: Sequence[Collection], build: Build, *, reuse_port: bool
) -> None:
    ending = _ending()
    composed = await _composed(name, settings, collections, ending)
    if composed is None:
        return
    parts, closers = composed
    service = await build(parts)
    readiness = Readiness({"store": _store_check(parts), **service.checks})
    supervisor = Supervisor()
    runner = _runner(service.server, settings.drain_seconds)
    admin = web.AppRunner(admin_app(readiness), access_log=None)
    await runner.setup()
    await admin.setup()
    site = web.TCPSite(runner, settings.host, settings.port, reuse_port=reuse_port or None, backlog=1024)
    await web.TCPSite(admin, settings.host, settings.admin_port).start()
    for job_name, job in service.jobs.items():
        supervisor.start(job_name, job)
    await site.start()
    log.info("serving", api=_address(runner), admin=_address(admin))
    await ending.wait()
    log.info("draining")
    readiness.draining = True
    await runner.cleanup()
    await supervisor.stop()
    for close in (*service.closers, *closers):
        try:
            await close()
        except Exception:
            log.exception("closing failed")
    await admin.cleanup()
    log.info("ended")


async def _composed(
    name: str, settings: Settings, collections: Sequence[Collection], ending: asyncio.Event
) -> tuple[Parts, list[Callable[[], Awaitable[None]]]] | None:
    """The parts, as soon as store and bus can be reached; None if the end comes first."""
    while not ending.is_set():
        try:
            return await compose(name, settings, collections)
        except (StoreUnavailable, BusUnavailable) as error:
            log.warning("not yet", reason=str(error), again_in=_START_PAUSE)
            try:
                await asyncio.wait_for(ending.wait(), _START_PAUSE)
            except TimeoutError:
                continue
    return None


def _ending() -> asyncio.Event:
    """The event that is set by SIGTERM, SIGINT or the end of the starting process."""
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    inherited = os.environ.get(PARENT_FD)
    if inherited is not None:
        # The other end of this pipe is held by the parent alone: it reads as ended when the parent has.
        loop.add_reader(int(inherited), _parent_gone, int(inherited), ending)
    return ending


def _parent_gone(fd: int, ending: asyncio.Event) -> None:
    if not os.read(fd, 1):
        loop = asyncio.get_running_loop()
        loop.remove_reader(fd)
        ending.set()
        # Nobody waits for this process any more, and its data directory must be free soon: a crash loses nothing.
        loop.call_later(_ORPHAN_SECONDS, os._exit, 1)


def _store_check(parts: Parts) -> Callable[[], Awaitable[str | None]]:
    async def check() -> str | None:
        await parts.store.ping()
        return None

    return check


def _runner(server: web.Application | web.Server, drain_seconds: float) -> web.BaseRunner:
    if isinstance(server, web.Application):
        return web.AppRunner(
            server, access_log=None, handler_cancellation=False, shutdown_timeout=drain_seconds, keepalive_timeout=75
        )
    return web.ServerRunner(server, shutdown_timeout=drain_seconds)


def _address(runner: web.BaseRunner) -> str:
    return ", ".join(f"{address[0]}:{address[1]}" for address in runner.addresses)
