"""The pooled transport does what the reference does: one suite for both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from atrium_common.errors import BadGateway, GatewayTimeout, Unavailable
from atrium_gateway.http1.front import Front
from atrium_gateway.http1.message import Request, Response
from atrium_gateway.http1.pool import PooledTransport
from atrium_gateway.upstream import Forwarded, SessionTransport, Transport

BIG = 3_000_000


class Service:
    """Answers each request with what the test says, byte for byte."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.closed = asyncio.Event()
        self.hold = asyncio.Event()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                length = next(
                    (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
                )
                self.bodies.append(await reader.readexactly(length))
                answer = self.answers.pop(0)
                if answer == b"hold":
                    await self.hold.wait()
                    continue
                writer.write(answer)
                await writer.drain()
                if b"close" in answer.lower().partition(b"\r\n\r\n")[0] or not answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.closed.set()


@asynccontextmanager
async def serving() -> AsyncIterator[Service]:
    service = Service()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    yield service
    service.hold.set()
    server.close()


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with serving() as running:
        yield running


@pytest.fixture(params=[SessionTransport, PooledTransport])
async def transport(request: pytest.FixtureRequest, service: Service) -> AsyncIterator[Transport]:
    made: Callable[[dict[str, str]], Transport] = request.param
    opened = made({"it": f"http://127.0.0.1:{service.port}/base", "nobody": "http://127.0.0.1:1"})
    yield opened
    await opened.close()


def answer(body: bytes, *, status: str = "200 OK", more: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status.encode(), more, len(body), body)


GET = Forwarded("GET", "/x?a=%20b&c", b"accept: application/json\r\nx-one: 1\r\n")


async def test_a_request_arrives_as_it_was_given_and_its_answer_comes_back(
    transport: Transport, service: Service
) -> None:
    service.answers = [answer(b'{"a": 1}', status="201 Created", more=b'ETag: "1-a"\r\nX-Two: 2\r\n')]
    got = await transport.send("it", Forwarded("POST", "/y", GET.lines, b"body"), seconds=5)
    assert (got.status, got.body) == (201, b'{"a": 1}')
    assert (b"etag", b'"1-a"') in got.fields
    assert (b"x-two", b"2") in got.fields
    head = service.heads[0]
    assert head.startswith(b"POST /base/y HTTP/1.1\r\n")
    lines = {line.lower() for line in head.strip().split(b"\r\n")[1:]}
    expected = {b"accept: application/json", b"x-one: 1", b"content-length: 4", b"host: 127.0.0.1:%d" % service.port}
    assert lines == expected
    assert service.bodies == [b"body"]


async def test_the_target_is_not_touched(transport: Transport, service: Service) -> None:
    service.answers = [answer(b"")]
    await transport.send("it", Forwarded("GET", "/a%2Fb/../c?q=%C3%A9&x=a+b", b""), seconds=5)
    assert service.heads[0].startswith(b"GET /base/a%2Fb/../c?q=%C3%A9&x=a+b HTTP/1.1\r\n")


async def test_connections_are_used_again(transport: Transport, service: Service) -> None:
    service.answers = [answer(b"1"), answer(b"2"), answer(b"3")]
    assert [(await transport.send("it", GET, seconds=5)).body for _ in range(3)] == [b"1", b"2", b"3"]
    assert service.connections == 1


async def test_a_connection_that_the_service_closes_is_not_used_again(transport: Transport, service: Service) -> None:
    service.answers = [answer(b"1", more=b"Connection: close\r\n"), answer(b"2")]
    assert [(await transport.send("it", GET, seconds=5)).body for _ in range(2)] == [b"1", b"2"]
    assert service.connections == 2


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_an_answer_without_body_is_whole_at_once(transport: Transport, service: Service, status: str) -> None:
    service.answers = [f"HTTP/1.1 {status}\r\nETag: x\r\n\r\n".encode(), answer(b"2")]
    assert (await transport.send("it", GET, seconds=5)).body == b""
    assert (await transport.send("it", GET, seconds=5)).body == b"2"


async def test_a_chunked_answer_is_read_to_its_end(transport: Transport, service: Service) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n"
    service.answers = [chunked, answer(b"2")]
    got = await transport.send("it", GET, seconds=5)
    assert got.body == b"abcde"
    assert not [name for name, _ in got.fields if name == b"x-trailer"]
    assert (await transport.send("it", GET, seconds=5)).body == b"2"


async def test_a_large_answer_is_streamed_whole(transport: Transport, service: Service) -> None:
    body = bytes(range(256)) * (BIG // 256)
    service.answers = [answer(body), answer(b"2")]
    got = await transport.send("it", GET, seconds=10)
    assert got.rest is not None
    assert got.length == len(body)
    assert await got.whole() == body
    assert (await transport.send("it", GET, seconds=5)).body == b"2"


async def test_a_connection_whose_big_answer_was_read_late_answers_the_next_request(
    transport: Transport, service: Service
) -> None:
    size = 400_000  # its last bytes come when there is no room for more
    service.answers = [answer(b"x" * size), answer(b"2")]
    got = await transport.send("it", GET, seconds=10)
    await asyncio.sleep(0.1)  # all that there is room for has come
    assert len(await got.whole()) == size
    assert (await transport.send("it", GET, seconds=2)).body == b"2"


async def test_a_stream_that_breaks_off_says_so(transport: Transport, service: Service) -> None:
    service.answers = [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n" + b"x" * 200_000]
    got = await transport.send("it", GET, seconds=10)
    with pytest.raises(BadGateway):
        await got.whole()


async def test_nobody_listening_is_told_apart_from_a_broken_answer(transport: Transport, service: Service) -> None:
    with pytest.raises(Unavailable):
        await transport.send("nobody", GET, seconds=5)
    service.answers = [b""]
    with pytest.raises(BadGateway):
        await transport.send("it", GET, seconds=5)
    service.answers = [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhalf"]
    with pytest.raises(BadGateway):
        await transport.send("it", GET, seconds=5)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"this is no HTTP and closes\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_what_is_no_http_is_a_broken_answer(transport: Transport, service: Service, nonsense: bytes) -> None:
    service.answers = [nonsense]
    with pytest.raises(BadGateway):
        await (await transport.send("it", GET, seconds=5)).whole()


async def test_an_answer_that_does_not_come_in_time_is_given_up(transport: Transport, service: Service) -> None:
    service.answers = [b"hold"]
    with pytest.raises(GatewayTimeout):
        await transport.send("it", GET, seconds=0.2)


async def test_whoever_gives_up_frees_the_service_too(transport: Transport, service: Service) -> None:
    service.answers = [b"hold"]
    asking = asyncio.create_task(transport.send("it", GET, seconds=10))
    while not service.heads:
        await asyncio.sleep(0.005)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    service.hold.set()
    await asyncio.wait_for(service.closed.wait(), 5)


async def test_answers_never_reach_another_request(transport: Transport, service: Service) -> None:
    service.answers = [answer(b"%d" % number) for number in range(200)]
    got = await asyncio.gather(*(transport.send("it", GET, seconds=10) for _ in range(200)))
    assert len({each.body for each in got}) == 200


async def test_head_of_a_big_answer_holds_no_connection_to_the_service(service: Service) -> None:
    service.answers = [answer(b"x" * 3_000_000)]
    transport = PooledTransport({"it": f"http://127.0.0.1:{service.port}"})

    async def handle(_: Request) -> Response:
        got = await transport.send("it", GET, seconds=30)
        return Response(200, [], got.body, got.rest, got.length)

    front = Front(handle)
    port = await front.open("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        await asyncio.wait_for(service.closed.wait(), 10)
    finally:
        writer.close()
        await front.drain(1)
        await transport.close()
