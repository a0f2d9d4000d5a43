"""One client's connection: bytes to requests, in order, and responses to bytes.

llhttp (through httptools) parses strictly: Transfer-Encoding beside Content-Length, repeated or odd lengths, bare line
feeds, folded or malformed fields are refused (request smuggling). Limits and patience are `Limits` and `check`.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Coroutine
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

import httptools

from atrium_common.errors import AtriumError, HeadersTooLarge, InvalidHeader, RequestTimeout, UriTooLong
from atrium_gateway.http1.framing import fault_of, framing_of
from atrium_gateway.http1.message import ClientGone, Request, Response

if TYPE_CHECKING:
    from atrium_gateway.http1.front import Front, GiveUp

_MOST_QUEUED = 8
_MOST_SKIPPED = 64 * 1024
# What the framing of a body (sizes of chunks, their extensions, trailers) may take beside seven times the body.
_MOST_FRAMING = 16 * 1024
_FRAMED = 8
_MOST_REPEATED = 4096
# How long a connection may say nothing whose TLS was agreed on only while the front drained.
_LATE_SECONDS = 1.0
_MALFORMED = "The request is not well-formed HTTP/1.1."
_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_BODY_FIELDS = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
_BODILESS = frozenset({204, 304})
# Reads whose target is beyond doubt.
_READ = re.compile(rb"(GET|HEAD) (/[A-Za-z0-9/_.~?=&,:-]{0,2000}) HTTP/1\.1\r\n")
_UNKNOWN_METHOD = re.compile(rb"([A-Z]{1,32}) (/[\x21-\x7e]{0,8190}) HTTP/1\.[01]\r\n")


class Connection(asyncio.Protocol):
    """Reads requests, has the front answer them one after the other, writes the answers."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._limits = front.limits
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._peer = ""
        self._queue: deque[Request] = deque()
        self._waiter: asyncio.Future[None] | None = None
        # The request that is answered now, and the one whose bytes are coming in.
        self._current: Request | None = None
        # Where it was begun without the task: what ends it, and what the task is handed to finish it.
        self._give_up: GiveUp | None = None
        self._handed: Response | Coroutine[object, object, Response] | None = None
        self._incoming: Request | None = None
        self._heading = False
        self._deaf = False
        self._resuming = self._bare = False
        self._refused = False
        self._since = 0.0
        self._lingers_until = 0.0
        self._stalled_since = 0.0
        self._writable: asyncio.Future[None] | None = None
        # The header block of the last request, a read, and the request.
        self._block = b""
        self._before: Request | None = None
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._repeated: set[bytes] = set()
        self._fields = 0
        self._field_bytes = 0
        self._head_bytes = self._body_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if isinstance(peer, tuple) else "0.0.0.0"
        self._since = self._loop.time()
        self._front.connections.add(self)
        self._task = self._loop.create_task(self._converse())

    def data_received(self, data: bytes) -> None:
        """Take bytes in."""
        if self._deaf or self._repeats(data):
            return
        fresh = not self._heading and self._incoming is None
        self._before = None
        try:
            self._feed(data)
        except httptools.HttpParserInvalidMethodError:
            # Only where the data begins with it; else it is the rest of something else.
            self._refuse_method(data if fresh else b"")
        except httptools.HttpParserError:
            if not self._deaf:
                self._refuse(InvalidHeader(_MALFORMED))
        if fresh:
            self._remember(data)
        if self._heading:
            self._head_bytes += len(data)
            if len(self._url) > self._limits.line_bytes:
                self._refuse(UriTooLong())
            elif self._head_bytes > self._limits.line_bytes + self._limits.field_bytes:
                self._refuse(HeadersTooLarge() if self._url else UriTooLong())
        elif self._incoming is not None:
            self._body_bytes += len(data)
            if self._body_bytes > _MOST_FRAMING + _FRAMED * self._incoming.received:
                self._refuse(InvalidHeader(_MALFORMED))

    def _feed(self, data: bytes) -> None:
        """Have the parser read; an offer to switch protocols is passed over, and what follows read as HTTP/1.1."""
        while True:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as offered:
                data = data[offered.args[0] :]
                if self._incoming is None or self._incoming.method == "CONNECT":
                    # What follows is for somebody else to understand.
                    self._deaf = True
                    self.on_message_complete()
                    return
                self._parser = httptools.HttpRequestParser(self)
                self._resuming = True
                self._parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n" % framing_of(self._incoming.headers))
            else:
                return

    def _repeats(self, data: bytes) -> bool:
        """Take a read in whose header block is the last one's, byte for byte: what llhttp made of it holds again."""
        block, before = self._block, self._before
        if not block or before is None or not data.endswith(block) or self._heading or self._incoming is not None:
            return False
        line = _READ.fullmatch(data, 0, len(data) - len(block))
        if line is None:
            return False
        self._since = self._loop.time()
        self._take(before.again(line[1].decode(), line[2].decode()))
        return True

    def _take(self, request: Request) -> None:
        """Have a read without a body begun, where nothing is before it; else it waits for the task."""
        if self._current is not None or self._queue or self._writable is not None or self._waiter is None:
            self._enqueue(request)
            return
        self._current = request
        give_up = self._front.begin(request, self._begun)
        if self._current is request and self._handed is None:
            if give_up is None:
                self._current = None
                self._enqueue(request)
            else:
                self._give_up = give_up

    def _remember(self, data: bytes) -> None:
        """Keep the block where the data was one head, whole and well-formed, of a read without a body."""
        request = self._before
        if request is None or self._deaf or len(data) > _MOST_REPEATED or data.find(b"\r\n\r\n") != len(data) - 4:
            return
        line = _READ.match(data)
        bare = request.complete and _BODY_FIELDS.isdisjoint(request.headers)
        if line is not None and bare and request.keep_alive and request.fault is None:
            self._block = data[line.end() :]

    def connection_lost(self, _: Exception | None) -> None:
        """The client has gone: a read is given up, a write goes on to its end."""
        self._deaf = True
        self._front.forget(self)
        if self._incoming is not None and not self._incoming.complete:
            self._incoming.fail(ClientGone())
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        if self._give_up is not None:
            self._give_up()
            if self._current is not None:
                self._front.client_closed(self._current)
            self._give_up = self._current = None
        if self._current is None or self._current.reads:
            self._task.cancel()

    def pause_writing(self) -> None:
        """The client does not read what it asked for."""
        self._stalled_since = self._loop.time()
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        """It does again."""
        self._stalled_since = 0.0
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # What the parser finds.

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self._resuming:
            return
        self._heading = True
        self._since = self._loop.time()
        self._url = b""
        self._headers = {}
        self._repeated = set()
        self._fields = self._field_bytes = self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        """The target, or a part of it."""
        if not self._resuming:
            self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field; those behind a chunked body (trailers) are left aside."""
        if not self._heading:
            return
        self._fields += 1
        self._field_bytes += len(name) + len(value) + 4
        name = name.lower()
        if name in self._headers:
            self._repeated.add(name)
            value = self._headers[name] + b", " + value
        self._headers[name] = value

    def on_headers_complete(self) -> None:
        """A request can be judged; its body may still come."""
        if self._resuming:
            self._resuming = False
            return
        self._heading = False
        self._since = self._loop.time()
        headers, limits = self._headers, self._limits
        version = self._parser.get_http_version()
        fault = fault_of(self._url, version, headers)
        if len(self._url) > limits.line_bytes:
            fault = UriTooLong()
        elif self._fields > limits.fields or self._field_bytes > limits.field_bytes:
            fault = HeadersTooLarge()
        expects = version == "1.1" and headers.get(b"expect", b"").lower() == b"100-continue"
        request = Request(
            self._parser.get_method().decode(),
            self._url.decode("latin-1"),
            headers,
            peer=self._peer,
            version=version,
            keep_alive=self._parser.should_keep_alive(),
            repeated=frozenset(self._repeated) if self._repeated else frozenset(),
            fault=fault,
            ask_to_continue=self._continue if expects else None,
        )
        self._block = b""
        self._body_bytes = 0
        self._before = self._incoming = request
        self._bare = request.reads and fault is None and _BODY_FIELDS.isdisjoint(headers)
        if not self._bare:
            self._enqueue(request)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._incoming is not None:
            self._incoming.feed(body)

    def on_message_complete(self) -> None:
        """The request is whole, unless its body was passed over with the offer to switch protocols."""
        if self._parser.should_upgrade() and not self._deaf:
            return
        request, self._incoming = self._incoming, None
        self._since = self._loop.time()
        if request is not None:
            request.finish()
            self._deaf = self._deaf or not request.keep_alive
            if self._bare:
                self._bare = False
                self._take(request)

    # What the front asks.

    def check(self, now: float) -> None:
        """End what has lasted too long: a slow head or body, an idle or stalled connection, a long goodbye."""
        limits = self._limits
        lasted = now - self._since
        if self._lingers_until:
            if now > self._lingers_until:
                self._transport.abort()
        elif self._stalled_since:
            if now - self._stalled_since > limits.stalled_seconds:
                self._transport.abort()
        elif self._heading:
            if lasted > limits.header_seconds:
                self._refuse(RequestTimeout())
        elif self._incoming is not None:
            if lasted > limits.body_grace and self._incoming.received < (lasted - limits.body_grace) * limits.body_rate:
                self._deaf = True
                self._incoming.fail(RequestTimeout())
                if self._incoming is not self._current and self._incoming not in self._queue:
                    self._transport.abort()
        elif self._idle and lasted > (_LATE_SECONDS if self._front.draining else limits.idle_seconds):
            self._transport.close()

    def finish(self) -> None:
        """Close as soon as nothing is being received or answered."""
        if self._idle:
            self._transport.close()

    async def cut(self) -> None:
        """End at once."""
        self._transport.abort()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def _idle(self) -> bool:
        return self._current is None and not self._queue and not self._heading and self._incoming is None

    def _enqueue(self, request: Request) -> None:
        self._queue.append(request)
        if len(self._queue) == _MOST_QUEUED:
            self._transport.pause_reading()
        self._wake()

    def _begun(self, outcome: Response | Coroutine[object, object, Response]) -> None:
        """Answer the request that was begun, at once where nothing is to be waited for."""
        request = self._current
        self._give_up = None
        if isinstance(outcome, Response) and outcome.rest is None and request is not None:
            last = self._write(request, outcome)
            self._current = None
            if last:
                self._queue.clear()
                self._deaf = True
        else:
            self._handed = outcome
        if self._queue or self._deaf or self._handed is not None:
            self._wake()

    def _wake(self) -> None:
        if self._give_up is not None:
            # A request is being answered: what waits comes after it.
            return
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _refuse_method(self, data: bytes) -> None:
        """A method that llhttp has never heard of is well-formed all the same: the path says which it has."""
        line = _UNKNOWN_METHOD.match(data)
        if line is None or self._deaf:
            self._refuse(InvalidHeader(_MALFORMED))
            return
        self._deaf = self._refused = True
        self._heading = False
        request = Request(line[1].decode(), line[2].decode(), {}, peer=self._peer, keep_alive=False)
        request.finish()
        self._enqueue(request)

    def _refuse(self, fault: AtriumError) -> None:
        """Answer what is no request, after those before it; nothing more is understood on this connection."""
        self._deaf = self._refused = True
        self._heading = False
        if self._incoming is not None:
            self._incoming.fail(fault)
            self._wake()
            return
        path = self._url.decode("latin-1")[:256] or "/"
        self._enqueue(Request("GET", path, {}, peer=self._peer, keep_alive=False, fault=fault))

    def _continue(self) -> None:
        self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def _converse(self) -> None:
        try:
            while True:
                if self._handed is not None and self._current is not None:
                    request, outcome, self._handed = self._current, self._handed, None
                    response = outcome if isinstance(outcome, Response) else await outcome
                elif self._queue:
                    self._current = request = self._queue.popleft()
                    if len(self._queue) == _MOST_QUEUED - 1:
                        self._transport.resume_reading()
                    response = await self._front.handle(request)
                elif self._deaf:
                    break
                else:
                    self._waiter = self._loop.create_future()
                    await self._waiter
                    self._waiter = None
                    continue
                last = await self._answer(request, response)
                self._current = None
                if last:
                    break
        except asyncio.CancelledError:
            if self._current is not None:
                self._front.client_closed(self._current)
            raise
        finally:
            self._current = None
            self._goodbye()

    async def _answer(self, request: Request, response: Response) -> bool:
        """Write the answer as fast as the client reads; whether it is the connection's last."""
        last = self._write(request, response)
        if response.rest is not None:
            await self._stream(request, response)
        if self._writable is not None:
            await self._writable
        return last

    def _write(self, request: Request, response: Response) -> bool:
        """Write the answer, or its beginning; whether it is the connection's last."""
        closing = response.close or not request.keep_alive or request.fault is not None
        closing = closing or ((self._front.draining or self._deaf) and not self._queue)
        if not request.complete:
            request.leave_unread()
            remains = _MOST_SKIPPED + 1 if request.length is None else request.length - request.received
            closing = closing or request.awaits_continue or remains > _MOST_SKIPPED
        chunked = _chunked(request, response)
        closing = closing or (response.rest is not None and response.length is None and not chunked)
        parts = [_LINES[response.status], self._front.date()]
        parts += [b"%b: %b\r\n" % field for field in response.fields]
        parts.append(response.lines)
        if closing:
            parts.append(b"Connection: close\r\n")
            self._deaf = self._deaf or request.complete
        elif request.version == "1.0":
            parts.append(b"Connection: keep-alive\r\n")
        if chunked:
            parts.append(b"Transfer-Encoding: chunked\r\n")
        elif response.status not in _BODILESS:
            length = len(response.body) if response.rest is None else response.length
            if length is not None:
                parts.append(b"Content-Length: %d\r\n" % length)
        parts.append(b"\r\n")
        if not _silent(request, response) and not chunked:
            parts.append(response.body)
        if not self._transport.is_closing():
            self._transport.write(b"".join(parts))
        return closing

    async def _stream(self, request: Request, response: Response) -> None:
        """Send the rest as it comes, as fast as the client reads."""
        rest, chunked = response.rest, _chunked(request, response)
        if rest is None or _silent(request, response):
            return
        sent = len(response.body)
        if chunked and response.body:
            self._transport.write(b"%x\r\n%b\r\n" % (sent, response.body))
        try:
            async for part in rest:
                if self._transport.is_closing():
                    return
                sent += len(part)
                self._transport.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
                if self._writable is not None:
                    await self._writable
        except Exception:
            # The head is out: a cut connection is the only way left to say that the body is not whole.
            self._transport.abort()
            return
        if chunked:
            self._transport.write(b"0\r\n\r\n")

    def _goodbye(self) -> None:
        """Close; where bytes of the client may be on their way, only after it has had time to read the answer."""
        self._deaf = True
        if self._transport.is_closing():
            return
        if self._incoming is None and not self._refused:
            self._transport.close()
            return
        self._lingers_until = self._loop.time() + self._limits.linger_seconds
        if self._transport.can_write_eof():
            self._transport.write_eof()


def _chunked(request: Request, response: Response) -> bool:
    return response.rest is not None and response.length is None and request.version != "1.0"


def _silent(request: Request, response: Response) -> bool:
    return request.method == "HEAD" or response.status in _BODILESS
