"""Responses to bytes."""

from __future__ import annotations

from http import HTTPStatus

from atrium_gateway.http1.message import Request, Response

VERSION = b"HTTP/1.1 "
"""What every response begins with."""
_LINES = {status.value: b"%b%d %b\r\n" % (VERSION, status.value, status.phrase.encode()) for status in HTTPStatus}
_BODILESS = frozenset({204, 304})


def beginning(request: Request, response: Response, *, closing: bool, date: bytes) -> bytes:
    """The head, and what is there of the body unless that is sent in chunks."""
    parts = [_LINES[response.status], date]
    parts += [b"%b: %b\r\n" % field for field in response.fields]
    parts.append(response.lines)
    chunked = is_chunked(request, response)
    if closing:
        parts.append(b"Connection: close\r\n")
    elif request.version == "1.0":
        parts.append(b"Connection: keep-alive\r\n")
    if chunked:
        parts.append(b"Transfer-Encoding: chunked\r\n")
    elif response.status not in _BODILESS:
        length = len(response.body) if response.rest is None else response.length
        if length is not None:
            parts.append(b"Content-Length: %d\r\n" % length)
    parts.append(b"\r\n")
    if not chunked and not is_silent(request, response):
        parts.append(response.body)
    return b"".join(parts)


def is_chunked(request: Request, response: Response) -> bool:
    """Whether the body goes out in chunks: nobody knows yet how long it is."""
    return response.rest is not None and response.length is None and request.version != "1.0"


def is_silent(request: Request, response: Response) -> bool:
    """Whether the response has no body, whatever it says of one."""
    return request.method == "HEAD" or response.status in _BODILESS


def ends_by_closing(request: Request, response: Response) -> bool:
    """Whether only the connection's end tells where the body ends."""
    return response.rest is not None and response.length is None and not is_chunked(request, response)
