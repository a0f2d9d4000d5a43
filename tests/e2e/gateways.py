"""Further gateway processes that join a running suite."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from types import TracebackType
from typing import Self

import aiohttp

from atrium_local.ports import free_port
from tests.e2e.suite import Platform, Suite, command

_READY_SECONDS = 60.0


class JoinedGateway(Platform):
    """`atrium gateway --port … --data-dir …` beside the suite's own one."""

    def __init__(self, suite: Suite) -> None:
        super().__init__(suite.directory, free_port())
        self._environment = suite.environment
        self._admin_port = free_port()

    def start(self) -> None:
        """Start it."""
        arguments = ("--port", str(self.port), "--admin-port", str(self._admin_port), "--data-dir", str(self.directory))
        with (self.directory.parent / f"{self.directory.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                command("gateway", *arguments), env={**os.environ, **self._environment}, stdout=log, stderr=log
            )

    async def __aenter__(self) -> Self:
        self.start()
        await super().__aenter__()
        async with asyncio.timeout(_READY_SECONDS):
            while not await self._ready():
                await asyncio.sleep(0.05)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await super().__aexit__(kind, error, trace)
        self.end()

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)

    async def _ready(self) -> bool:
        assert self.process.poll() is None
        try:
            async with aiohttp.request("GET", f"http://127.0.0.1:{self._admin_port}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False
