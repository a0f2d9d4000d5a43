"""What a Kubernetes Service is to processes: one address, connections spread over the ready ones."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import struct
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TypeAlias

Address: TypeAlias = tuple[str, int]
_CONNECT_SECONDS = 1.0


class Balancer:
    """Spreads connections over the addresses that `ready` names; what has begun stays where it is."""

    def __init__(self, host: str, port: int, ready: Callable[[], Sequence[Address]]) -> None:
        self.host = host
        self.port = port
        self.url = f"http://{host}:{port}"
        self._ready = ready
        self._turns = itertools.count()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._refusing = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, self.port, backlog=512)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.reset()

    def reset(self) -> None:
        """Break every connection that is open."""
        for writer in list(self._writers):
            _reset(writer)

    def refuse(self, refusing: bool) -> None:
        """Whether new connections are broken at once."""
        self._refusing = refusing

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = None if self._refusing else await self._connected()
        if there is None:
            _reset(writer)
            return
        their_reader, their_writer = there
        ends = {writer, their_writer}
        self._writers |= ends
        try:
            # The end of the run cancels what is open.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(_pipe(reader, their_writer), _pipe(their_reader, writer))
        finally:
            self._writers -= ends
            for end in ends:
                end.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        ready = list(self._ready())
        first = next(self._turns)
        for number in range(len(ready)):
            with contextlib.suppress(OSError, TimeoutError):
                address = ready[(first + number) % len(ready)]
                async with asyncio.timeout(_CONNECT_SECONDS):
                    return await asyncio.open_connection(*address)
        return None


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while part := await reader.read(1 << 16):
            writer.write(part)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
