"""Where requests arrive: listens, answers malformed HTTP in the usual shape, refuses slow senders, and drains.

aiohttp's own runner closes a connection whose request is half received, and answers malformed HTTP in plain text;
this one finishes what it is receiving (spec/command.md, "On SIGTERM") and always answers JSON. It leans on a few
inner names of aiohttp's protocol, which the tests beside it hold to what is said here.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
from dataclasses import dataclass
from typing import Any, cast

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler

from atrium_common.errors import AtriumError, HeadersTooLarge, InvalidHeader, RequestTimeout, UriTooLong
from atrium_common.http.outgoing import refusal
from atrium_common.http.problems import INTERNAL, Problem, problem_of
from atrium_common.tls import HANDSHAKE_SECONDS

_ARRIVAL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Limits:
    """What a listener bears with.

    Attributes:
        header_seconds: how long the head of a request may take from its first byte.
        idle_seconds: how long a connection may say nothing.
        line_bytes, field_bytes: the longest request line and header field.
        fields: the most header fields.
    """

    header_seconds: float = 10.0
    idle_seconds: float = 75.0
    line_bytes: int = 8190
    field_bytes: int = 16 * 1024
    fields: int = 100


# A principal with many facts is longer than anything a client may send.
SERVICE_LIMITS = Limits(line_bytes=16 * 1024, field_bytes=128 * 1024, fields=200)


class Listener:
    """One listening port in front of an aiohttp server.

    Attributes:
        draining: whether it accepts no more; every answer is then its connection's last.
        gone: set whenever a connection has ended.
    """

    def __init__(self, server: web.Server, limits: Limits) -> None:
        self.limits = limits
        self.draining = False
        self.gone = asyncio.Event()
        self._server = server
        self._listening: asyncio.Server | None = None

    async def open(self, host: str, port: int, *, reuse_port: bool = False, tls: ssl.SSLContext | None = None) -> int:
        """Listen, and return the port (a free one where 0 was asked for).

        Raises:
            OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(
            lambda: _Connection(self._server, self, loop),
            host,
            port,
            backlog=1024,
            reuse_address=True,
            reuse_port=reuse_port or None,
            ssl=tls,
            ssl_handshake_timeout=None if tls is None else HANDSHAKE_SECONDS,
        )
        return int(self._listening.sockets[0].getsockname()[1])

    async def drain(self, seconds: float) -> bool:
        """Stop accepting, finish what has been or is being received, and close; whether all was done in time."""
        self.draining = True
        if self._listening is not None:
            self._listening.close()
            # Connections that the kernel had accepted already come in now, and what they sent is read.
            await asyncio.sleep(_ARRIVAL_SECONDS)
        for connection in self._connections():
            connection.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._connections():
                    self.gone.clear()
                    await self.gone.wait()
        left = self._connections()
        # Their handlers are cancelled: nobody will hear what they answer.
        await asyncio.gather(*(connection.shutdown(_ARRIVAL_SECONDS) for connection in left))
        return not left

    def _connections(self) -> list[_Connection]:
        return [c for c in self._server.connections if isinstance(c, _Connection) and c.transport is not None]


class _Connection(RequestHandler):
    """One connection."""

    __slots__ = ("_listener", "_overdue")

    def __init__(self, server: web.Server, listener: Listener, loop: asyncio.AbstractEventLoop) -> None:
        limits = listener.limits
        super().__init__(
            server,
            loop=loop,
            access_log=cast("Any", None),
            keepalive_timeout=limits.idle_seconds,
            max_line_size=limits.line_bytes,
            max_field_size=limits.field_bytes,
            max_headers=limits.fields,
            lingering_time=1.0,
        )
        self._listener = listener
        self._overdue: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Take bytes in, and start the clock on a request whose head is not complete."""
        super().data_received(data)
        if self._messages or self._waiter is None:
            self._in_time()
        elif self._overdue is None:
            self._overdue = self._loop.call_later(self._listener.limits.header_seconds, self._refuse_slow_sender)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The peer has gone."""
        self._in_time()
        super().connection_lost(exc)
        self._listener.gone.set()

    def finish(self) -> None:
        """Close as soon as nothing is being received or answered."""
        busy = self._request_in_progress or self._messages or self._overdue is not None or self._waiter is None
        if not busy:
            self.force_close()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Answer; while draining, the answer is the connection's last."""
        if self._listener.draining:
            resp.force_close()
        return await super().finish_response(request, resp, start_time)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no HTTP, or to a crash outside any route, in the usual shape."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer had begun")
        if status >= 500:  # noqa: PLR2004 (a server's own fault)
            self.log_exception("Error handling request", exc_info=exc)
            problem = INTERNAL
        else:
            problem = cast("Problem", problem_of(_malformed(exc, message or "", self._listener.limits)))
        response = refusal(problem, f"req_{secrets.token_hex(13)}")
        response.force_close()
        return response

    def _in_time(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _refuse_slow_sender(self) -> None:
        self._overdue = None
        transport = self.transport
        if transport is None:
            return
        problem = cast("Problem", problem_of(RequestTimeout()))
        response = refusal(problem, f"req_{secrets.token_hex(13)}")
        body = cast("bytes", response.body)
        lines = [f"{name}: {value}" for name, value in response.headers.items()]
        head = "\r\n".join(["HTTP/1.1 408 Request Timeout", *lines, f"Content-Length: {len(body)}", "", ""])
        with contextlib.suppress(OSError):
            transport.write(head.encode() + body)
        # What has been written is still sent.
        self.force_close()


def _malformed(error: BaseException | None, message: str, limits: Limits) -> AtriumError:
    if isinstance(error, LineTooLong):
        return UriTooLong() if str(limits.line_bytes) in message else HeadersTooLarge()
    if "too many headers" in message.lower():
        return HeadersTooLarge()
    return InvalidHeader("The request is not well-formed HTTP/1.1.")
