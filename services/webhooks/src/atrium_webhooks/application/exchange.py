"""One HTTP/1.1 exchange over aiohttp's connections: a POST goes out, the head of its answer comes back.

aiohttp's connector keeps the connections and its parser reads the answers; its `ClientSession` is left out. What that
does for each request beyond this (cookies, redirects, proxies, credentials, traces, a task for the body) is nothing
that a delivery may have, and cost more than all the rest of an attempt.
"""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from aiohttp import ClientTimeout
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import RawResponseMessage
from aiohttp.streams import StreamReader
from multidict import CIMultiDictProxy
from yarl import URL

_READ_AT_ONCE = 64 * 1024
_LONGEST_LINE = 16 * 1024
_MOST_LINES = 128
_ASKED_FOR = "Accept: */*\r\nAccept-Encoding: identity\r\n"
_UPGRADE = 101
_PROVISIONAL = range(100, 200)


class NotSent(aiohttp.ClientError):
    """The request is none that can be sent."""


class NoHttp(aiohttp.ClientError):
    """What came back is no HTTP."""


class Target:
    """Where a POST goes: what the connector must know of it, and the beginning of the request's head."""

    __slots__ = ("begins", "request")

    def __init__(self, url: URL) -> None:
        """Inside a running loop.

        Raises:
            aiohttp.InvalidURL: it has no host.
        """
        self.request = ClientRequest("POST", url)
        self.begins = f"POST {url.raw_path_qs} HTTP/1.1\r\nHost: {url.host_port_subcomponent}\r\n{_ASKED_FOR}"


class Answer:
    """The head of an answer, and its body as it comes; whoever has it ends it."""

    __slots__ = ("_connection", "content", "headers", "status")

    def __init__(self, connection: Connection, message: RawResponseMessage, content: StreamReader) -> None:
        self._connection = connection
        self.status: int = message.code
        self.headers: CIMultiDictProxy[str] = message.headers
        self.content = content

    def end(self) -> None:
        """Leave the connection to the next exchange, if this one is over on both sides; else close it."""
        transport = self._connection.transport
        if transport is None or transport.get_write_buffer_size() or not self.content.is_eof():
            _cut_off(self._connection)
        else:
            self._connection.release()


async def post(
    connector: aiohttp.BaseConnector, target: Target, headers: Mapping[str, str], body: bytes, timeout: ClientTimeout
) -> Answer:
    """Send the body; the answer as soon as its head is there. Of the `timeout`, `connect` holds.

    Raises:
        aiohttp.ConnectionTimeoutError: no connection within that time.
        aiohttp.ClientError, OSError: none could be made, or it broke.
        NoHttp: the answer is none.
        NotSent: a header can't be sent.
    """
    request = _request(target, headers, body)
    connection = await _connection(connector, target.request, timeout)
    try:
        message, content = await _exchanged(connection, request)
    except HttpProcessingError as error:
        _cut_off(connection)
        raise NoHttp(error.message) from error
    except BaseException:
        _cut_off(connection)
        raise
    return Answer(connection, message, content)


async def _exchanged(connection: Connection, request: bytes) -> tuple[RawResponseMessage, StreamReader]:
    """The head of the answer; provisional ones (RFC 9110, 15.2) are passed over."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None:
        raise aiohttp.ServerDisconnectedError
    protocol.set_response_params(
        read_until_eof=True,
        auto_decompress=False,
        read_bufsize=_READ_AT_ONCE,
        max_line_size=_LONGEST_LINE,
        max_field_size=_LONGEST_LINE,
        max_headers=_MOST_LINES,
    )
    transport.write(request)
    while True:
        message, content = await protocol.read()
        if message.code not in _PROVISIONAL or message.code == _UPGRADE:
            return message, content


def _cut_off(connection: Connection) -> None:
    """Close the connection now: a receiver that reads nothing would keep it, and the body, for as long as it likes."""
    transport = connection.transport
    if transport is not None and transport.get_write_buffer_size():
        transport.abort()
    connection.close()


def _request(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    head = f"{target.begins}{''.join(lines)}Content-Length: {len(body)}\r\n\r\n"
    breaks = len(lines) + target.begins.count("\n") + 2
    if head.count("\n") != breaks or head.count("\r") != breaks or "\0" in head:
        raise NotSent("A header's value has a line break in it.")
    return head.encode() + body


async def _connection(connector: aiohttp.BaseConnector, request: ClientRequest, timeout: ClientTimeout) -> Connection:
    while True:
        try:
            connection = await connector.connect(request, [], timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"Connection timeout to host {request.url}") from error
        if connection.protocol is not None and connection.protocol.should_close:
            # It was kept, and has spoken without being asked: that would be taken for the answer to this.
            connection.close()
            continue
        return connection
