from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from atrium_common.clock import SystemClock
from atrium_common.errors import (
    BadGateway,
    Duplicate,
    GatewayTimeout,
    NotFound,
    Refused,
    Unavailable,
)
from atrium_common.http.client import ServiceClient
from atrium_common.http.reply import Reply
from atrium_common.http.route import Call, Route
from atrium_common.testing.http import ServiceUnderTest


@asynccontextmanager
async def asking(handler: Any, *, seconds: float = 5.0) -> AsyncIterator[ServiceClient]:
    routes = [Route(method, "/internal/x", handler, "x", internal=True) for method in ("GET", "POST")]
    async with ServiceUnderTest(routes) as api:
        # The test's signer holds a user's key; it may sign services' principals too.
        client = ServiceClient(api.base, service="webhooks", signer=api.signer, clock=SystemClock(), seconds=seconds)
        try:
            yield client
        finally:
            await client.close()


@asynccontextmanager
async def wire(*answers: bytes | None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that gives each connection the next answer, or hangs up on it; and what each of them asked."""
    left, asked = list(answers), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        answer = left.pop(0)
        if answer is not None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(answer) + answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


def client_of(api_base: str) -> ServiceClient:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from atrium_common.principal import PrincipalSigner

    signer = PrincipalSigner("service1", Ed25519PrivateKey.generate())
    return ServiceClient(api_base, service="webhooks", signer=signer, clock=SystemClock())


async def test_a_call_comes_as_the_service_with_request_command_and_deadline() -> None:
    seen: list[Call] = []

    async def look(call: Call) -> Reply:
        seen.append(call)
        return Reply.bare({"ok": True})

    async with asking(look) as client:
        end = SystemClock().monotonic() + 2.0
        body = {"a": 1}
        answer = await client.call("POST", "/internal/x", body, request_id="req_1", command_id="cmd_1", deadline=end)
    (call,) = seen
    assert answer == {"ok": True}
    assert (call.principal.kind, call.principal.service) == ("service", "webhooks")
    assert (call.request_id, call.command_id, call.content) == ("req_1", "cmd_1", {"a": 1})
    assert call.deadline == pytest.approx(end, abs=0.2)


async def test_an_answer_without_body_is_empty() -> None:
    async def done(_: Call) -> Reply:
        return Reply.empty()

    async with asking(done) as client:
        assert await client.call("POST", "/internal/x") == {}


@pytest.mark.parametrize(
    ("raised", "heard"),
    [
        (NotFound("api_key", "key_1"), NotFound),
        (Duplicate("slug"), Refused),
        (Unavailable("x"), Unavailable),
        (RuntimeError("x"), BadGateway),
        (GatewayTimeout(), GatewayTimeout),
    ],
)
async def test_what_the_service_says_arrives_as_an_error_of_ours(raised: Exception, heard: type[Exception]) -> None:
    async def fail(_: Call) -> Reply:
        raise raised

    async with asking(fail) as client:
        with pytest.raises(heard) as caught:
            await client.call("POST", "/internal/x")
    if isinstance(caught.value, NotFound):
        assert (caught.value.resource_type, caught.value.resource_id) == ("api_key", "key_1")
    if isinstance(caught.value, Refused):
        assert (caught.value.status, caught.value.code) == (409, "DUPLICATE_RESOURCE")
        assert caught.value.members["conflicting_field"] == "slug"


async def test_a_wrong_path_is_never_taken_for_a_missing_resource() -> None:
    async def done(_: Call) -> Reply:
        return Reply.empty()

    async with asking(done) as client:
        with pytest.raises(Refused) as caught:
            await client.call("GET", "/internal/nowhere")
    assert caught.value.code == "ENDPOINT_NOT_FOUND"


async def test_a_call_ends_with_its_time() -> None:
    async def wait(_: Call) -> Reply:
        await asyncio.Event().wait()
        return Reply.empty()

    async with asking(wait, seconds=0.1) as client:
        with pytest.raises(GatewayTimeout):
            await client.call("GET", "/internal/x")


async def test_a_call_whose_deadline_is_past_is_not_made() -> None:
    async with wire() as (base, asked):
        client = client_of(base)
        with pytest.raises(GatewayTimeout):
            await client.call("GET", "/internal/x", deadline=SystemClock().monotonic() - 1)
        await client.close()
        assert asked == []


async def test_a_service_that_is_away_is_told_as_unavailable() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    client = client_of(f"http://127.0.0.1:{port}")
    with pytest.raises(Unavailable):
        await client.call("POST", "/internal/x")
    await client.close()


@pytest.mark.parametrize(
    ("method", "more"), [("GET", {}), ("POST", {"command_id": "cmd_1"}), ("POST", {"reads": True})]
)
async def test_what_may_arrive_twice_is_sent_again_when_the_connection_breaks(method: str, more: Any) -> None:
    async with wire(None, None, b'{"ok": true}') as (base, asked):
        client = client_of(base)
        assert await client.call(method, "/internal/x", **more) == {"ok": True}
        await client.close()
        assert len(asked) == 3


async def test_what_may_not_arrive_twice_is_sent_once() -> None:
    async with wire(None, b"{}") as (base, asked):
        client = client_of(base)
        with pytest.raises(BadGateway):
            await client.call("POST", "/internal/x")
        await client.close()
        assert len(asked) == 1


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"5"])
async def test_an_answer_that_is_no_object_is_a_bad_gateway(answer: bytes) -> None:
    async with wire(answer) as (base, _):
        client = client_of(base)
        with pytest.raises(BadGateway):
            await client.call("POST", "/internal/x")
        await client.close()


async def test_one_signature_serves_many_calls() -> None:
    tokens: set[str] = set()

    async def look(request: web.BaseRequest) -> web.Response:
        tokens.add(request.headers["X-Principal"])
        return web.json_response({})

    runner = web.ServerRunner(web.Server(look))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    client = client_of(f"http://127.0.0.1:{runner.addresses[0][1]}")
    for _ in range(5):
        await client.call("GET", "/x")
    await client.close()
    await runner.cleanup()
    assert len(tokens) == 1
