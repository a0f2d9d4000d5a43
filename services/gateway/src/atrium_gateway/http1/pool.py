"""The pooled transport: kept connections to each service, llhttp to read, one write a request, one clock for all."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import cast

import httptools
import structlog
from yarl import URL

from atrium_common.errors import BadGateway, GatewayTimeout
from atrium_common.http.client import UNTRUSTED
from atrium_gateway.http1 import whole
from atrium_gateway.http1.message import Fields
from atrium_gateway.upstream import CONNECT_SECONDS, STREAMED_FROM, Answer, Done, Forwarded, unreachable

log = structlog.get_logger("gateway")

_WATCH_SECONDS = 0.2
_IDLE_SECONDS = 30.0
_MOST_HELD = 256 * 1024


class PooledTransport:
    """Connections are used again, the last one first, and let go after 30 s without use."""

    def __init__(self, urls: Mapping[str, str], *, tls: ssl.SSLContext | None = None) -> None:
        """`tls` says whose certificates are trusted at https URLs, where not the system's CAs."""
        self._pools = {name: _Pool(name, URL(url), tls) for name, url in urls.items()}
        self._watch: asyncio.Task[None] | None = None

    async def send(self, upstream: str, request: Forwarded, *, seconds: float) -> Answer:
        """See `Transport.send`."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._watching())
        pool = self._pools[upstream]
        connection = pool.idle()
        if connection is None:
            connection = await pool.connect(min(seconds, CONNECT_SECONDS))
        return await connection.ask(request, seconds)

    def has_free(self, upstream: str) -> bool:
        """See `PromptTransport.has_free`."""
        return self._pools[upstream].has_free()

    def begin(self, upstream: str, request: Forwarded, *, seconds: float, done: Done) -> Callable[[], None]:
        """See `PromptTransport.begin`."""
        connection = self._pools[upstream].idle()
        if connection is None:
            raise unreachable(upstream)
        connection.begin(request, seconds, done)
        return connection.close

    async def close(self) -> None:
        """See `Transport.close`."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        for pool in self._pools.values():
            pool.close()

    async def _watching(self) -> None:
        """Timers of their own would cost every request."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            now = loop.time()
            for pool in self._pools.values():
                pool.check(now)


class _Pool:
    def __init__(self, name: str, url: URL, tls: ssl.SSLContext | None) -> None:
        self.name = name
        self.prefix = url.raw_path.rstrip("/")
        self.host = f"Host: {url.authority}\r\n".encode()
        self.open: set[_Connection] = set()
        self._address = (str(url.host), int(url.port or 80))
        self._tls = (tls or ssl.create_default_context()) if url.scheme == "https" else None
        self._idle: deque[_Connection] = deque()

    def has_free(self) -> bool:
        while self._idle:
            if self._idle[-1].usable:
                return True
            self._idle.pop()
        return False

    def idle(self) -> _Connection | None:
        return self._idle.pop() if self.has_free() else None

    async def connect(self, seconds: float) -> _Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                _, connection = await loop.create_connection(lambda: _Connection(self), *self._address, ssl=self._tls)
        except ssl.SSLCertVerificationError as error:
            log.error(UNTRUSTED, service=self.name, reason=error.verify_message)
            raise unreachable(self.name) from error
        except (OSError, TimeoutError) as error:
            raise unreachable(self.name) from error
        return connection

    def release(self, connection: _Connection) -> None:
        self._idle.append(connection)

    def check(self, now: float) -> None:
        for connection in list(self.open):
            connection.check(now)
        while self._idle and now - self._idle[0].since > _IDLE_SECONDS:
            self._idle.popleft().close()

    def close(self) -> None:
        for connection in list(self.open):
            connection.close()


def _nobody(_: Answer | Exception) -> None:
    """Nobody asked."""


class _Connection(asyncio.Protocol):
    """One connection to a service, with at most one request under way."""

    transport: asyncio.Transport

    def __init__(self, pool: _Pool) -> None:
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        # A request is under way; the rest of its answer is being read, where that did not come in one piece.
        self._asked = False
        self._reading: _Reading | None = None
        self._done: Done = _nobody
        self._deadline = 0.0
        self._paused = False
        self.usable = False
        self.since = 0.0

    def begin(self, request: Forwarded, seconds: float, done: Done) -> None:
        """Send the request; `done` is told what becomes of it."""
        self._deadline = self._loop.time() + seconds
        self._done = done
        self._asked = True
        line = f"{request.method} {self._pool.prefix}{request.target} HTTP/1.1\r\n".encode()
        if request.method == "GET" and not request.body:
            self.transport.write(b"".join([line, self._pool.host, request.lines, b"\r\n"]))
        else:
            length = b"Content-Length: %d\r\n\r\n" % len(request.body)
            self.transport.write(b"".join([line, self._pool.host, request.lines, length, request.body]))

    async def ask(self, request: Forwarded, seconds: float) -> Answer:
        """Send the request, and wait for its answer."""
        answered: asyncio.Future[Answer] = self._loop.create_future()

        def tell(outcome: Answer | Exception) -> None:
            if answered.done():
                return
            if isinstance(outcome, Answer):
                answered.set_result(outcome)
            else:
                answered.set_exception(outcome)

        self.begin(request, seconds, tell)
        try:
            return await answered
        except asyncio.CancelledError:
            # Nobody waits any more: the service learns of it by the connection's end.
            self.close()
            raise

    def done(self, *, again: bool) -> None:
        """The answer is whole; whether the connection may be used again."""
        self._reading = None
        self._asked = False
        self.since = self._loop.time()
        if again and self.usable:
            self.resume()  # it may have been paused by the last bytes of its own answer
            self._pool.release(self)
        else:
            self.close()

    def pause(self) -> None:
        """Read no more for now."""
        self._paused = True
        self.transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._paused:
            self._paused = False
            self.transport.resume_reading()

    def check(self, now: float) -> None:
        """Give up what has lasted too long."""
        if self._asked and now > self._deadline:
            self._fail(GatewayTimeout())
            self.close()

    def close(self) -> None:
        """End, whatever is under way."""
        self.usable = False
        self.transport.abort()

    # What the transport says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to be asked."""
        self.transport = cast("asyncio.Transport", transport)
        self.usable = True
        self._pool.open.add(self)

    def data_received(self, data: bytes) -> None:
        """A part of the answer."""
        reading = self._reading
        if reading is None:
            if not self._asked:
                # An answer to nothing: what comes next could not be told apart.
                self.close()
                return
            answer = whole.read(data)
            if answer is not None:
                self.done(again=True)
                self._done(answer)
                return
            reading = self._reading = _Reading(self, self._done)
        try:
            reading.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            reading.fail(BadGateway())
            self.close()

    def eof_received(self) -> None:
        """The service says no more."""
        self.usable = False
        if self._reading is not None:
            self._reading.end()

    def connection_lost(self, _: Exception | None) -> None:
        """The connection is gone."""
        self.usable = False
        self._pool.open.discard(self)
        self._fail(BadGateway())

    def _fail(self, failure: Exception) -> None:
        if self._reading is not None:
            self._reading.fail(failure)
        elif self._asked:
            self._asked = False
            self._done(failure)


class _Reading:
    """The answer to one request, as llhttp finds it."""

    def __init__(self, connection: _Connection, done: Done) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self._done = done
        self._told = False
        self._connection = connection
        self._fields: Fields = []
        self._parts: list[bytes] = []
        self._status = 0
        self._held = 0
        self._length: int | None = None
        self._chunked = self._headed = self._whole = False
        self._more: asyncio.Event | None = None
        self._failure: Exception | None = None

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field; those behind a chunked body are left aside."""
        if not self._headed:
            self._fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The body follows."""
        self._headed = True
        self._status = self.parser.get_status_code()
        for name, value in self._fields:
            if name == b"content-length":
                self._length = int(value)
            elif name == b"transfer-encoding":
                self._chunked = True

    def on_body(self, body: bytes) -> None:
        """A part of the body; from 64 KiB on it is handed on as it comes."""
        self._parts.append(body)
        self._held += len(body)
        if self._more is not None:
            self._more.set()
            if self._held > _MOST_HELD:
                self._connection.pause()
        elif self._held >= STREAMED_FROM and not self._told:
            self._more = asyncio.Event()
            self._tell(Answer(self._status, self._fields, self._take(), self._rest(), self._length))

    def on_message_complete(self) -> None:
        """All is here."""
        if self._status < 200:  # noqa: PLR2004 (an interim answer: the real one follows)
            self._headed, self._fields = False, []
            return
        if self._whole:
            # Another answer, to nothing.
            self._connection.close()
            return
        self._whole = True
        if self._more is not None:
            self._more.set()
        self._connection.done(again=self.parser.should_keep_alive())
        if not self._told:
            self._tell(Answer(self._status, self._fields, self._take()))

    def end(self) -> None:
        """The service says no more: a body without a length is whole by that."""
        if self._headed and not self._whole and self._length is None and not self._chunked:
            self.on_message_complete()

    def fail(self, failure: Exception) -> None:
        """It will never be whole."""
        if self._whole:
            return
        self._failure = failure
        if not self._told:
            self._tell(failure)
        if self._more is not None:
            self._more.set()

    def _tell(self, outcome: Answer | Exception) -> None:
        self._told = True
        self._done(outcome)

    async def _rest(self) -> AsyncIterator[bytes]:
        more = self._more
        try:
            while more is not None:
                await more.wait()
                more.clear()
                if self._held:
                    yield self._take()
                    if not self._whole:
                        self._connection.resume()
                elif self._failure is not None:
                    raise self._failure
                elif self._whole:
                    return
                if self._failure is not None or self._whole:
                    more.set()
        finally:
            if not self._whole:
                self._connection.close()

    def _take(self) -> bytes:
        held = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts = []
        self._held = 0
        return held
