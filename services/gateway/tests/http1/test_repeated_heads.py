"""A head that repeats the last one's fields is not parsed again: it must make no difference, whatever came before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import product
from typing import Any, cast

from atrium_gateway.http1.connection import Connection
from atrium_gateway.http1.front import Front
from atrium_gateway.http1.message import Derived, Request, Response

FIELDS = b"Host: a\r\nX-One: 1\r\n\r\n"
PORTIONS = (
    b"GET /1?a=b HTTP/1.1\r\n" + FIELDS,
    b"HEAD /2 HTTP/1.1\r\n" + FIELDS,
    b"GET /3 HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nX-One: 2\r\n\r\n",
    b"GET /4 HTTP/1.1\r\n" + FIELDS + b"GET /5 HTTP/1.1\r\n" + FIELDS,
    b"\r\nGET /6 HTTP/1.1\r\n" + FIELDS,
    b"POST /7 HTTP/1.1\r\n" + FIELDS,
    b"POST /8 HTTP/1.1\r\nHost: a\r\nContent-Length: 42\r\n\r\nGET / HTTP/1.1\r\n" + FIELDS + b"123",
    b"GET /9 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /10\x01 HTTP/1.1\r\n" + FIELDS,
    b"GET /11 HTTP/1.0\r\n" + FIELDS,
)


class _Client(asyncio.Transport):
    """A client that never says why."""

    def write(self, data: bytes | bytearray | memoryview) -> None: ...

    def is_closing(self) -> bool:
        return False

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None: ...

    abort = close


async def seen(portions: Iterable[bytes]) -> tuple[list[Any], list[Derived]]:
    """What is understood of these portions, and what is remembered of the heads."""
    requests: list[Request] = []

    async def handle(request: Request) -> Response:
        requests.append(request)
        return Response(200)

    connection = Connection(Front(handle))
    connection.connection_made(cast("asyncio.Transport", _Client()))
    for portion in portions:
        connection.data_received(portion)
        for _ in range(6):
            await asyncio.sleep(0)
    connection.connection_lost(None)
    told = [
        (each.method, each.path, each.query, each.headers, each.repeated, each.complete, each.version, type(each.fault))
        for each in requests
    ]
    return told, [each.derived for each in requests]


async def test_requests_are_understood_alike_whether_or_not_their_heads_were_seen_before() -> None:
    for portions in product(PORTIONS, repeat=3):
        by_portions, _ = await seen(portions)
        by_halves, _ = await seen(half for portion in portions for half in (portion[:9], portion[9:]))
        assert by_portions == by_halves, portions


async def test_what_follows_from_a_head_is_shared_by_the_requests_that_repeat_it_and_by_no_others() -> None:
    first, repeated, other = PORTIONS[0], PORTIONS[1], PORTIONS[2]
    _, derived = await seen([first, repeated, other, first, first])
    assert derived[0] is derived[1]
    assert derived[3] is derived[4]
    assert len({id(each) for each in derived}) == 3
