"""How webhooks is put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.reactor import Reactor
from atrium_common.http.app import create_app
from atrium_common.operated import Operated
from atrium_common.settings import Settings
from atrium_common.wiring import EVENT_TOPICS, Parts, Service
from atrium_webhooks import rows
from atrium_webhooks.application.beginnings import Beginnings
from atrium_webhooks.application.deliveries import Deliveries
from atrium_webhooks.application.endpoints import Endpoints
from atrium_webhooks.application.event_types import EventTypes
from atrium_webhooks.application.explaining import Explaining
from atrium_webhooks.application.followed import FollowedDeliveries
from atrium_webhooks.application.own_types import OwnTypes
from atrium_webhooks.application.publishing import Publishing
from atrium_webhooks.application.replaying import Replaying
from atrium_webhooks.application.replays import Replays
from atrium_webhooks.application.schemas import Schemas
from atrium_webhooks.engine import engine
from atrium_webhooks.http.routes import Webhooks, routes
from atrium_webhooks.published import PUBLISHED, TOPIC
from atrium_webhooks.reactors import Cascades
from atrium_webhooks.settings import WebhooksSettings

NAME = "webhooks"
M = TypeVar("M")
COLLECTIONS = rows.COLLECTIONS
FOLLOWED_DELIVERIES = FollowedDeliveries
"""What `atrium deliveries tail` follows."""
OPERATED = Operated(NAME, COLLECTIONS, EventRegistry(rows.EVENTS), rows.DECIDERS, TOPIC)


async def build(parts: Parts) -> Service:
    """The service over these parts; the role of the settings decides what it runs."""
    settings = cast("WebhooksSettings", parts.settings)
    repository = parts.opened(OPERATED).repository()
    documents = parts.store.documents
    made = engine(settings, parts.store, repository, vault=parts.vault, clock=parts.clock, ids=parts.ids)
    others = {"tenancy": parts.client(settings.tenancy_url), "entitlements": parts.client(settings.entitlements_url)}
    elsewhere = {f"/{name}": client for name, client in others.items()}
    beginnings = Beginnings(documents, parts.store.log.tail, elsewhere, clock=parts.clock)
    endpoints = Endpoints(repository, documents, made.sender.check, beginnings, parts.ids)
    deliveries = Deliveries(endpoints, documents, made.dispatcher, made.keeper, parts.ids, parts.clock, made.kept_for)
    schemas = Schemas()
    own_types = OwnTypes(repository, documents, schemas)
    publishing = Publishing(repository, documents, made.keeper, own_types, parts.ids, made.kept_for)
    types = EventTypes(PUBLISHED, others, clock=parts.clock)
    replaying = Replaying(
        documents,
        made.keeper,
        repository,
        due=made.dispatcher.wake,
        kept_for=made.kept_for,
        clock=parts.clock,
        ids=parts.ids,
    )
    replays = Replays(endpoints, repository, documents, replaying, parts.ids, made.kept_for)
    explaining = Explaining(endpoints, documents, made.keeper)
    webhooks = Webhooks(endpoints, deliveries, replays, explaining, publishing, types, own_types)
    # Nobody calls a worker: several of them on one machine need no port each.
    server = create_app(routes(webhooks), parts.kit, published=PUBLISHED) if "api" in settings.role else None
    jobs = parts.standard_jobs(repository, rows.DECIDERS, topic=TOPIC)
    if "worker" in settings.role:
        cascades = Cascades(repository, made.directory, parts.vault, clock=parts.clock)
        reactor = Reactor(
            "webhooks.fan_out",
            tuple(EVENT_TOPICS),
            in_turn(made.fan_out.handle, cascades.handle),
            bus=parts.bus,
            documents=documents,
            clock=parts.clock,
            before=in_turn(cascades.before, made.fan_out.before),
            sealing=parts.vault,
        )
        jobs |= {"fan-out": reactor.run, "dispatcher": made.dispatcher.run, "replays": replaying.run}
    return Service(
        NAME,
        server,
        jobs=jobs,
        closers=[made.sender.close, types.close, schemas.close],
    )


def in_turn(*steps: Callable[[M], Awaitable[None]]) -> Callable[[M], Awaitable[None]]:
    """The steps as one, each after the one before."""

    async def all_of_them(what: M) -> None:
        for step in steps:
            await step(what)

    return all_of_them


def run(settings: Settings) -> None:
    """Run the service as a process."""
    from atrium_common.process import run_service

    run_service(NAME, settings, COLLECTIONS, build)
