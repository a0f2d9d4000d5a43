"""Reads that are begun without a task: answered in order, ended with their client, finished by the task if need be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from atrium_gateway.http1.front import Done, Front, GiveUp
from atrium_gateway.http1.message import Request, Response

HEAD = b"Host: a\r\n\r\n"


class Begins:
    """Begins what it is told to; how each is answered, the test says."""

    def __init__(self) -> None:
        self.begun: list[tuple[Request, Done]] = []
        self.given_up: list[Request] = []
        self.handled: list[str] = []
        self.declines = False

    def begin(self, request: Request, done: Done) -> GiveUp | None:
        if self.declines or request.path == "/first":
            return None
        self.begun.append((request, done))
        return lambda: self.given_up.append(request)

    async def handle(self, request: Request) -> Response:
        self.handled.append(request.path)
        return Response(200, body=f"long {request.path}.".encode())

    async def next(self) -> tuple[Request, Done]:
        async with asyncio.timeout(5):
            while not self.begun:
                await asyncio.sleep(0.001)
        return self.begun.pop(0)


@asynccontextmanager
async def client() -> AsyncIterator[tuple[Begins, asyncio.StreamReader, asyncio.StreamWriter, Front]]:
    """A client whose head is known already."""
    begins = Begins()
    front = Front(begins.handle, begin=begins.begin)
    port = await front.open("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /first HTTP/1.1\r\n" + HEAD)
    await reader.readuntil(b"long /first.")
    yield begins, reader, writer, front
    writer.close()
    await front.drain(0.1)


def get(path: bytes) -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\n" + HEAD


async def test_a_begun_read_is_answered_by_whom_it_was_begun() -> None:
    async with client() as (begins, reader, writer, _):
        for number in range(3):
            writer.write(get(b"/%d" % number))
            request, done = await begins.next()
            assert request.path == f"/{number}"
            done(Response(200, body=b"short."))
            assert b"Content-Length: 6" in await reader.readuntil(b"short.")
        assert begins.handled == ["/first"]


async def test_what_is_declined_goes_the_long_way() -> None:
    async with client() as (begins, reader, writer, _):
        begins.declines = True
        writer.write(get(b"/other"))
        await reader.readuntil(b"long /other.")


async def test_what_comes_behind_a_begun_read_waits_for_its_turn() -> None:
    async with client() as (begins, reader, writer, _):
        writer.write(get(b"/1"))
        _, done = await begins.next()
        writer.write(get(b"/2"))
        await asyncio.sleep(0.02)
        writer.write(b"POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(0.02)
        assert begins.handled == ["/first"]
        done(Response(200, body=b"short."))
        assert (await reader.readuntil(b"/3.")).count(b"HTTP/1.1 200") == 3
        assert begins.handled == ["/first", "/2", "/3"]
        writer.write(get(b"/4"))
        assert (await begins.next())[0].path == "/4"


async def test_a_read_is_begun_also_where_its_head_is_a_new_one_and_what_has_a_body_never() -> None:
    async with client() as (begins, reader, writer, _):
        writer.write(b"GET /1 HTTP/1.1\r\nHost: a\r\nX-New: 1\r\n\r\n" + get(b"/2"))
        request, done = await begins.next()
        assert (request.path, request.complete) == ("/1", True)
        done(Response(200, body=b"short."))
        await reader.readuntil(b"long /2.")
        writer.write(b"GET /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
        await reader.readuntil(b"long /3.")
        assert begins.begun == []


async def test_a_client_that_hangs_up_ends_its_begun_read() -> None:
    async with client() as (begins, _, writer, front):
        writer.write(get(b"/1"))
        request, done = await begins.next()
        writer.transport.abort()
        async with asyncio.timeout(5):
            while front.connections:
                await asyncio.sleep(0.001)
        assert begins.given_up == [request]
        done(Response(200, body=b"too late"))


async def test_what_still_has_to_be_waited_for_is_finished_by_the_task() -> None:
    go = asyncio.Event()

    async def later() -> Response:
        await go.wait()
        return Response(502, body=b"later.")

    async def parts() -> AsyncIterator[bytes]:
        yield b"streamed"
        yield b"."

    async with client() as (begins, reader, writer, _):
        writer.write(get(b"/1"))
        _, done = await begins.next()
        done(later())
        writer.write(get(b"/2"))
        await asyncio.sleep(0.02)
        go.set()
        assert b"502" in await reader.readuntil(b"later.")
        await reader.readuntil(b"long /2.")
        writer.write(get(b"/3"))
        _, done = await begins.next()
        done(Response(200, body=b"well ", rest=parts(), length=14))
        await reader.readuntil(b"well streamed.")


async def test_a_client_that_hangs_up_ends_what_the_task_waits_for() -> None:
    ended = asyncio.Event()

    async def later() -> Response:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return Response(200)

    async with client() as (begins, _, writer, _):
        writer.write(get(b"/1"))
        _, done = await begins.next()
        done(later())
        await asyncio.sleep(0.01)
        writer.transport.abort()
        await asyncio.wait_for(ended.wait(), 5)


async def test_a_drain_waits_for_a_begun_read_and_says_that_it_is_the_last() -> None:
    async with client() as (begins, reader, writer, front):
        writer.write(get(b"/1"))
        _, done = await begins.next()
        draining = asyncio.create_task(front.drain(5))
        await asyncio.sleep(0.1)
        assert not draining.done()
        done(Response(200, body=b"short."))
        assert b"Connection: close" in await reader.read()
        assert await draining
