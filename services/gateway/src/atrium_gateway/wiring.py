"""How the gateway is put together."""

from __future__ import annotations

from typing import cast

from aiohttp import web

from atrium_common.jsontypes import JSONObject
from atrium_common.operated import Operated
from atrium_common.settings import Settings
from atrium_common.store.documents import Collection
from atrium_common.wiring import Parts, Service
from atrium_gateway.keys import Asked, KeyCache
from atrium_gateway.routing import Router
from atrium_gateway.server import Gateway
from atrium_gateway.settings import GatewaySettings
from atrium_gateway.upstream import SessionTransport

NAME = "gateway"
COLLECTIONS: tuple[Collection, ...] = ()
OPERATED = Operated(NAME, COLLECTIONS)


class MissingPrincipalKey(ValueError):
    """ATRIUM_PRINCIPAL_KEYS holds no private key for users' principals."""


async def build(parts: Parts) -> Service:
    """The gateway over these parts.

    Raises:
        MissingPrincipalKey: it could vouch for nobody.
    """
    settings = cast("GatewaySettings", parts.settings)
    signer = parts.keys.signer("gateway")
    if signer is None:
        raise MissingPrincipalKey("set ATRIUM_PRINCIPAL_KEYS to gateway…!:base64-seed,service…!:base64-seed")
    urls = {
        "tenancy": settings.tenancy_url,
        "entitlements": settings.entitlements_url,
        "webhooks": settings.webhooks_url,
    }
    clients = {name: parts.client(url) for name, url in urls.items()}
    transport = SessionTransport(urls)

    async def resolve(asked: Asked) -> JSONObject:
        body: JSONObject = {
            "digest": asked.digest,
            "workspace_id": asked.workspace_id,
            "namespace_id": asked.namespace_id,
        }
        return await clients["tenancy"].call("POST", "/internal/keys/resolve", body, reads=True)

    keys = KeyCache(resolve, clock=parts.clock)
    gateway = Gateway(
        settings=settings,
        table=Router(),
        keys=keys,
        signer=signer,
        transport=transport,
        clients=clients,
        clock=parts.clock,
        ids=parts.ids,
    )
    server = web.Server(gateway.handle)
    return Service(
        NAME,
        server,
        jobs={"keys": lambda: keys.follow(parts.bus)},
        closers=[transport.close, *(client.close for client in clients.values())],
    )


def run(settings: Settings, *, reuse_port: bool = False) -> None:
    """Run the gateway as a process."""
    from atrium_common.process import run_service

    run_service(NAME, settings, COLLECTIONS, build, reuse_port=reuse_port)
