"""A service as a process: serves its two ports, runs its jobs, and drains on SIGTERM (spec/command.md)."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import structlog
import uvloop
from aiohttp import web

from atrium_common import tracing
from atrium_common.bus.ports import BusRefused, BusUnavailable
from atrium_common.http.health import Readiness, admin_app
from atrium_common.http.listener import SERVICE_LIMITS, Listener
from atrium_common.logging import configure_logging
from atrium_common.metrics import START_WAITS, WRITES_FAIL
from atrium_common.parent import line, tell_unfit
from atrium_common.run_files import RunFiles
from atrium_common.settings import Settings, UnfitSetting
from atrium_common.store.documents import Collection
from atrium_common.store.ports import StoreRefused, StoreUnavailable
from atrium_common.supervisor import Supervisor
from atrium_common.tls import Pair, ServedCertificate
from atrium_common.wiring import Closer, Parts, Service, compose

log = structlog.get_logger("process")

_START_PAUSE = 1.0
_ORPHAN_SECONDS = 2.0
_CLOSE_SECONDS = 5.0
_SWITCH_SECONDS = 0.0005
"""How long the event loop may keep a store's writer waiting, which asks for the interpreter often in each commit."""

_NEW_OBJECTS = 5000
Build: TypeAlias = Callable[[Parts], Awaitable[Service]]


def run_service(
    name: str, settings: Settings, collections: Sequence[Collection], build: Build, *, reuse_port: bool = False
) -> None:
    """Run the service until SIGTERM, SIGINT, or the end of the process that started it; then drain and return.

    Raises:
        SystemExit: it can't start, with 1: a setting is unfit, a port is taken; the log says which, and the parent
            hears of what starting again does not help.
    """
    configure_logging(service=name, level=settings.log_level, style=settings.log_format)
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        uvloop.run(_main(name, settings, collections, build, reuse_port=reuse_port))
    except (ValueError, OSError, StoreRefused, BusRefused) as error:
        if isinstance(error, UnfitSetting | StoreRefused | BusRefused):
            tell_unfit(str(error))
        log.error("can not start", reason=str(error), kind=type(error).__name__)
        raise SystemExit(1) from None


def search_seldom() -> None:
    """Look for cyclic garbage in what comes from now on only, and seldom: requests wait for it.

    What has been put together by now stays to the end; without it a search takes a third of the time. What comes is
    mostly documents under way, which are no cycles, and each search goes through all of them. There is next to no
    garbage in what has been put together, and to look for that would be a tenth of the start.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 50)


async def _main(
    name: str, settings: Settings, collections: Sequence[Collection], build: Build, *, reuse_port: bool
) -> None:
    ending = _Ending(settings.drain_seconds)
    start = _Start()
    readiness = Readiness({"start": start.check})
    tracer = tracing.install(name, settings)
    with RunFiles(settings.run_dir, settings.run_name or name) as files:
        # From the first moment to the end: who waits for its store is alive, and must not be ended for being silent.
        async with _admin_port(readiness, settings) as admin_port:
            built = await _built(name, settings, collections, build, ending, start)
            if built is None:
                log.warning("ended before it served", reason=ending.reason)
                return
            service, parts, closers = built
            try:
                search_seldom()
                await _serve(service, parts, ending, files, readiness, admin_port, reuse_port=reuse_port)
            finally:
                await _close([*closers, *([] if tracer is None else [tracer.close])])
    log.info("ended")


@contextlib.asynccontextmanager
async def _admin_port(readiness: Readiness, settings: Settings) -> AsyncIterator[int]:
    """The admin port, open; its number."""
    runner = web.AppRunner(admin_app(readiness), access_log=None, shutdown_timeout=1.0)
    try:
        await runner.setup()
        with _told_where(settings.host, settings.admin_port, "--admin-port (ATRIUM_ADMIN_PORT)"):
            await web.TCPSite(runner, settings.host, settings.admin_port).start()
        port = int(runner.addresses[0][1])
        log.debug("starting", admin_port=port)
        yield port
    finally:
        await runner.cleanup()


async def _serve(
    service: Service,
    parts: Parts,
    ending: _Ending,
    files: RunFiles,
    readiness: Readiness,
    admin_port: int,
    *,
    reuse_port: bool,
) -> None:
    settings = parts.settings
    supervisor = Supervisor()
    writes = partial(supervisor.lately, StoreUnavailable)
    WRITES_FAIL.set_function(lambda: float(writes() is not None))
    door = _Application(service.server) if isinstance(service.server, web.Application) else service.server
    try:
        ports = {}
        shown = None if door is None else served_certificate(settings)
        if door is not None:
            tls = None if shown is None else shown.context
            with _told_where(settings.host, settings.port, "--port (ATRIUM_PORT)"):
                ports["api"] = await door.open(settings.host, settings.port, reuse_port=reuse_port, tls=tls)
        if shown is not None:
            supervisor.start("certificate", shown.follow)
        for job_name, job in service.jobs.items():
            supervisor.start(job_name, job)
        ports["admin"] = admin_port
        readiness.replace(
            {"store": _store_check(parts), **service.checks},
            failing=lambda: supervisor.failing,
            degraded=lambda: {} if (reason := writes()) is None else {"writes": reason},
        )
        files.write_ports(ports)
        log.info("serving", host=settings.host, port=ports.get("api"), admin_port=ports["admin"])
        await ending.begun.wait()
        readiness.draining = True
        log.info("draining", reason=ending.reason, seconds=ending.seconds)
        if door is not None and not await door.drain(ending.left()):
            log.warning("requests were cut off after the time to drain")
    finally:
        await supervisor.stop(max(ending.left(), 1.0))
        if isinstance(door, _Application):
            await door.cleanup()


async def _built(
    name: str, settings: Settings, collections: Sequence[Collection], build: Build, ending: _Ending, start: _Start
) -> tuple[Service, Parts, list[Closer]] | None:
    """The service with its parts, as soon as store and bus can be reached; None if the end comes first."""
    building = asyncio.ensure_future(_patiently_built(name, settings, collections, build, start))
    ended = asyncio.ensure_future(ending.begun.wait())
    try:
        await asyncio.wait({building, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended.cancel()
    if not building.done():
        building.cancel()  # an index of a large collection takes hours
        await asyncio.wait({building})
    return None if building.cancelled() else building.result()


async def _patiently_built(
    name: str, settings: Settings, collections: Sequence[Collection], build: Build, start: _Start
) -> tuple[Service, Parts, list[Closer]]:
    while True:
        closers: list[Closer] = []
        try:
            parts, closers = await compose(name, settings, collections)
            service = await build(parts)
        except (StoreRefused, BusRefused):
            await _close(closers)
            raise
        except (StoreUnavailable, BusUnavailable) as error:
            # What the service itself reads and writes while it is put together may fail as well as the opening.
            await _close(closers)
            start.waits_for(str(error))
            log.warning("not yet", reason=str(error), again_in=_START_PAUSE)
            await asyncio.sleep(_START_PAUSE)
        except BaseException:
            await _close(closers)
            raise
        else:
            START_WAITS.set(0)
            return service, parts, [*service.closers, *closers]


class _Start:
    """What a process that starts still waits for."""

    def __init__(self) -> None:
        self._reason = "store and stream are being opened"

    def waits_for(self, reason: str) -> None:
        self._reason = reason
        START_WAITS.set(1)

    async def check(self) -> str | None:
        return self._reason


async def _close(closers: Sequence[Closer]) -> None:
    """Let go of everything in this order; what fails or hangs does not keep the rest."""
    for close in closers:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await close()
        except Exception:
            log.exception("closing failed")


class _Ending:
    """Why and when the process ends: a signal, or the end of the process that started it."""

    def __init__(self, seconds: float) -> None:
        self.begun = asyncio.Event()
        self.reason = ""
        self.seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._begun_at = 0.0
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._begin, number.name)
        parents = line()
        if parents is not None:
            # It reads as ended when the parent has.
            self._loop.add_reader(parents, self._parent_gone, parents)

    def left(self) -> float:
        """How much of the time to drain is left, in seconds."""
        return self.seconds if not self.begun.is_set() else max(0.0, self._begun_at + self.seconds - self._loop.time())

    def _begin(self, reason: str) -> None:
        if not self.begun.is_set():
            self.reason = reason
            self._begun_at = self._loop.time()
            self.begun.set()

    def _parent_gone(self, fd: int) -> None:
        if not os.read(fd, 1):
            self._loop.remove_reader(fd)
            # Whoever starts the suite again wants the data directory and the ports soon.
            self.seconds = min(self.seconds, _ORPHAN_SECONDS)
            self._begin("the parent has ended")
            # What still hangs then is ended as by a crash, which loses nothing.
            self._loop.call_later(self.seconds + 1, os._exit, 1)


@contextlib.contextmanager
def _told_where(host: str, port: int, setting: str) -> Iterator[None]:
    """Say what to do where nobody can listen there."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OSError(
                f"port {port} is taken by another program: give another {setting}, 0 takes a free one"
            ) from error
        raise UnfitSetting(
            f"can't listen on {host}, port {port} ({error.strerror or error}): ATRIUM_HOST must be an address of this"
            f" machine, and {setting} one that this user may take"
        ) from error


def served_certificate(settings: Settings) -> ServedCertificate | None:
    """What the API's port shows, where a certificate is set.

    Raises:
        TlsUnfit: its files can't be used.
    """
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return None
    pair = Pair(settings.tls_cert_file, settings.tls_key_file, "ATRIUM_TLS_CERT_FILE, ATRIUM_TLS_KEY_FILE")
    return ServedCertificate(pair)


def _store_check(parts: Parts) -> Callable[[], Awaitable[str | None]]:
    async def check() -> str | None:
        await parts.store.ping()
        return None

    return check


class _Application:
    """An aiohttp application on its port."""

    def __init__(self, application: web.Application) -> None:
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        self._listener: Listener | None = None

    async def open(self, host: str, port: int, *, reuse_port: bool = False, tls: ssl.SSLContext | None = None) -> int:
        await self._runner.setup()
        if self._runner.server is None:
            raise RuntimeError("a runner that is set up has a server")
        self._listener = Listener(self._runner.server, SERVICE_LIMITS)
        return await self._listener.open(host, port, reuse_port=reuse_port, tls=tls)

    async def drain(self, seconds: float) -> bool:
        return self._listener is None or await self._listener.drain(seconds)

    async def cleanup(self) -> None:
        await self._runner.cleanup()
