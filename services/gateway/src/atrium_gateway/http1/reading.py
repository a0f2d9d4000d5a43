"""Bytes to requests: what a client sends on one connection, as llhttp understands it.

llhttp (through httptools) parses strictly: Transfer-Encoding beside Content-Length, repeated or odd lengths, bare line
feeds, folded or malformed fields are refused (request smuggling). Limits are `Limits`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import httptools

from atrium_common.errors import AtriumError, HeadersTooLarge, InvalidHeader, UriTooLong
from atrium_gateway.http1.framing import fault_of, framing_of
from atrium_gateway.http1.message import Request

_MOST_REPEATED = 4096
# What the framing of a body (sizes of chunks, their extensions, trailers) may take beside seven times the body.
_MOST_FRAMING = 16 * 1024
_FRAMED = 8
_MALFORMED = "The request is not well-formed HTTP/1.1."
_BODY_FIELDS = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
# Reads whose target is beyond doubt.
_READ = re.compile(rb"(GET|HEAD) (/[A-Za-z0-9/_.~?=&,:-]{0,2000}) HTTP/1\.1\r\n")
_UNKNOWN_METHOD = re.compile(rb"([A-Z]{1,32}) (/[\x21-\x7e]{0,8190}) HTTP/1\.[01]\r\n")


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients are borne with (spec/http-api.md, "Hardening that a client can see").

    Attributes:
        line_bytes: the longest target.
        fields, field_bytes: the most header fields, and the most bytes of them in all.
        header_seconds: how long a head may take from its first byte.
        body_grace, body_rate: after so many seconds a body must have come at so many bytes a second on average.
        idle_seconds: how long a connection may say nothing.
        stalled_seconds: how long a client may not read its answer.
        linger_seconds: how long a refused client has to read why.
    """

    line_bytes: int = 8190
    fields: int = 100
    field_bytes: int = 16 * 1024
    header_seconds: float = 10.0
    body_grace: float = 5.0
    body_rate: float = 1024.0
    idle_seconds: float = 75.0
    stalled_seconds: float = 30.0
    linger_seconds: float = 2.0


class Reading(ABC):
    """The state of what is coming in; who inherits from it is told of requests.

    Attributes:
        peer: the address at the other end.
        heading: a head is half in.
        incoming: the request whose body is coming in.
        deaf: whatever else comes is not understood, or not wanted.
        refused: what came last was no request, and was told so.
        since: when (of the event loop's clock) the client last got on: a head's first byte, its end, a body's end.
    """

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self._now = now
        self.limits = limits
        self.peer = ""
        self.heading = False
        self.incoming: Request | None = None
        self.deaf = False
        self.refused = False
        self.since = 0.0
        self._parser = httptools.HttpRequestParser(self)
        self._resuming = self._bare = False
        # The header block of the last request, a read, and the request.
        self._block = b""
        self._before: Request | None = None
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._repeated: set[bytes] = set()
        self._fields = 0
        self._field_bytes = 0
        self._head_bytes = self._body_bytes = 0

    # What is done with what is found.

    @abstractmethod
    def take(self, request: Request) -> None:
        """A read without a body is here."""

    @abstractmethod
    def enqueue(self, request: Request) -> None:
        """Another request is here, or its head, or what refuses what is none."""

    @abstractmethod
    def wake(self) -> None:
        """The body of a request that was enqueued has failed."""

    @abstractmethod
    def ask_to_continue(self) -> None:
        """Send `100 Continue`."""

    def data_received(self, data: bytes) -> None:
        """Take bytes in."""
        if self.deaf or self._repeats(data):
            return
        fresh = not self.heading and self.incoming is None
        self._before = None
        try:
            self._feed(data)
        except httptools.HttpParserInvalidMethodError:
            # Only where the data begins with it; else it is the rest of something else.
            self._refuse_method(data if fresh else b"")
        except httptools.HttpParserError:
            if not self.deaf:
                self.refuse(InvalidHeader(_MALFORMED))
        if fresh:
            self._remember(data)
        if self.heading:
            self._head_bytes += len(data)
            if len(self._url) > self.limits.line_bytes:
                self.refuse(UriTooLong())
            elif self._head_bytes > self.limits.line_bytes + self.limits.field_bytes:
                self.refuse(HeadersTooLarge() if self._url else UriTooLong())
        elif self.incoming is not None:
            self._body_bytes += len(data)
            if self._body_bytes > _MOST_FRAMING + _FRAMED * self.incoming.received:
                self.refuse(InvalidHeader(_MALFORMED))

    def _feed(self, data: bytes) -> None:
        """Have the parser read; an offer to switch protocols is passed over, and what follows read as HTTP/1.1."""
        while True:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as offered:
                data = data[offered.args[0] :]
                if self.incoming is None or self.incoming.method == "CONNECT":
                    # What follows is for somebody else to understand.
                    self.deaf = True
                    self.on_message_complete()
                    return
                self._parser = httptools.HttpRequestParser(self)
                self._resuming = True
                self._parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n" % framing_of(self.incoming.headers))
            else:
                return

    def _repeats(self, data: bytes) -> bool:
        """Take a read in whose header block is the last one's, byte for byte: what llhttp made of it holds again."""
        block, before = self._block, self._before
        if not block or before is None or not data.endswith(block) or self.heading or self.incoming is not None:
            return False
        line = _READ.fullmatch(data, 0, len(data) - len(block))
        if line is None:
            return False
        self.since = self._now()
        self.take(before.again(line[1].decode(), line[2].decode()))
        return True

    def _remember(self, data: bytes) -> None:
        """Keep the block where the data was one head, whole and well-formed, of a read without a body."""
        request = self._before
        if request is None or self.deaf or len(data) > _MOST_REPEATED or data.find(b"\r\n\r\n") != len(data) - 4:
            return
        line = _READ.match(data)
        bare = request.complete and _BODY_FIELDS.isdisjoint(request.headers)
        if line is not None and bare and request.keep_alive and request.fault is None:
            self._block = data[line.end() :]

    # What the parser finds.

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self._resuming:
            return
        self.heading = True
        self.since = self._now()
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
        if not self.heading:
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
        self.heading = False
        self.since = self._now()
        headers, limits = self._headers, self.limits
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
            peer=self.peer,
            version=version,
            keep_alive=self._parser.should_keep_alive(),
            repeated=frozenset(self._repeated) if self._repeated else frozenset(),
            fault=fault,
            ask_to_continue=self.ask_to_continue if expects else None,
        )
        self._block = b""
        self._body_bytes = 0
        self._before = self.incoming = request
        self._bare = request.reads and fault is None and _BODY_FIELDS.isdisjoint(headers)
        if not self._bare:
            self.enqueue(request)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self.incoming is not None:
            self.incoming.feed(body)

    def on_message_complete(self) -> None:
        """The request is whole, unless its body was passed over with the offer to switch protocols."""
        if self._parser.should_upgrade() and not self.deaf:
            return
        request, self.incoming = self.incoming, None
        self.since = self._now()
        if request is not None:
            request.finish()
            self.deaf = self.deaf or not request.keep_alive
            if self._bare:
                self._bare = False
                self.take(request)

    def _refuse_method(self, data: bytes) -> None:
        """A method that llhttp has never heard of is well-formed all the same: the path says which it has."""
        line = _UNKNOWN_METHOD.match(data)
        if line is None or self.deaf:
            self.refuse(InvalidHeader(_MALFORMED))
            return
        self.deaf = self.refused = True
        self.heading = False
        request = Request(line[1].decode(), line[2].decode(), {}, peer=self.peer, keep_alive=False)
        request.finish()
        self.enqueue(request)

    def refuse(self, fault: AtriumError) -> None:
        """Answer what is no request, after those before it; nothing more is understood on this connection."""
        self.deaf = self.refused = True
        self.heading = False
        if self.incoming is not None:
            self.incoming.fail(fault)
            self.wake()
            return
        path = self._url.decode("latin-1")[:256] or "/"
        self.enqueue(Request("GET", path, {}, peer=self.peer, keep_alive=False, fault=fault))
