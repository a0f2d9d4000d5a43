"""What the gateway reads of a client and of a service: HTTP/1.1 byte by byte, headers, keys, forwarded addresses."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from typing import Any, cast

import httptools
from hypothesis import strategies as st

from atrium_common.errors import AtriumError, RequestTimeout
from atrium_common.http.problems import problem_of
from atrium_gateway import admission, fields
from atrium_gateway.answering import refusal
from atrium_gateway.http1.connection import Connection
from atrium_gateway.http1.front import Front
from atrium_gateway.http1.message import ClientGone, Request, Response
from atrium_gateway.http1.pool import PooledTransport
from atrium_gateway.limits.tiers import Limits
from atrium_gateway.peers import Peers
from atrium_gateway.routing import Router
from tests.fuzz.bounded import fuzzed, texts, wires

REQUESTS = (
    b"GET /api/v1/workspaces?page=2 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: x\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.0\r\n\r\n",
    b"BREW /x HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://x/y HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
)
ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
)
NOBODY = {b"host": b"x"}


class _Wire:
    """A client's transport: keeps what was written."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.closed = False

    def get_extra_info(self, _: str) -> object:
        return ("192.0.2.1", 1)

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = write_eof = close

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    resume_reading = pause_reading


async def _answer(request: Request) -> Response:
    try:
        if request.fault is not None:
            raise request.fault
        fields.judge(request)
        return Response(200, [], b"" if request.reads else await request.read())
    except (ClientGone, AtriumError) as error:
        # As the server has it: nobody reads the answer to who has gone in the middle of a body.
        problem = problem_of(RequestTimeout() if isinstance(error, ClientGone) else error)
        assert problem is not None
        return refusal(problem, "req_1")


async def _said(parts: list[bytes]) -> bytes:
    """What a client gets for these bytes, until all of them are understood."""
    wire = _Wire()
    connection = Connection(Front(_answer))
    connection.connection_made(cast("asyncio.Transport", wire))
    for part in parts:
        if not wire.closed:
            connection.data_received(part)
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    connection.connection_lost(None)
    await asyncio.gather(connection._task, return_exceptions=True)
    assert connection._task.cancelled() or connection._task.exception() is None
    return bytes(wire.written)


def _answers(data: bytes) -> list[int]:
    """The statuses of these answers; every byte belongs to one."""
    statuses: list[int] = []

    class Reader:
        def on_message_begin(self) -> None:
            statuses.append(0)

        def on_headers_complete(self) -> None:
            statuses[-1] = parser.get_status_code()

    parser: Any = httptools.HttpResponseParser(Reader())
    parser.feed_data(data)
    return statuses


@fuzzed(st.lists(wires(*REQUESTS), min_size=1, max_size=3), st.integers(1, 60), examples=80)
def test_whatever_a_client_sends_is_answered_in_http_or_waited_for(requests: list[bytes], size: int) -> None:
    data = b"".join(requests)
    parts = [data[at : at + size] for at in range(0, min(len(data), 4000), size)]
    for status in _answers(asyncio.run(_said(parts))):
        assert status in {100, 200, 505} or 400 <= status < 500


@fuzzed(wires(*REQUESTS), st.integers(1, 60))
def test_where_a_request_is_cut_does_not_matter(data: bytes, size: int) -> None:
    data = data[:2000]
    whole = asyncio.run(_said([data]))
    cut = asyncio.run(_said([data[at : at + size] for at in range(0, len(data), size)]))
    # Whoever sends all of it at once need not be told to go on.
    first, other = ([status for status in _answers(said) if status != 100][:1] for said in (whole, cut))
    assert first == other


@fuzzed(wires(*ANSWERS), st.integers(1, 60))
def test_whatever_a_service_answers_is_an_answer_or_a_bad_gateway(data: bytes, size: int) -> None:
    async def ask() -> None:
        transport = PooledTransport({"it": "http://127.0.0.1:1"})
        pool = transport._pools["it"]
        from atrium_gateway.http1.pool import _Connection
        from atrium_gateway.upstream import Forwarded

        connection = _Connection(pool)
        wire = _Wire()
        connection.connection_made(cast("asyncio.Transport", wire))
        asking = asyncio.create_task(connection.ask(Forwarded("GET", "/", b""), 5))
        await asyncio.sleep(0)
        for at in range(0, min(len(data), 4000), size):
            if not wire.closed:
                connection.data_received(data[at : at + size])
        connection.eof_received()
        connection.connection_lost(None)
        try:
            async with asyncio.timeout(2):
                answer = await asking
                await answer.whole()
        except AtriumError as error:
            problem = problem_of(error)
            assert problem is not None
            assert problem.status in {502, 504}

    asyncio.run(ask())


@fuzzed(
    st.dictionaries(
        st.sampled_from(
            [b"host", b"authorization", b"idempotency-key", b"if-match", b"content-encoding", b"x-workspace-id",
             b"x-namespace-id", b"x-request-id", b"traceparent", b"x-forwarded-for", b"x-forwarded-proto",
             b"x-forwarded-host", b"connection", b"accept", b"origin"]
        ),
        wires(b"api.example.com:80", b"Bearer sk_live_x", b"Basic c2tfbGl2ZTo=", b'"3-ab"', b"10.0.0.1, [::1]:80",
              b"https", b"keep-alive, x-y", b"::ffff:10.0.0.1%eth0", b"wks_1", b"fe80::1%0"),
        max_size=5,
    ),
    st.sampled_from(["GET", "POST"]),
    wires(b"/api/v1/workspaces", b"/api/v1/namespaces/%2e%2e", b"/api/v2/x", b"http://x/api/v1/users?page=1#f"),
    examples=80,
)  # fmt: skip
def test_headers_and_paths_are_understood_or_refused(headers: dict[bytes, bytes], method: str, target: bytes) -> None:
    request = Request(method, target.decode("latin-1"), NOBODY | headers, peer="10.0.0.1")
    peers = Peers([ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::/0")])
    with contextlib.suppress(AtriumError):
        fields.judge(request)
        assert b"\n" not in peers.public_base(request)
        key = admission.given_key(request.headers, needed=True)
        assert key is not None
        admission.asked_for(key, request, "ns_1")
        admission.check_form(key)
    with contextlib.suppress(AtriumError):
        Router().find(method, request.path)
    ipaddress.ip_address(peers.address(request))
    assert len(peers.traceparent(request)) == 55
    assert fields.request_id(request.headers) is None or len(str(fields.request_id(request.headers))) <= 128
    assert all(name not in {b"x-principal", b"x-command-id"} for name, _ in fields.forwarded(request.headers))


@fuzzed(wires(b"workspace_id=wks_1&namespace_id=ns_1", b"workspace_id=%00", b"%77orkspace_id=a"))
def test_a_context_in_the_query_is_understood_or_refused(query: bytes) -> None:
    request = Request("GET", f"/x?{query.decode('latin-1')}", dict(NOBODY), peer="10.0.0.1")
    with contextlib.suppress(AtriumError):
        admission.asked_for(b"key", request, None)


@fuzzed(texts("10000/200", "1_000/5", "1/0"))
def test_limits_of_a_tier_are_two_numbers_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        limits = Limits.parse(text)
        assert limits.requests >= 1
        assert limits.burst >= 1
