"""TLS at the public port and behind it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from atrium_common.errors import Unavailable
from atrium_common.tls import Pair, ServedCertificate, trusting
from atrium_gateway.http1.front import Front
from atrium_gateway.http1.message import Request, Response
from atrium_gateway.http1.pool import PooledTransport
from atrium_gateway.peers import Peers
from atrium_gateway.upstream import Forwarded, SessionTransport, Transport
from tests.infra.certificates import Authority


async def echo(request: Request) -> Response:
    return Response(200, [], f"{request.method} {request.path} ".encode() + await request.read())


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def served(authority: Authority) -> ServedCertificate:
    signed = authority.sign("server")
    return ServedCertificate(Pair(signed.certificate, signed.key, "X"))


async def test_clients_are_answered_over_tls_and_drained(authority: Authority, served: ServedCertificate) -> None:
    front = Front(echo)
    port = await front.open("127.0.0.1", 0, tls=served.context)
    trusted = trusting(authority.ca, setting="X")
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusted, server_hostname="localhost")
    body = b"x" * 300_000
    writer.write(b"POST /here HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert await reader.readexactly(len(b"POST /here ") + len(body)) == b"POST /here " + body
    writer.write(b"GET /half HTTP/1.1\r\nHo")
    await asyncio.sleep(0.05)
    draining = asyncio.create_task(front.drain(10))
    await asyncio.sleep(0.1)
    writer.write(b"st: x\r\n\r\n")
    assert b"Connection: close" in await reader.readuntil(b"\r\n\r\n")
    assert await reader.read() == b"GET /half "
    assert await draining
    writer.close()


async def test_who_speaks_no_tls_is_let_go(served: ServedCertificate) -> None:
    front = Front(echo)
    port = await front.open("127.0.0.1", 0, tls=served.context)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(5):
        assert not (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()
    assert await front.drain(5)


async def test_who_agrees_on_tls_only_while_the_front_drains_keeps_it_no_longer_than_a_moment(
    authority: Authority, served: ServedCertificate
) -> None:
    front = Front(echo)
    port = await front.open("127.0.0.1", 0, tls=served.context)
    knocking = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(0.05)
    draining = asyncio.create_task(front.drain(20))
    await asyncio.sleep(0.02)
    trusted = trusting(authority.ca, setting="X")
    await knocking[1].start_tls(trusted, server_hostname="localhost")
    async with asyncio.timeout(10):
        await draining
    knocking[1].close()


@pytest.mark.parametrize("kind", [SessionTransport, PooledTransport])
async def test_services_at_https_urls_are_reached_under_a_ca_of_ones_own_and_no_other(
    kind: Callable[..., Transport], authority: Authority, served: ServedCertificate, tmp_path: Path
) -> None:
    front = Front(echo)
    port = await front.open("127.0.0.1", 0, tls=served.context)
    other = Authority(tmp_path, "other")
    contexts: list[tuple[ssl.SSLContext, bool]] = [
        (trusting(authority.ca, setting="X"), True),
        (trusting(other.ca, setting="X"), False),
    ]
    for context, trusted in contexts:
        transport = kind({"it": f"https://localhost:{port}"}, tls=context)
        if trusted:
            answer = await transport.send("it", Forwarded("GET", "/x", b""), seconds=5)
            assert (answer.status, answer.body) == (200, b"GET /x ")
        else:
            with pytest.raises(Unavailable):
                await transport.send("it", Forwarded("GET", "/x", b""), seconds=5)
        await transport.close()
    assert await front.drain(5)


def test_links_of_a_gateway_that_speaks_tls_itself_say_https() -> None:
    request = Request("GET", "/", {b"host": b"api.example.com"}, peer="127.0.0.1")
    assert Peers((), scheme=b"https").public_base(request) == b"https://api.example.com"
