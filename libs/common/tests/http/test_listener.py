from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import orjson
import pytest
from aiohttp import web

from atrium_common.http.listener import Limits, Listener
from atrium_common.http.reply import Reply
from atrium_common.http.route import Call, Route
from atrium_common.testing.http import ServiceUnderTest

LINE = b"GET /api/v1/x HTTP/1.1\r\nHost: x\r\n"


class Peer:
    """A client that says exactly what it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def reach(cls, port: int) -> Peer:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def say(self, raw: bytes) -> None:
        self.writer.write(raw)

    async def hear(self) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(5):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in head[1:] if line)}
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(head[0].split()[1]), headers, body

    async def closed(self) -> bool:
        async with asyncio.timeout(5):
            return await self.reader.read() == b""


PATIENT = Limits()


@asynccontextmanager
async def listening(handler: Any, limits: Limits = PATIENT) -> AsyncIterator[tuple[Listener, int]]:
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    listener = Listener(cast("web.Server", runner.server), limits)
    port = await listener.open("127.0.0.1", 0)
    try:
        yield listener, port
    finally:
        await listener.drain(1.0)
        await runner.cleanup()


async def echo(request: web.BaseRequest) -> web.Response:
    return web.Response(body=await request.read())


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "INVALID_HEADER"),
        (b"GET / HTTP/9.9\r\n\r\n", 400, "INVALID_HEADER"),
        (LINE + b"bad header\r\n\r\n", 400, "INVALID_HEADER"),
        (LINE + b"Content-Length: x\r\n\r\n", 400, "INVALID_HEADER"),
        (LINE + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "INVALID_HEADER"),
        (LINE + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "INVALID_HEADER"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "URI_TOO_LONG"),
        (LINE + b"X: " + b"a" * 17000 + b"\r\n\r\n", 431, "HEADERS_TOO_LARGE"),
        (LINE + b"".join(b"X-%d: 1\r\n" % n for n in range(120)) + b"\r\n", 431, "HEADERS_TOO_LARGE"),
    ],
)
async def test_what_is_no_fit_http_is_answered_in_the_usual_shape(raw: bytes, status: int, code: str) -> None:
    async with listening(echo) as (_, port):
        peer = await Peer.reach(port)
        peer.say(raw)
        got, headers, body = await peer.hear()
        error = orjson.loads(body)["error"]
        assert (got, error["code"]) == (status, code)
        assert headers["content-type"] == "application/json"
        assert headers["x-request-id"] == error["request_id"]
        assert await peer.closed()


async def test_a_sender_whose_head_never_ends_is_told_so_and_let_go() -> None:
    async with listening(echo, Limits(header_seconds=0.05)) as (_, port):
        peer = await Peer.reach(port)
        peer.say(LINE)
        status, _, body = await peer.hear()
        assert (status, orjson.loads(body)["error"]["code"]) == (408, "REQUEST_TIMEOUT")
        assert await peer.closed()


async def test_a_connection_that_says_nothing_is_closed() -> None:
    async with listening(echo, Limits(idle_seconds=0.05)) as (_, port):
        assert await (await Peer.reach(port)).closed()


async def test_a_head_that_comes_in_pieces_in_time_is_served_again_and_again() -> None:
    async with listening(echo, Limits(header_seconds=5.0)) as (_, port):
        peer = await Peer.reach(port)
        for _ in range(3):
            for piece in (b"POST / HTTP/1.1\r\nHo", b"st: x\r\nContent-Le", b"ngth: 4\r\n\r\n12", b"34"):
                peer.say(piece)
                await peer.writer.drain()
                await asyncio.sleep(0)
            assert (await peer.hear())[2] == b"1234"


async def test_draining_refuses_new_connections_and_closes_idle_ones() -> None:
    async with listening(echo) as (listener, port):
        idle = await Peer.reach(port)
        idle.say(LINE + b"\r\n")
        await idle.hear()
        assert await listener.drain(5.0)
        assert await idle.closed()
        with pytest.raises(ConnectionRefusedError):
            await Peer.reach(port)


async def test_draining_finishes_what_is_being_answered() -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def slow(_: web.BaseRequest) -> web.Response:
        started.set()
        await go.wait()
        return web.Response(text="done")

    async with listening(slow) as (listener, port):
        peer = await Peer.reach(port)
        peer.say(LINE + b"\r\n")
        await started.wait()
        draining = asyncio.create_task(listener.drain(5.0))
        await asyncio.sleep(0.1)
        assert not draining.done()
        go.set()
        status, headers, body = await peer.hear()
        assert (status, headers["connection"], body) == (200, "close", b"done")
        assert await draining
        assert await peer.closed()


@pytest.mark.parametrize("split", [10, len(LINE) + 15, len(LINE) + 25])
async def test_draining_finishes_what_is_half_received(split: int) -> None:
    raw = LINE.replace(b"GET", b"POST") + b"Content-Length: 8\r\n\r\n12345678"
    async with listening(echo) as (listener, port):
        peer = await Peer.reach(port)
        peer.say(raw[:split])
        await peer.writer.drain()
        draining = asyncio.create_task(listener.drain(5.0))
        # What drain waits for before it looks at connections has passed when an idle one has been closed.
        await asyncio.sleep(0.2)
        assert not draining.done()
        peer.say(raw[split:])
        status, headers, body = await peer.hear()
        assert (status, headers["connection"], body) == (200, "close", b"12345678")
        assert await draining


async def test_draining_gives_up_when_its_time_is_over() -> None:
    async def forever(_: web.BaseRequest) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async with listening(forever) as (listener, port):
        peer = await Peer.reach(port)
        peer.say(LINE + b"\r\n")
        await asyncio.sleep(0.05)
        assert not await listener.drain(0.1)
        assert await peer.closed()


async def test_a_service_bears_a_principal_longer_than_what_clients_may_send() -> None:
    async def done(_: Call) -> Reply:
        return Reply.empty()

    async with ServiceUnderTest([Route("GET", "/api/v1/x", done, "x")]) as api:
        answer = await api.request("GET", "/api/v1/x", headers={"X-Filler": "a" * 60_000})
    assert answer.status == 204
