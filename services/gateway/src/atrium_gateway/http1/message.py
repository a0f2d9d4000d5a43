"""Requests and responses as the pipeline handles them, free of any framework; names and values are bytes as sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from atrium_common.errors import AtriumError, PayloadTooLarge
from atrium_common.http.body import MAX_BODY
from atrium_gateway.http1.framing import normalised

if TYPE_CHECKING:
    from atrium_gateway.holder import Asked

Fields: TypeAlias = list[tuple[bytes, bytes]]

_ABSOLUTE = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
READS = frozenset({"GET", "HEAD", "OPTIONS"})


class ClientGone(Exception):
    """The client hung up before its request was whole."""


@dataclass(slots=True, eq=False)
class Derived:
    """What follows from a header block alone: found out once for all requests of a connection that repeat it.

    Attributes:
        sane: its fields are well-formed, as far as a read needs them.
        address: the client's.
        asked: that key in the context that the fields name, where path and query name none.
        lines: the fields that travel on, as they are sent.
        request_id: the client's own.
    """

    sane: bool = False
    address: str | None = None
    asked: Asked | None = None
    lines: bytes | None = None
    request_id: str | None = None


class Request:
    """One request; its body may still be on its way.

    Attributes:
        method: in capitals.
        path, query: of the target, percent-encoded as sent.
        headers: by lower-case name; repeated ones joined with commas.
        repeated: the names that came more than once.
        peer: the address at the other end of the connection.
        fault: why it must be refused before anything else, where it is not well-formed.
        length: what Content-Length says, or None.
        received: bytes of the body so far.
        complete: whether the body is here.
        derived: what is known of its headers already.
    """

    __slots__ = (
        "_body", "_continue", "_failure", "_waiter",
        "complete", "derived", "fault", "headers", "keep_alive", "length", "method", "path", "peer", "query",
        "received", "repeated", "unread", "version",
    )  # fmt: skip

    def __init__(
        self,
        method: str,
        target: str,
        headers: dict[bytes, bytes],
        *,
        peer: str,
        version: str = "1.1",
        keep_alive: bool = True,
        repeated: frozenset[bytes] = frozenset(),
        fault: AtriumError | None = None,
        ask_to_continue: Callable[[], None] | None = None,
        derived: Derived | None = None,
    ) -> None:
        self.method = method
        absolute = None if target.startswith("/") else _ABSOLUTE.match(target)
        if absolute is not None:
            # The form that a proxy is asked in (RFC 9112 §3.2.2): its host goes before the field's.
            target = target[absolute.end() :]
            headers = headers | {b"host": absolute[1].encode("latin-1")} if b"host" in headers else headers
        path, _, self.query = target.partition("?")
        self.path = normalised(path) or "/"
        self.headers = headers
        self.repeated = repeated
        self.peer = peer
        self.version = version
        self.keep_alive = keep_alive
        self.fault = fault
        self.received = 0
        self.complete = False
        self.unread = False
        self.derived = derived or Derived()
        length = headers.get(b"content-length")
        self.length = int(length) if length is not None and length.isdigit() else None
        self._body: list[bytes] = []
        self._continue = ask_to_continue
        self._failure: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    def again(self, method: str, target: str) -> Request:
        """A read without a body that repeats the fields of this one; `target` is a plain path and query."""
        request = Request.__new__(Request)
        request.method = method
        request.path, _, request.query = target.partition("?")
        request.headers, request.repeated, request.derived = self.headers, self.repeated, self.derived
        request.peer, request.version, request.keep_alive = self.peer, self.version, True
        request.fault = request.length = None
        request._continue = request._failure = request._waiter = None  # noqa: SLF001 (our own kind)
        request.received = 0
        request.complete, request.unread = True, False
        request._body = []  # noqa: SLF001
        return request

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method in READS

    async def read(self) -> bytes:
        """The whole body.

        Raises:
            PayloadTooLarge: it is over 1 MiB.
            RequestTimeout: it comes too slowly.
            ClientGone: the client hung up.
        """
        if self.length is not None and self.length > MAX_BODY:
            raise PayloadTooLarge
        if not self.complete and self._failure is None:
            if self._continue is not None:
                self._continue()
                self._continue = None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self._failure is not None:
            raise self._failure
        return self._body[0] if len(self._body) == 1 else b"".join(self._body)

    def feed(self, data: bytes) -> None:
        """Take a part of the body in."""
        self.received += len(data)
        if self.unread or self._failure is not None:
            return
        if self.received > MAX_BODY:
            self.fail(PayloadTooLarge())
        else:
            self._body.append(data)

    def finish(self) -> None:
        """The body is whole."""
        self.complete = True
        self._wake()

    def fail(self, failure: BaseException) -> None:
        """The body will never be whole."""
        self._failure = failure
        self._body.clear()
        self._wake()

    def leave_unread(self) -> None:
        """Nobody will ask for (the rest of) the body."""
        self.unread = True
        self._body.clear()

    @property
    def awaits_continue(self) -> bool:
        """Whether the client waits for `100 Continue`, which it has not got."""
        return self._continue is not None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


@dataclass(slots=True)
class Response:
    """An answer to a client.

    Attributes:
        fields: the headers, without those of the connection and of the body's length.
        body: the whole body, or its beginning where `rest` gives more.
        rest: what follows `body`, where it is streamed.
        length: how long a streamed body is in all, where that is known.
        close: whether it is the connection's last answer.
        lines: further fields, as they are sent.
    """

    status: int
    fields: Fields = field(default_factory=list)
    body: bytes = b""
    rest: AsyncIterator[bytes] | None = None
    length: int | None = None
    close: bool = False
    lines: bytes = b""
