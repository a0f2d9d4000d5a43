"""Commands that call the gateway: what they say where it refuses them, or can't be asked."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from typer.testing import CliRunner

from atrium_common.settings import Settings
from atrium_local.command import app
from atrium_local.commands.admin.keys import revoked
from atrium_local.demo import Demo, DemoFailed
from atrium_local.gateway_client import GatewayClient
from atrium_local.options import Failed
from tests.infra.certificates import Authority

RUN = CliRunner()
NO_LOOPBACK = {"url": ["Must be an https URL: the name does not resolve to where http may go."]}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATRIUM_API_KEY", "sk_live_operator")
    monkeypatch.delenv("ATRIUM_WEBHOOK_SECRET", raising=False)


@asynccontextmanager
async def gateway(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """A gateway that answers everything so; its URL."""
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", answer)
    async with TestServer(application) as server:
        yield str(server.make_url("/"))


def refused(status: int, code: str, message: str, details: object = None) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message, "details": details}}, status=status)


async def demo_fails(url: str) -> str:
    with pytest.raises(DemoFailed) as failed:
        await Demo(url.rstrip("/"), "sk_live_operator", lambda _, __: None).run()
    return str(failed.value)


async def test_a_demo_whose_receiver_no_delivery_may_reach_names_the_setting() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/webhooks"):
            return refused(422, "VALIDATION_ERROR", "The request is invalid.", NO_LOOPBACK)
        made = {"id": "wks_1", "slug": "demo", "key": "sk_live_tenant", "prefix": "sk_live_", "last4": "abcd"}
        return web.json_response({"data": made}, status=201)

    async with gateway(answer) as url:
        said = await demo_fails(url)
    assert "POST webhooks: 422 VALIDATION_ERROR: The request is invalid.; url: Must be an https URL" in said
    assert "ATRIUM_WEBHOOKS_ALLOWED_NETWORKS=127.0.0.0/8,::1/128" in said
    assert "{" not in said


async def test_a_demo_whose_key_is_refused_says_which_one_it_wants() -> None:
    async def answer(_: web.Request) -> web.Response:
        return refused(401, "INVALID_API_KEY", "The API key is invalid.")

    async with gateway(answer) as url:
        said = await demo_fails(url)
    assert "401 INVALID_API_KEY: The API key is invalid." in said
    assert "ATRIUM_API_KEY" in said
    assert "{" not in said


async def test_a_certificate_that_is_not_trusted_is_told_with_what_names_its_ca(tmp_path: Path) -> None:
    signed = Authority(tmp_path).sign("public")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed.certificate, signed.key)
    server = TestServer(web.Application(), scheme="https")
    await server.start_server(ssl=context)
    try:
        url = f"https://localhost:{server.port}"
        with pytest.raises(Failed, match=r"SSL_CERT_FILE=ca\.pem"):
            await GatewayClient(Settings(), url).call("POST", "api-keys", {})
        assert "SSL_CERT_FILE=ca.pem" in await demo_fails(url)
    finally:
        await server.close()


async def test_a_key_that_is_not_found_may_be_in_another_workspace() -> None:
    async def answer(_: web.Request) -> web.Response:
        return refused(404, "RESOURCE_NOT_FOUND", "There is no such API key.")

    async with gateway(answer) as url:
        client = GatewayClient(Settings(), url)
        with pytest.raises(Failed, match=r"no such API key.*--workspace wks_"):
            await revoked(client, "key_1", workspace=None)
        with pytest.raises(Failed, match=r"no such API key\.$"):
            await revoked(client, "key_1", workspace="wks_1")


@pytest.mark.parametrize("command", [["demo"], ["admin", "keys", "revoke", "key_1"]])
def test_a_url_that_is_none_is_wrong_usage(command: list[str]) -> None:
    done = RUN.invoke(app, [*command, "--url", "nonsense"])
    assert done.exit_code == 2
    assert "http://" in done.stderr


@pytest.mark.parametrize("secret", ["nope", "whsec_short"])
def test_a_secret_that_no_endpoint_has_is_wrong_usage_of_listen(secret: str) -> None:
    done = RUN.invoke(app, ["listen", "--port", "0", "--secret", secret])
    assert done.exit_code == 2
    assert "whsec_" in done.stderr
    assert json.dumps(secret) not in done.stderr
