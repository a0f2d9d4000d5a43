"""The public port: accepts connections, watches over their patience, and drains without losing a request."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import socket
import ssl
import struct
import time
from collections.abc import Awaitable, Callable, Coroutine
from email.utils import formatdate
from typing import TypeAlias

from atrium_common.tls import HANDSHAKE_SECONDS
from atrium_gateway.http1.connection import Connection
from atrium_gateway.http1.message import Request, Response
from atrium_gateway.http1.reading import Limits

_WATCH_SECONDS = 0.25
_ARRIVAL_SECONDS = 0.05
_HANDSHAKE_SECONDS = 0.2


GiveUp: TypeAlias = Callable[[], None]
"""Ends a request for whose response nobody waits any more."""
Done: TypeAlias = Callable[[Response | Coroutine[object, object, Response]], None]
"""Takes a request's response, or what still has to be waited for to get it."""


class Front:
    """A listening port in front of a handler.

    Attributes:
        connections: those that are open.
        draining: whether it accepts no more; every answer is then its connection's last.
    """

    def __init__(
        self,
        handle: Callable[[Request], Awaitable[Response]],
        *,
        begin: Callable[[Request, Done], GiveUp | None] = lambda _, __: None,
        client_closed: Callable[[Request], None] = lambda _: None,
        limits: Limits | None = None,
    ) -> None:
        """`handle` answers every request and never raises; `client_closed` hears of reads that nobody waits for.

        `begin` may answer a read without a body by itself; where it returns None, `handle` is asked.
        """
        self.handle = handle
        self.begin = begin
        self.client_closed = client_closed
        self.limits = limits or Limits()
        self.connections: set[Connection] = set()
        self.draining = False
        self._shares = False
        self._gone = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._watch: asyncio.Task[None] | None = None
        self._date = (0, b"")

    async def open(self, host: str, port: int, *, reuse_port: bool = False, tls: ssl.SSLContext | None = None) -> int:
        """Listen, by TLS where a context for it is given, and return the port (a free one where 0 was asked for).

        Raises:
            OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._shares = reuse_port
        self._server = await loop.create_server(
            lambda: Connection(self), host, port, backlog=1024, reuse_address=True, reuse_port=reuse_port or None,
            ssl=tls, ssl_handshake_timeout=None if tls is None else HANDSHAKE_SECONDS,
        )  # fmt: skip
        self._watch = asyncio.create_task(self._watching())
        return int(self._server.sockets[0].getsockname()[1])

    async def drain(self, seconds: float) -> bool:
        """Stop accepting, finish what has been or is being received, and close; whether all was done in time."""
        self.draining = True
        if self._server is not None:
            if self._shares:
                # The others take over: what knocks from now on knocks again at them, what is half in comes in.
                for listening in self._server.sockets:
                    refuse_new(listening)
                await asyncio.sleep(_HANDSHAKE_SECONDS)
            self._server.close()
            # Connections that the kernel had accepted already come in now, and what they sent is read.
            await asyncio.sleep(_ARRIVAL_SECONDS)
        for connection in list(self.connections):
            connection.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.connections:
                    self._gone.clear()
                    await self._gone.wait()
        left = list(self.connections)
        await asyncio.gather(*(connection.cut() for connection in left))
        if self._watch is not None:
            self._watch.cancel()
        return not left

    def forget(self, connection: Connection) -> None:
        """The connection has ended."""
        self.connections.discard(connection)
        self._gone.set()

    def date(self) -> bytes:
        """The field `Date`, made once a second."""
        now = int(time.time())
        if self._date[0] != now:
            self._date = (now, f"Date: {formatdate(usegmt=True)}\r\n".encode())
        return self._date[1]

    async def _watching(self) -> None:
        """One clock for all: timers of their own would cost every request."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            now = loop.time()
            for connection in list(self.connections):
                connection.check(now)


def refuse_new(listening: socket.socket) -> None:
    """Have the kernel drop every further SYN to this socket, and nothing else.

    Of several sockets with SO_REUSEPORT, one that is closed takes with it whatever the kernel has accepted for it. A
    dropped SYN is sent again after a second, and then finds another socket. Where the kernel takes no filter, that
    window of microseconds stays.
    """
    # Classic BPF over the TCP header: load the flags; SYN set: drop, else pass.
    program = [(0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF)]
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code)
    attach = 26  # SO_ATTACH_FILTER
    with contextlib.suppress(OSError):
        listening.setsockopt(socket.SOL_SOCKET, attach, struct.pack("HL", len(program), ctypes.addressof(buffer)))
