"""A client that closes its half of the connection is answered; one that has gone is not waited for."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from atrium_gateway.http1.message import ClientGone, Request, Response
from services.gateway.tests.http1.test_connection import listening, status

ASKED = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"


async def closed_after(port: int, sent: bytes) -> bytes:
    """The whole answer to a client that sends this and closes its half, as `nc -N` does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


async def slow(request: Request) -> Response:
    await asyncio.sleep(0.05)
    try:
        return Response(200, [], request.path.encode() + await request.read())
    except ClientGone:
        return Response(408)


@pytest.mark.parametrize(
    "sent",
    [
        ASKED,
        b"GET /a HTTP/1.0\r\n\r\n",
        b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nb",
    ],
)
async def test_who_closes_its_half_after_a_request_is_answered_and_then_left(sent: bytes) -> None:
    async with listening(slow) as (front, port):
        raw = await closed_after(port, sent)
        assert raw.startswith(b"HTTP/1.1 200 OK\r\nDate: ")
        assert raw.count(b"HTTP/1.1") == 1
        assert b"Connection: close\r\n" in raw
        assert b"\r\n\r\n/a" in raw
        while front.connections:
            await asyncio.sleep(0.01)


async def test_every_whole_request_before_the_close_is_answered_and_what_is_not_whole_is_none() -> None:
    async with listening(slow) as (_, port):
        raw = await closed_after(port, ASKED * 3 + b"GET /half HT")
        assert raw.count(b"HTTP/1.1 200 OK\r\n") == raw.count(b"/a") == 3
        assert raw.count(b"HTTP/1.1") == 3
        assert await closed_after(port, b"GET /half HT") == b""
        assert status(await closed_after(port, b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nb")) == 408


async def test_a_streamed_answer_reaches_its_end_though_the_client_closed_its_half() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(5):
            await asyncio.sleep(0.01)
            yield b"part"

    async def handle(_: Request) -> Response:
        return Response(200, [], b"first", rest=parts())

    async with listening(handle) as (_, port):
        raw = await closed_after(port, ASKED)
        assert raw.count(b"part") == 5
        assert raw.endswith(b"0\r\n\r\n")
        assert raw.count(b"HTTP/1.1") == 1


async def test_a_read_of_a_client_that_has_gone_is_given_up_also_where_it_went_in_silence() -> None:
    given_up = asyncio.Event()
    begun = asyncio.Event()

    async def for_ever(_: Request) -> Response:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            given_up.set()
        return Response(200)

    async with listening(for_ever) as (front, port):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(ASKED)
        await begun.wait()
        # A plain close looks like a half-closed connection until something is sent.
        client.close()
        await asyncio.wait_for(given_up.wait(), 5)
        while front.connections:
            await asyncio.sleep(0.01)
