"""The suite as an orchestrator runs it: two processes of each service, balancers in front, restarts of what dies."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from atrium_common.parent import PARENT_FD
from atrium_local.data_directory import DataDirectory
from atrium_local.operator import create_operator
from tests.chaos.balancer import Address, Balancer
from tests.chaos.launched import CLOCK, NEWER, set_ahead
from tests.chaos.network import Network, Place

SERVICES = ("tenancy", "entitlements", "webhooks", "gateway")
READY_SECONDS = 90.0
_LOOK = 0.25
_FAILED_LOOKS = 2
_RESTART_PAUSE = 0.5


@dataclass
class Member:
    """One process of the fleet and its successors.

    Attributes:
        wanted: whether one that has died is started again.
        announced: whether it has ever been ready: nobody hears of it before.
    """

    name: str
    service: str
    place: Place
    environment: Mapping[str, str]
    log: Path
    newer: bool = False
    wanted: bool = True
    ready: bool = False
    announced: bool = False
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None
    _failed_looks: int = field(default=0, repr=False)

    @property
    def clock(self) -> Path:
        """The file that says how far its wall clock is ahead."""
        return self.log.with_suffix(".clock")

    @property
    def address(self) -> Address:
        return (self.place.host, self.place.port)

    @property
    def url(self) -> str:
        return f"http://{self.place.host}:{self.place.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, parent_fd: int) -> None:
        set_ahead(self.clock, 0)
        ports = ["--port", str(self.place.port), "--admin-port", str(self.place.admin_port)]
        command = [sys.executable, "-m", "tests.chaos.launched", self.service, *ports]
        environment = {**os.environ, **self.environment, PARENT_FD: str(parent_fd), CLOCK: str(self.clock)}
        environment |= {"ATRIUM_HOST": self.place.host} | ({NEWER: "1"} if self.newer else {})
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.place.command(command),
                env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, pass_fds=(parent_fd,),
            )  # fmt: skip
        self.starts += 1

    def tell(self, number: signal.Signals) -> None:
        if self.runs:
            assert self.process is not None
            self.process.send_signal(number)

    async def look(self, session: aiohttp.ClientSession) -> None:
        """Ask for its readiness, as kubelet does: two failures in a row take it out, one success back in."""
        answers = self.runs and await _answers(session, f"http://{self.place.host}:{self.place.admin_port}/readyz")
        self._failed_looks = 0 if answers else self._failed_looks + 1
        if answers:
            self.ready = self.wanted
            self.announced = True
        elif self._failed_looks >= _FAILED_LOOKS or not self.runs:
            self.ready = False


class Fleet:
    """All processes of the suite."""

    def __init__(self, directory: Path, network: Network, environment: Mapping[str, str], *, replicas: int = 2) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.data.mkdir()
        self.network = network
        self.settings = dict(environment)
        self.members: dict[str, Member] = {}
        self.balancers: dict[str, Balancer] = {}
        self.operator_key = ""
        self._keys = DataDirectory(self.data)
        self._replicas = replicas
        self._read_end, self._write_end = os.pipe()

    @property
    def environment(self) -> dict[str, str]:
        """The settings of its processes, and of commands that join them."""
        urls = {f"ATRIUM_{name.upper()}_URL": balancer.url for name, balancer in self.balancers.items()}
        urls.pop("ATRIUM_GATEWAY_URL", None)
        return {**self.settings, **urls, **self._keys.secrets(), "ATRIUM_DATA_DIR": str(self.data)}

    def of(self, service: str) -> list[Member]:
        """The processes of this service that are there now."""
        return [member for member in self.members.values() if member.service == service]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start everything, keep it running, and end it."""
        async with contextlib.AsyncExitStack() as stack:
            for service in SERVICES:
                balancer = Balancer(self.network.hub, self.network.hub_port(), functools.partial(self._ready, service))
                self.balancers[service] = await stack.enter_async_context(balancer)
            for number in range(1, self._replicas + 1):
                for service in SERVICES:
                    self.add(service, f"{service}-{number}")
            keeping = asyncio.create_task(self._keep())
            stack.callback(keeping.cancel)
            # In a thread: what ends still needs the balancers, which this loop serves.
            stack.push_async_callback(asyncio.to_thread, self._end_all)
            await self.until_ready()
            tenancy, keys = self.balancers["tenancy"].url, self._keys.secrets()["ATRIUM_PRINCIPAL_KEYS"]
            self.operator_key = await create_operator(tenancy, keys) or ""
            yield

    def add(self, service: str, name: str, *, newer: bool = False) -> Member:
        """Start one more process of the service."""
        log = self.directory / f"{name}.log"
        place = self.network.place()
        member = Member(name, service, place, self.environment, log, newer)
        self.members[name] = member
        member.start(self._read_end)
        return member

    async def retire(self, member: Member) -> int:
        """End one process as an orchestrator does: no new connections, a moment, SIGTERM; its exit code."""
        member.wanted = False
        member.ready = False
        await asyncio.sleep(_LOOK)
        member.tell(signal.SIGTERM)
        assert member.process is not None
        code = await asyncio.to_thread(member.process.wait, 60)
        del self.members[member.name]
        return code

    async def until_ready(self, *names: str, seconds: float = READY_SECONDS) -> None:
        """Wait until these members (or all) are ready."""
        async with asyncio.timeout(seconds):
            while not all(member.ready for member in self.members.values() if not names or member.name in names):
                await asyncio.sleep(_LOOK / 5)

    def log_tail(self, characters: int = 3000) -> str:
        """The ends of all logs, for a failure's message."""
        parts = [f"--- {path.name}\n{path.read_text()[-characters:]}" for path in self.directory.glob("*.log")]
        return "\n".join(parts)

    def _ready(self, service: str) -> list[Address]:
        return [member.address for member in self.of(service) if member.ready]

    async def _keep(self) -> None:
        timeout = aiohttp.ClientTimeout(total=1.0)
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            dead_since: dict[str, float] = {}
            loop = asyncio.get_running_loop()
            while True:
                members = list(self.members.values())
                await asyncio.gather(*(member.look(session) for member in members))
                for member in members:
                    if member.runs or not member.wanted:
                        dead_since.pop(member.name, None)
                    elif loop.time() - dead_since.setdefault(member.name, loop.time()) >= _RESTART_PAUSE:
                        member.start(self._read_end)
                await asyncio.sleep(_LOOK)

    def _end_all(self) -> None:
        for member in self.members.values():
            member.wanted = False
        # What calls others ends before them.
        for service in reversed(SERVICES):
            running = [member for member in self.of(service) if member.runs]
            for member in running:
                member.tell(signal.SIGCONT)
                member.tell(signal.SIGTERM)
            for member in running:
                assert member.process is not None
                try:
                    member.process.wait(40)
                except subprocess.TimeoutExpired:
                    member.process.kill()
                    member.process.wait()
        os.close(self._write_end)
        os.close(self._read_end)


@contextlib.contextmanager
def environment_of(values: Mapping[str, str]) -> Iterator[None]:
    """This process's environment with these values in it, for what reads settings from there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


def figures(pid: int) -> dict[str, Any]:
    """What a process holds now: resident MiB, descriptors, threads, CPU seconds so far."""
    with Path(f"/proc/{pid}/status").open() as status:
        values = dict(line.split(":", 1) for line in status)
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    cpu = (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
    return {
        "rss": int(values["VmRSS"].split()[0]) / 1024,
        "fds": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        "threads": int(values["Threads"]),
        "cpu": cpu,
    }
