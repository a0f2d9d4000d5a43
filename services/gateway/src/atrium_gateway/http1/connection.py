"""One client's connection: its requests are answered one after the other, in their order (`reading`, `writing`)."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import AsyncGenerator, Coroutine
from typing import TYPE_CHECKING, cast

from atrium_common.errors import RequestTimeout
from atrium_gateway.http1.message import ClientGone, Request, Response
from atrium_gateway.http1.reading import Reading
from atrium_gateway.http1.writing import VERSION, beginning, ends_by_closing, is_chunked, is_silent

if TYPE_CHECKING:
    from atrium_gateway.http1.front import Front, GiveUp

_MOST_QUEUED = 8
_MOST_SKIPPED = 64 * 1024
# How long a connection may say nothing whose TLS was agreed on only while the front drained.
_LATE_SECONDS = 1.0


class Connection(Reading, asyncio.Protocol):
    """Reads requests, has the front answer them one after the other, writes the answers."""

    def __init__(self, front: Front) -> None:
        self._loop = asyncio.get_running_loop()
        super().__init__(front.limits, self._loop.time)
        self._front = front
        self._queue: deque[Request] = deque()
        self._waiter: asyncio.Future[None] | None = None
        # The request that is answered now.
        self._current: Request | None = None
        # Where it was begun without the task: what ends it, and what the task is handed to finish it.
        self._give_up: GiveUp | None = None
        self._handed: Response | Coroutine[object, object, Response] | None = None
        self._half_closed = self._said_version = self._headed = False
        self._lingers_until = 0.0
        self._stalled_since = 0.0
        self._writable: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if isinstance(peer, tuple) else "0.0.0.0"
        self.since = self._loop.time()
        self._front.connections.add(self)
        self._task = self._loop.create_task(self._converse())

    def eof_received(self) -> bool:
        """The client says no more: it has gone, or only waits for what it has asked for; who still reads gets that.

        TCP tells both in the same way, until something is sent: then the end of one that has gone answers with a reset.
        So what every response begins with is sent at once, and `check` looks for the reset.
        """
        if self._half_closed:
            return True
        self._half_closed = self.deaf = True
        self.heading = False
        if self.incoming is not None:
            self.incoming.fail(ClientGone())
            self.incoming = None
        if self._current is None and not self._queue:
            return False
        if not self._headed:
            self._said_version = True
            self._transport.write(VERSION)
        self.wake()
        return True

    def connection_lost(self, _: Exception | None) -> None:
        """The client has gone: a read is given up, a write goes on to its end."""
        self.deaf = True
        self._front.forget(self)
        if self.incoming is not None and not self.incoming.complete:
            self.incoming.fail(ClientGone())
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

    # What is found in what comes in.

    def take(self, request: Request) -> None:
        """Have a read without a body begun, where nothing is before it; else it waits for the task."""
        if self._current is not None or self._queue or self._writable is not None or self._waiter is None:
            self.enqueue(request)
            return
        self._current = request
        give_up = self._front.begin(request, self._begun)
        if self._current is request and self._handed is None:
            if give_up is None:
                self._current = None
                self.enqueue(request)
            else:
                self._give_up = give_up

    def enqueue(self, request: Request) -> None:
        """Have the task answer it, after those before it."""
        self._queue.append(request)
        if len(self._queue) == _MOST_QUEUED:
            self._transport.pause_reading()
        self.wake()

    def wake(self) -> None:
        """Have the task look again."""
        if self._give_up is not None:
            # A request is being answered: what waits comes after it.
            return
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def ask_to_continue(self) -> None:
        """See `Reading.ask_to_continue`."""
        self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    # What the front asks.

    def check(self, now: float) -> None:
        """End what has lasted too long: a slow head or body, an idle or stalled connection, a long goodbye."""
        limits = self.limits
        lasted = now - self.since
        if self._half_closed and self._is_reset():
            self._transport.abort()
        elif self._lingers_until:
            if now > self._lingers_until:
                self._transport.abort()
        elif self._stalled_since:
            if now - self._stalled_since > limits.stalled_seconds:
                self._transport.abort()
        elif self.heading:
            if lasted > limits.header_seconds:
                self.refuse(RequestTimeout())
        elif self.incoming is not None:
            if lasted > limits.body_grace and self.incoming.received < (lasted - limits.body_grace) * limits.body_rate:
                self.deaf = True
                self.incoming.fail(RequestTimeout())
                if self.incoming is not self._current and self.incoming not in self._queue:
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

    def _is_reset(self) -> bool:
        """Whether the client has answered what it was sent with a reset: nobody is there."""
        found: socket.socket = self._transport.get_extra_info("socket")
        return not self._transport.is_closing() and found.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0

    @property
    def _idle(self) -> bool:
        return self._current is None and not self._queue and not self.heading and self.incoming is None

    def _begun(self, outcome: Response | Coroutine[object, object, Response]) -> None:
        """Answer the request that was begun, at once where nothing is to be waited for."""
        request = self._current
        self._give_up = None
        if isinstance(outcome, Response) and outcome.rest is None and request is not None:
            last = self._write(request, outcome)
            self._current = None
            if last:
                self._queue.clear()
                self.deaf = True
        else:
            self._handed = outcome
        if self._queue or self.deaf or self._handed is not None:
            self.wake()

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
                elif self.deaf:
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
        self._headed = True
        if response.rest is not None:
            await self._stream(request, response)
        if self._writable is not None:
            await self._writable
        self._headed = False
        return last

    def _write(self, request: Request, response: Response) -> bool:
        """Write the answer, or its beginning; whether it is the connection's last."""
        closing = response.close or not request.keep_alive or request.fault is not None
        closing = closing or ((self._front.draining or self.deaf) and not self._queue)
        if not request.complete:
            request.leave_unread()
            remains = _MOST_SKIPPED + 1 if request.length is None else request.length - request.received
            closing = closing or request.awaits_continue or remains > _MOST_SKIPPED
        closing = closing or ends_by_closing(request, response)
        if closing:
            self.deaf = self.deaf or request.complete
        head = beginning(request, response, closing=closing, date=self._front.date())
        if self._said_version:
            self._said_version = False
            head = head[len(VERSION) :]
        if not self._transport.is_closing():
            self._transport.write(head)
        return closing

    async def _stream(self, request: Request, response: Response) -> None:
        """Send the rest as it comes, as fast as the client reads."""
        rest, chunked = response.rest, is_chunked(request, response)
        if rest is None:
            return
        if is_silent(request, response):
            # Only what has begun can be ended: else it would hold the service's connection until its deadline.
            async for _ in rest:
                break
            await cast("AsyncGenerator[bytes, None]", rest).aclose()
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
        self.deaf = True
        if self._transport.is_closing():
            return
        if self.incoming is None and not self.refused:
            self._transport.close()
            return
        self._lingers_until = self._loop.time() + self.limits.linger_seconds
        if self._transport.can_write_eof():
            self._transport.write_eof()
