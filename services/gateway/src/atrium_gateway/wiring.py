"""How the gateway is put together."""

from __future__ import annotations

from typing import cast

from atrium_common.http.client import ServiceClient
from atrium_common.jsontypes import JSONObject
from atrium_common.operated import Opened, Operated
from atrium_common.settings import Settings, UnfitSetting
from atrium_common.wiring import Parts, Service, services_tls
from atrium_gateway.answering import Answering
from atrium_gateway.composing import NamespaceComposer, UsageComposer
from atrium_gateway.cors import Cors
from atrium_gateway.documents.pages import pages
from atrium_gateway.express import Express
from atrium_gateway.forwarding import Forwarding
from atrium_gateway.holder import Asked
from atrium_gateway.http1.front import Front
from atrium_gateway.http1.pool import PooledTransport
from atrium_gateway.idempotency.replays import forget_answers
from atrium_gateway.keys import KeyCache
from atrium_gateway.limits.tiers import allowance_of
from atrium_gateway.outward import Outward
from atrium_gateway.peers import Peers
from atrium_gateway.quota import Account, Quota
from atrium_gateway.recognition import Recognition
from atrium_gateway.routing import Router
from atrium_gateway.server import Gateway, Steps
from atrium_gateway.settings import GatewaySettings
from atrium_gateway.stateful import COLLECTIONS, stateful
from atrium_gateway.used import LastUsed
from atrium_gateway.watching import Watching

NAME = "gateway"


async def forget(opened: Opened, subject: str) -> None:
    """Forget the answers that tell of an erased person (a restored backup may hold them again)."""
    await forget_answers(opened.store.documents, subject)


OPERATED = Operated(NAME, COLLECTIONS, forget=forget)


class MissingPrincipalKey(UnfitSetting):
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
    ask_tenancy, ask_entitlements = _Asking(clients["tenancy"]), _Asking(clients["entitlements"])
    transport = PooledTransport(urls, tls=services_tls(settings))
    forwarding = Forwarding(transport, clock=parts.clock, most_in_flight=settings.most_in_flight)
    peers = Peers(settings.trusted_proxies, scheme=b"https" if settings.tls_cert_file else b"http")
    outward = Outward(signer, peers, clock=parts.clock)

    async def resolve(asked: Asked) -> JSONObject:
        with forwarding.judging("tenancy"):
            return await ask_tenancy.resolve(asked)

    keys = KeyCache(resolve, clock=parts.clock)
    used = LastUsed(ask_tenancy.note_used, clock=parts.clock)
    quota = Quota(ask_entitlements.quota, clock=parts.clock)
    kept = stateful(parts, settings)
    cors, watching = Cors(settings.cors_origins), Watching(log_every=settings.log_every)
    recognition = Recognition(
        keys=keys,
        used=used,
        allowance_of=lambda holder: allowance_of(holder.key, settings.tiers),
        addresses=kept.addresses,
        peers=peers,
        forwarding=forwarding,
        clock=parts.clock,
    )
    steps = Steps(
        router=Router(),
        peers=peers,
        cors=cors,
        keys=keys,
        used=used,
        recognition=recognition,
        limiter=kept.limiter,
        replays=kept.replays,
        quota=quota,
        meter=kept.meter,
        outward=outward,
        forwarding=forwarding,
        composers={
            "namespace": NamespaceComposer(outward, forwarding, ask_entitlements.get),
            "usage": UsageComposer(outward, forwarding, kept.limiter, ask_entitlements.get),
        },
        pages=pages(clients, clock=parts.clock) if settings.docs else {},
        answering=Answering(cors, watching, clock=parts.clock, tls=settings.tls_cert_file is not None),
    )
    gateway = Gateway(steps, clock=parts.clock, ids=parts.ids, seconds=settings.upstream_seconds)
    express = Express(gateway, steps, clock=parts.clock, ids=parts.ids, seconds=settings.upstream_seconds)
    front = Front(gateway.handle, begin=express.begin, client_closed=lambda _: watching.client_closed("read"))
    return Service(
        NAME,
        front,
        jobs={"keys": lambda: keys.follow(parts.bus), "keys-used": used.run, **kept.jobs},
        checks=kept.checks,
        closers=[
            *kept.closers,
            used.flush,
            quota.close,
            transport.close,
            *(client.close for client in clients.values()),
        ],
    )


class _Asking:
    """The internal calls that the gateway makes to a service."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def get(self, path: str) -> JSONObject:
        return await self._client.call("GET", path)

    async def resolve(self, asked: Asked) -> JSONObject:
        body: JSONObject = {
            "digest": asked.digest.hex(),
            "workspace_id": asked.workspace_id,
            "namespace_id": asked.namespace_id,
        }
        return await self._client.call("POST", "/internal/keys/resolve", body, reads=True)

    async def note_used(self, used: JSONObject) -> object:
        return await self._client.call("POST", "/internal/keys/used", {"used": used}, reads=True)

    async def quota(self, account: Account) -> JSONObject:
        workspace_id, namespace_id, livemode = account
        body: JSONObject = {"workspace_id": workspace_id, "namespace_id": namespace_id, "livemode": livemode}
        return await self._client.call("POST", "/internal/quota", body, reads=True)


def run(settings: Settings, *, reuse_port: bool = False) -> None:
    """Run the gateway as a process."""
    from atrium_common.process import run_service

    run_service(NAME, settings, COLLECTIONS, build, reuse_port=reuse_port)
