"""A running suite for tests: started by the command itself, reached by its public port alone."""

from __future__ import annotations

import asyncio
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from atrium_local.ports import free_port

READY_SECONDS = 60.0
SERVICES = ("gateway", "tenancy", "entitlements", "webhooks")
# However a test run ends, its suites end with it (where util-linux is).
_BOUND = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway answered."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def data(self) -> Any:
        """The resource or list in the envelope."""
        return self.body["data"]

    @property
    def code(self) -> str:
        """The error's code."""
        return str(self.body["error"]["code"])


class Platform:
    """A suite that runs already, as its clients see it; several tests may share it, each with a tenant of its own."""

    def __init__(self, directory: Path, port: int, environment: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self.environment = environment or {}
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    def command(self, *arguments: str) -> list[str]:
        """The command `atrium`, told this suite's data directory; its settings are the suite's `environment`."""
        return command(*arguments, "--data-dir", str(self.directory))

    @property
    def key(self) -> str:
        """The operator's key."""
        return (self.directory / "operator-key").read_text().strip()

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, with the operator's key unless another (or none: an empty one) is given."""
        assert self._session is not None
        token = self.key if key is None else key
        sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        url = path if path.startswith("http") else f"{self.base}{path if path.startswith('/') else f'/api/v1/{path}'}"
        async with self._session.request(method, url, json=body, headers=sent) as answer:
            raw = await answer.read()
            return Answer(answer.status, answer.headers, json.loads(raw) if raw else None)

    async def raw(self, method: str, path: str, body: bytes, *, key: str) -> Answer:
        """One request whose body is these bytes."""
        assert self._session is not None
        sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        async with self._session.request(method, f"{self.base}/api/v1/{path}", data=body, headers=sent) as answer:
            raw = await answer.read()
            return Answer(answer.status, answer.headers, json.loads(raw) if raw else None)

    async def created(self, path: str, body: object, **options: Any) -> Any:
        """A resource that the call creates."""
        answer = await self.call("POST", path, body, **options)
        assert answer.status == 201, answer
        return answer.data

    async def tenant(self, **wanted: Any) -> Tenant:
        """A new workspace with a key of its own."""
        name = f"Tenant {os.urandom(4).hex()}"
        workspace = await self.created("workspaces", {"name": name, "tier": "pro", **wanted})
        key = await self.created(
            "api-keys", {"name": "all", "scopes": ["*"]}, headers={"X-Workspace-ID": workspace["id"]}
        )
        return Tenant(workspace, key["key"])


class Suite(Platform):
    """`atrium up` on a data directory of its own, to be killed and restarted."""

    def __init__(self, directory: Path, environment: Mapping[str, str], *flags: str) -> None:
        super().__init__(directory, free_port(), environment)
        self.flags = flags
        self.ready: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether its supervisor runs."""
        return self._process is not None and self._process.poll() is None

    def pids(self) -> list[int]:
        """The process ids of its services."""
        return [int(path.read_text()) for path in (self.directory / "run").glob("*.pid")]

    def wait(self, seconds: float) -> int:
        """Wait for its end; its exit code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def start(self) -> None:
        """Start it and wait until it is ready; from the main thread, with whose end it ends."""
        assert threading.current_thread() is threading.main_thread(), "it would end with the thread that started it"
        with (self.directory.parent / f"{self.directory.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *_BOUND,
                    *command("up", "--data-dir", str(self.directory), "--port", str(self.port), "--json", *self.flags),
                ],
                env={**os.environ, **self.environment},
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], READY_SECONDS)
        line = self._process.stdout.readline() if readable else b""
        assert line, self.log()[-4000:]
        self.ready = json.loads(line)

    def stop(self) -> int:
        """End it as an operator would; its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)

    def kill(self) -> None:
        """End the supervisor at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    async def healthy(self) -> None:
        """Wait until every service is ready."""
        assert self._session is not None
        async with asyncio.timeout(READY_SECONDS):
            for name in SERVICES:
                while not await self._is_ready(name):
                    await asyncio.sleep(0.02)

    async def _is_ready(self, name: str) -> bool:
        assert self._session is not None
        ports = json.loads((self.directory / "run" / "ports.json").read_text())
        try:
            async with self._session.get(f"http://127.0.0.1:{ports[f'{name}.admin']}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def replaced(self, name: str) -> None:
        """Kill one service, and wait until another process has taken its place."""
        before = self.kill_service(name)
        pid = self.directory / "run" / f"{name}.pid"
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not pid.exists() or pid.read_text().strip() in {str(before), ""}:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{name} ({before}) was not started again: {self.log()[-4000:]}") from None

    def kill_service(self, name: str) -> int:
        """Kill one service; the process id that it had."""
        pid = int((self.directory / "run" / f"{name}.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        return pid

    def log(self) -> str:
        """What the suite has logged so far."""
        return (self.directory.parent / f"{self.directory.name}.log").read_text()


@dataclass(frozen=True, slots=True)
class Tenant:
    """A workspace and a key that may do everything in it."""

    workspace: Any
    key: str


@dataclass
class Receiver:
    """A webhook receiver that keeps what it gets and answers what it is told."""

    answers: list[int] = field(default_factory=list)
    got: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    echo: bool = False
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{tail:.*}", self._receive)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hooks"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def types(self) -> list[str]:
        """The types of what came, in order."""
        return [headers["X-Webhook-Event"] for headers, _ in self.got]

    async def until(self, *types: str, seconds: float = 30) -> None:
        """Wait until each of the types has come."""
        async with asyncio.timeout(seconds):
            while not set(types) <= set(self.types()):
                await asyncio.sleep(0.02)

    async def arrived(self, number: int, seconds: float = 30) -> None:
        """Wait until so many have come."""
        async with asyncio.timeout(seconds):
            while len(self.got) < number:
                await asyncio.sleep(0.02)

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.got.append((dict(request.headers), body))
        if self.echo:
            return web.Response(body=body)
        return web.Response(status=self.answers.pop(0) if self.answers else 204)


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    output: str
    errors: str


def ran(*arguments: str, environment: Mapping[str, str], seconds: float = 90) -> Done:
    """Run the command `atrium` to its end."""
    done = subprocess.run(
        command(*arguments), env={**os.environ, **environment}, capture_output=True, timeout=seconds, check=False
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def command(*arguments: str) -> list[str]:
    """The command `atrium` with these arguments."""
    return [sys.executable, "-m", "atrium_local", *arguments]
