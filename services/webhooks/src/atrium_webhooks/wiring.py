"""How webhooks is put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar, cast

from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.reactor import Reactor
from atrium_common.http.app import create_app
from atrium_common.operated import Operated
from atrium_common.settings import Settings
from atrium_common.wiring import EVENT_TOPICS, Parts, Service
from atrium_webhooks import rows
from atrium_webhooks.application.attempt import Attempts
from atrium_webhooks.application.connecting import Policy
from atrium_webhooks.application.deliveries import Deliveries
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.application.discipline import Discipline
from atrium_webhooks.application.dispatcher import Dispatcher
from atrium_webhooks.application.endpoints import Endpoints
from atrium_webhooks.application.event_types import EventTypes
from atrium_webhooks.application.explaining import Explaining
from atrium_webhooks.application.fanout import FanOut
from atrium_webhooks.application.followed import FollowedDeliveries
from atrium_webhooks.application.kept import Keeper
from atrium_webhooks.application.line import Line
from atrium_webhooks.application.publishing import Publishing
from atrium_webhooks.application.replaying import Replaying
from atrium_webhooks.application.replays import Replays
from atrium_webhooks.application.sender import Sender
from atrium_webhooks.application.shards import Shards
from atrium_webhooks.domain.health import Patience
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
    directory = Directory(parts.store, repository)
    kept_for = timedelta(days=settings.webhooks_retention_days)
    sender = Sender(
        Policy(settings.webhooks_allowed_networks, settings.webhooks_allow_http),
        seconds=settings.webhooks_timeout,
        clock=parts.clock,
        ca_bundle=settings.webhooks_ca_bundle,
    )
    line = Line(documents, clock=parts.clock)
    keeper = Keeper(parts.vault)
    dispatcher = Dispatcher(
        documents=documents,
        directory=directory,
        attempts=Attempts(sender, keeper, schedule=settings.webhooks_retry_schedule, clock=parts.clock),
        discipline=Discipline(repository, clock=parts.clock),
        shards=Shards(documents, holder=parts.ids.new("dispatcher"), clock=parts.clock),
        line=line,
        patience=_patience(settings),
        in_flight=settings.webhooks_in_flight,
        drain_seconds=settings.webhooks_timeout + 1,
        clock=parts.clock,
    )
    endpoints = Endpoints(repository, documents, sender.check, parts.ids)
    deliveries = Deliveries(endpoints, documents, dispatcher, keeper, parts.ids, parts.clock, kept_for)
    publishing = Publishing(repository, documents, keeper, parts.ids, kept_for)
    others = {"tenancy": parts.client(settings.tenancy_url), "entitlements": parts.client(settings.entitlements_url)}
    types = EventTypes(PUBLISHED, others, clock=parts.clock)
    replaying = Replaying(
        documents, keeper, repository, due=dispatcher.wake, kept_for=kept_for, clock=parts.clock, ids=parts.ids
    )
    replays = Replays(endpoints, repository, documents, replaying, parts.ids, kept_for)
    webhooks = Webhooks(endpoints, deliveries, replays, Explaining(endpoints, documents, keeper), publishing, types)
    served = routes(webhooks) if "api" in settings.role else []
    jobs = parts.standard_jobs(repository, rows.DECIDERS, topic=TOPIC)
    if "worker" in settings.role:
        fan_out = FanOut(parts.store, directory, line, keeper, dispatcher, kept_for=kept_for, clock=parts.clock)
        cascades = Cascades(repository, directory, parts.vault, clock=parts.clock)
        reactor = Reactor(
            "webhooks.fan_out",
            tuple(EVENT_TOPICS),
            in_turn(fan_out.handle, cascades.handle),
            bus=parts.bus,
            documents=documents,
            clock=parts.clock,
            before=in_turn(cascades.before, fan_out.before),
        )
        jobs |= {"fan-out": reactor.run, "dispatcher": dispatcher.run, "replays": replaying.run}
    return Service(
        NAME, create_app(served, parts.kit, published=PUBLISHED), jobs=jobs, closers=[sender.close, types.close]
    )


def in_turn(*steps: Callable[[M], Awaitable[None]]) -> Callable[[M], Awaitable[None]]:
    """The steps as one, each after the one before."""

    async def all_of_them(what: M) -> None:
        for step in steps:
            await step(what)

    return all_of_them


def _patience(settings: WebhooksSettings) -> Patience:
    return Patience(
        failures=settings.webhooks_breaker_failures,
        probe_after=timedelta(seconds=settings.webhooks_breaker_probe_seconds),
        disable_after=timedelta(days=settings.webhooks_disable_after_days),
        disable_after_deliveries=settings.webhooks_disable_after_deliveries,
    )


def run(settings: Settings) -> None:
    """Run the service as a process."""
    from atrium_common.process import run_service

    run_service(NAME, settings, COLLECTIONS, build)
