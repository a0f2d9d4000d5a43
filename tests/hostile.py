"""A webhook receiver that does what it is told: answers, or whatever else a receiver on the internet may do."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import struct
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeAlias

import orjson


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that came in whole; `at` is on the monotonic clock."""

    at: float
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def attempt(self) -> int:
        return int(self.headers["x-webhook-attempt"])

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


Behaviour: TypeAlias = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(status: int = 204, body: bytes = b"", **headers: str) -> Behaviour:
    """An ordinary answer; `retry_after="5"` is the header Retry-After."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        more = "".join(f"{name.replace('_', '-').title()}: {value}\r\n" for name, value in headers.items())
        length = "" if status == 204 else f"Content-Length: {len(body)}\r\n"
        writer.write(f"HTTP/1.1 {status} Told\r\n{length}{more}\r\n".encode() + body)
        await writer.drain()

    return behave


def slow(seconds: float, status: int = 204) -> Behaviour:
    """An answer after a while."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await answer(status)(writer)

    return behave


def held(gate: asyncio.Event) -> Behaviour:
    """An answer as soon as the gate is open."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        await answer()(writer)

    return behave


def unasked(gate: asyncio.Event, status: int = 500) -> Behaviour:
    """An ordinary answer, and once the gate is open another one, to no question; the gate is shut again behind it."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        await answer()(writer)
        await gate.wait()
        await answer(status)(writer)
        gate.clear()

    return behave


async def early(writer: asyncio.StreamWriter) -> None:
    """Hints before the answer (RFC 8297)."""
    writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n")
    await answer()(writer)


async def hang(_: asyncio.StreamWriter) -> None:
    """No answer at all."""
    await asyncio.sleep(3600)


async def half(writer: asyncio.StreamWriter) -> None:
    """The beginning of an answer's headers, then nothing."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
    await writer.drain()
    await asyncio.sleep(3600)


async def reset(writer: asyncio.StreamWriter) -> None:
    """A connection that breaks at once."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def close(writer: asyncio.StreamWriter) -> None:
    """A connection that is closed politely, without an answer."""
    writer.close()


async def garbage(writer: asyncio.StreamWriter) -> None:
    """Something that is no HTTP."""
    writer.write(b"\x00\x01SMTP 220 hello\r\n\r\n")
    await writer.drain()
    writer.close()


def drip(status: int = 200, every: float = 0.05) -> Behaviour:
    """Status and headers at once, then a body that never ends, a byte at a time."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} OK\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        while True:
            writer.write(b"1\r\nx\r\n")
            await writer.drain()
            await asyncio.sleep(every)

    return behave


def huge(status: int = 200, megabytes: int = 50) -> Behaviour:
    """A body of many megabytes, as fast as it goes."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} OK\r\nContent-Length: {megabytes << 20}\r\n\r\n".encode())
        for _ in range(megabytes):
            writer.write(b"x" * (1 << 20))
            await writer.drain()

    return behave


def bomb(status: int = 200, megabytes: int = 100) -> Behaviour:
    """A small gzip body that unpacks to many megabytes."""
    packed = gzip.compress(bytes(megabytes << 20))

    async def behave(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status} OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
        writer.write(head.encode() + packed)
        await writer.drain()

    return behave


@dataclass
class Hostile:
    """Listens on loopback. Each path has behaviours of its own, used once each; the last one stays."""

    tls: ssl.SSLContext | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    connections: int = 0
    most_at_once: dict[str, int] = field(default_factory=dict)
    port: int = 0
    _scripts: dict[str, list[Behaviour]] = field(default_factory=dict)
    _now: dict[str, int] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", self.port, ssl=self.tls, backlog=1000)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def script(self, path: str, *behaviours: Behaviour) -> str:
        """What to do from now on with requests to this path; its URL."""
        self._scripts[path] = list(behaviours)
        return self.url(path)

    def at(self, path: str) -> list[Arrival]:
        return [arrival for arrival in self.arrivals if arrival.path == path]

    async def until(self, number: int, path: str = "/", seconds: float = 60) -> list[Arrival]:
        """Wait until so many requests have come to the path."""
        await eventually(lambda: len(self.at(path)) >= number, seconds)
        return self.at(path)

    async def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while not writer.is_closing():
                    await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        path = first.split(" ")[1]
        self.arrivals.append(Arrival(time.monotonic(), path, headers, body))
        script = self._scripts.get(path) or [answer()]
        behaviour = script.pop(0) if len(script) > 1 else script[0]
        self._now[path] = self._now.get(path, 0) + 1
        self.most_at_once[path] = max(self._now[path], self.most_at_once.get(path, 0))
        try:
            await behaviour(writer)
        finally:
            self._now[path] -= 1


async def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.005)
