"""What clients meet at the public port, byte by byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from atrium_common.errors import AtriumError
from atrium_common.http.problems import problem_of
from atrium_gateway.answering import refusal
from atrium_gateway.http1.front import Front
from atrium_gateway.http1.message import ClientGone, Request, Response
from atrium_gateway.http1.reading import Limits

QUICK = Limits(
    header_seconds=0.5, body_grace=0.3, body_rate=1000, idle_seconds=1.0, stalled_seconds=1.0, linger_seconds=2.0
)
Handle = Callable[[Request], Awaitable[Response]]


async def echo(request: Request) -> Response:
    return Response(200, [], f"{request.method} {request.path} ".encode() + await request.read())


def guarded(handle: Handle) -> Handle:
    """The handler, with refusals as the gateway answers them."""

    async def answer(request: Request) -> Response:
        try:
            if request.fault is not None:
                raise request.fault
            return await handle(request)
        except (AtriumError, ClientGone) as error:
            problem = problem_of(error)
            assert problem is not None
            return refusal(problem, "req_1")

    return answer


@asynccontextmanager
async def listening(handle: Handle = echo, limits: Limits = QUICK) -> AsyncIterator[tuple[Front, int]]:
    front = Front(guarded(handle), limits=limits)
    port = await front.open("127.0.0.1", 0)
    yield front, port
    await front.drain(0.1)


async def said(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Everything that the server answers to these bytes until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    reading = asyncio.create_task(reader.read())
    try:
        for part in parts:
            if reading.done():
                break
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        return await asyncio.wait_for(reading, 10)
    finally:
        writer.close()


def status(raw: bytes) -> int:
    return int(raw.split(b" ", 2)[1])


def code(raw: bytes) -> str:
    return str(json.loads(raw.partition(b"\r\n\r\n")[2])["error"]["code"])


CLOSE = b"Host: a\r\nConnection: close\r\n"


async def test_requests_on_one_connection_are_answered_in_their_order() -> None:
    async with listening() as (_, port):
        raw = await said(port, b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" * 30 + b"GET /2 HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert raw.count(b"GET /1 ") == 30
        assert raw.endswith(b"GET /2 ")
        assert raw.count(b"Connection: close") == 1


async def test_a_body_comes_whole_however_it_is_cut() -> None:
    async with listening() as (_, port):
        chunked = b"POST / HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        plain = b"POST / HTTP/1.1\r\n" + CLOSE + b"Content-Length: 5\r\n\r\nabcde"
        for sent in (chunked, plain):
            for cut in range(1, len(sent)):
                raw = await said(port, sent[:cut], sent[cut:])
                assert raw.endswith(b"POST / abcde"), cut


@pytest.mark.parametrize(
    "smuggled",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: , chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /% HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: b\x00c\r\n\r\n",
        b"this is no HTTP\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
async def test_what_two_servers_could_read_differently_is_refused(smuggled: bytes) -> None:
    async with listening() as (_, port):
        raw = await said(port, smuggled + b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (status(raw), code(raw)) == (400, "INVALID_HEADER")
        assert b"hidden" not in raw
        assert raw.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", (501, "NOT_IMPLEMENTED")),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            (501, "NOT_IMPLEMENTED"),
        ),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", (505, "HTTP_VERSION_NOT_SUPPORTED")),
        (b"GET /\r\n\r\n", (505, "HTTP_VERSION_NOT_SUPPORTED")),
    ],
)
async def test_what_is_well_formed_but_not_spoken_here_is_refused_as_such(
    sent: bytes, expected: tuple[int, str]
) -> None:
    async with listening() as (_, port):
        raw = await said(port, sent + b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (status(raw), code(raw)) == expected
        assert b"Connection: close" in raw
        assert raw.count(b"HTTP/1.1 ") == 1


async def test_the_framing_of_a_body_is_bounded_too() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with listening() as (_, port):
        for endless in (b"1;" + b"x" * 40_000, b"0\r\nX: " + b"y" * 40_000, b"0\r\n" + b"X: y\r\n" * 9000):
            raw = await said(port, head, endless, endless)
            assert (status(raw), code(raw)) == (400, "INVALID_HEADER"), endless[:9]
        tiny = b"1;n=v\r\nx\r\n" * 1000
        raw = await said(port, head + tiny, tiny, b"0\r\nDigest: z\r\n\r\nGET /2 HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert raw.count(b"HTTP/1.1 200") == 2
        assert b"x" * 2000 in raw


@pytest.mark.parametrize(
    "body", [b"Content-Length: 2\r\n\r\nab", b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"]
)
async def test_an_offer_to_switch_protocols_is_passed_over(body: bytes) -> None:
    offer = b"Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"
    sent = b"POST /1 HTTP/1.1\r\n" + offer + body + b"GET /2 HTTP/1.1\r\n" + offer + b"\r\n"
    sent += b"GET /3 HTTP/1.1\r\n" + CLOSE + b"\r\n"
    async with listening() as (_, port):
        for cut in range(1, len(sent), 3):
            raw = await said(port, sent[:cut], sent[cut:])
            assert [line for line in (b"POST /1 ab", b"GET /2 ", b"GET /3 ") if line in raw] == [
                b"POST /1 ab", b"GET /2 ", b"GET /3 ",
            ], cut  # fmt: skip


async def test_a_tunnel_is_not_opened() -> None:
    async with listening() as (_, port):
        raw = await said(port, b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n")
        assert raw.count(b"HTTP/1.1 ") == 1
        assert b"Connection: close" in raw


async def test_an_old_client_is_not_told_to_continue() -> None:
    async with listening() as (_, port):
        head = b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        raw = await said(port, head, b"ok", pause=0.05)
        assert raw.startswith(b"HTTP/1.1 200")


async def test_one_path_has_one_spelling() -> None:
    async with listening() as (_, port):
        for spelt, meant in [
            (b"/%61%2D%7e", b"/a-~"), (b"/a%2fb", b"/a%2fb"), (b"/%2e%2E/b", b"/../b"), (b"/a?b=%61", b"/a"),
        ]:  # fmt: skip
            raw = await said(port, b"GET " + spelt + b" HTTP/1.1\r\n" + CLOSE + b"\r\n")
            assert raw.endswith(b"GET " + meant + b" "), spelt


async def test_what_is_too_large_is_refused_as_such() -> None:
    async with listening() as (_, port):
        for sent, expected in [
            (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n" + CLOSE + b"\r\n", (414, "URI_TOO_LONG")),
            (b"GET /" + b"x" * 40_000, (414, "URI_TOO_LONG")),
            (b"GET / HTTP/1.1\r\n" + CLOSE + b"X: " + b"x" * 17_000 + b"\r\n\r\n", (431, "HEADERS_TOO_LARGE")),
            (b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000, (431, "HEADERS_TOO_LARGE")),
            (b"GET / HTTP/1.1\r\n" + CLOSE + b"X: y\r\n" * 101 + b"\r\n", (431, "HEADERS_TOO_LARGE")),
            (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", (413, "PAYLOAD_TOO_LARGE")),
            (
                b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 17,
                (413, "PAYLOAD_TOO_LARGE"),
            ),
        ]:
            raw = await said(port, sent)
            assert (status(raw), code(raw)) == expected, sent[:30]


async def test_a_large_head_within_the_limits_is_taken_however_it_is_cut() -> None:
    head = b"GET /x HTTP/1.1\r\n" + CLOSE + b"".join(b"X-%d: %b\r\n" % (n, b"y" * 150) for n in range(90)) + b"\r\n"
    async with listening() as (_, port):
        pieces = [head[at : at + 700] for at in range(0, len(head), 700)]
        assert status(await said(port, *pieces, pause=0.001)) == 200


async def test_slow_senders_are_cut_off() -> None:
    async with listening() as (_, port):
        raw = await said(port, b"GET / HTTP/1.1\r\n", *[b"X: y\r\n"] * 20, pause=0.1)
        assert (status(raw), code(raw)) == (408, "REQUEST_TIMEOUT")
        dripped = [b"x"] * 40
        raw = await said(port, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n", *dripped, pause=0.05)
        assert (status(raw), code(raw)) == (408, "REQUEST_TIMEOUT")
        assert await said(port) == b""


async def test_a_client_that_does_not_read_its_answer_is_cut_off() -> None:
    async def large(_: Request) -> Response:
        return Response(200, [], b"x" * 30_000_000)

    async with listening(large) as (front, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(10):
            while not front.connections:
                await asyncio.sleep(0.01)
            while front.connections:
                await asyncio.sleep(0.05)
        writer.close()


async def test_a_client_that_waits_to_be_told_to_continue_is_told() -> None:
    async with listening() as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\n" + CLOSE + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ok")
        assert (await reader.read()).endswith(b"POST / ok")
        writer.close()


async def test_a_refused_body_is_not_asked_for_and_its_bytes_are_no_request() -> None:
    async def refuse(_: Request) -> Response:
        return Response(403)

    async with listening(refuse) as (_, port):
        raw = await said(port, b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        assert status(raw) == 403
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n"
        body = b"GET /hidden HTTP/1.1\r\n\r\n......"
        raw = await said(port, head, body + b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert raw.count(b"HTTP/1.1 403") == 2


async def test_old_clients_and_head_are_answered() -> None:
    async with listening() as (_, port):
        raw = await said(port, b"GET / HTTP/1.0\r\n\r\n")
        assert b"Connection: close" in raw
        raw = await said(
            port, b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", b"GET /2 HTTP/1.0\r\n\r\n", pause=0.1
        )
        assert raw.count(b"HTTP/1.1 200") == 2
        raw = await said(port, b"HEAD / HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert raw.endswith(b"\r\n\r\n")
        assert b"Content-Length: 7" in raw


async def test_an_unknown_method_and_an_absolute_target_are_understood() -> None:
    async with listening() as (_, port):
        assert (await said(port, b"FOO /x HTTP/1.1\r\nHost: a\r\n\r\n")).endswith(b"FOO /x ")
        absolute = b"GET http://somewhere:80/x?y HTTP/1.1\r\n" + CLOSE + b"\r\n"
        assert (await said(port, absolute)).endswith(b"GET /x ")
    request = Request("GET", "HTTP://somewhere:80?y", {b"host": b"elsewhere"}, peer="")
    assert (request.path, request.query, request.headers) == ("/", "y", {b"host": b"somewhere:80"})
    async with listening() as (_, port):
        assert status(await said(port, b"foo bar\r\n\r\n")) == 400


async def test_a_streamed_answer_is_sent_as_it_comes() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"%d" % number * 5

    async def streamed(request: Request) -> Response:
        return Response(200, [], b"begun", parts(), 20 if request.path == "/known" else None)

    async with listening(streamed) as (_, port):
        raw = await said(port, b"GET /known HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert raw.endswith(b"\r\n\r\nbegun000001111122222")
        assert b"Content-Length: 20" in raw
        raw = await said(port, b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert raw.endswith(b"\r\n\r\n5\r\nbegun\r\n5\r\n00000\r\n5\r\n11111\r\n5\r\n22222\r\n0\r\n\r\n")
        raw = await said(port, b"GET / HTTP/1.0\r\n\r\n")
        assert raw.endswith(b"\r\n\r\nbegun000001111122222")


@pytest.mark.parametrize(("method", "finished"), [("GET", False), ("POST", True)])
async def test_a_client_that_hangs_up_ends_a_read_but_no_write(method: str, finished: bool) -> None:
    begun, go, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
    done = False

    async def work(_: Request) -> Response:
        nonlocal done
        begun.set()
        try:
            await go.wait()
            done = True
        finally:
            ended.set()
        return Response(200)

    async with listening(work) as (_, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{method} / HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        await begun.wait()
        writer.close()
        if finished:
            await asyncio.sleep(0.1)
            go.set()
        await asyncio.wait_for(ended.wait(), 5)
        assert done is finished


async def test_a_drain_finishes_what_is_being_received_and_answered() -> None:
    go = asyncio.Event()

    async def work(request: Request) -> Response:
        await go.wait()
        return await echo(request)

    async with listening(work) as (front, port):
        _, silent = await asyncio.open_connection("127.0.0.1", port)
        answered_reader, answered = await asyncio.open_connection("127.0.0.1", port)
        answered.write(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
        half_reader, half = await asyncio.open_connection("127.0.0.1", port)
        half.write(b"POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 600\r\n\r\n" + b"x" * 300)
        while len(front.connections) < 3:
            await asyncio.sleep(0.01)
        draining = asyncio.create_task(front.drain(5))
        await asyncio.sleep(0.1)
        go.set()
        half.write(b"y" * 300)
        for reader, last in ((answered_reader, b"GET /1 "), (half_reader, b"y")):
            raw = await reader.read()
            assert b"Connection: close" in raw
            assert raw.endswith(last)
        assert await draining
        with pytest.raises(OSError, match="onnect"):
            await asyncio.open_connection("127.0.0.1", port)
        for writer in (silent, answered, half):
            writer.close()
