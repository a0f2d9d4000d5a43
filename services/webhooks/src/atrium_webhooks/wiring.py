"""How webhooks is put together."""

from __future__ import annotations

from typing import cast

from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.reactor import Reactor
from atrium_common.http.app import create_app
from atrium_common.settings import Settings
from atrium_common.wiring import TOPICS, Parts, Service
from atrium_webhooks import rows
from atrium_webhooks.application.deliveries import Deliveries
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.application.dispatcher import Dispatcher, Limits
from atrium_webhooks.application.endpoints import Endpoints
from atrium_webhooks.application.event_types import EventTypes
from atrium_webhooks.application.fanout import FanOut
from atrium_webhooks.application.publishing import Publishing
from atrium_webhooks.application.sender import Sender
from atrium_webhooks.http.routes import routes
from atrium_webhooks.published import PUBLISHED, TOPIC
from atrium_webhooks.settings import WebhooksSettings

NAME = "webhooks"
COLLECTIONS = rows.COLLECTIONS


async def build(parts: Parts) -> Service:
    """The service over these parts; the role of the settings decides what it runs."""
    settings = cast("WebhooksSettings", parts.settings)
    repository = parts.repository(EventRegistry(rows.EVENTS), rows.DECIDERS)
    documents = parts.store.documents
    directory = Directory(parts.store, repository)
    sender = Sender(
        opened=settings.webhooks_allowed_networks,
        allow_http=settings.webhooks_allow_http,
        seconds=settings.webhooks_timeout,
        clock=parts.clock,
    )
    limits = Limits(
        settings.webhooks_in_flight,
        settings.webhooks_concurrency,
        settings.webhooks_timeout,
        settings.webhooks_retry_schedule,
    )
    dispatcher = Dispatcher(
        documents=documents,
        directory=directory,
        repository=repository,
        sender=sender,
        limits=limits,
        clock=parts.clock,
        ids=parts.ids,
    )
    endpoints = Endpoints(repository, documents, sender.check, parts.ids)
    deliveries = Deliveries(endpoints, documents, dispatcher, parts.ids, parts.clock)
    publishing = Publishing(repository, documents, parts.ids)
    others = {"tenancy": parts.client(settings.tenancy_url), "entitlements": parts.client(settings.entitlements_url)}
    types = EventTypes(PUBLISHED, others, clock=parts.clock)
    served = routes(endpoints, deliveries, publishing, types) if "api" in settings.role else []
    jobs = parts.standard_jobs(repository, rows.DECIDERS, topic=TOPIC)
    if "worker" in settings.role:
        fan_out = FanOut(documents, directory, clock=parts.clock, written=dispatcher.wake)
        reactor = Reactor(
            "webhooks.fan_out",
            tuple(TOPICS),
            fan_out.handle,
            bus=parts.bus,
            documents=documents,
            clock=parts.clock,
            before=fan_out.before,
        )
        jobs |= {"fan-out": reactor.run, "dispatcher": dispatcher.run}
    return Service(
        NAME, create_app(served, parts.kit, published=PUBLISHED), jobs=jobs, closers=[sender.close, types.close]
    )


def run(settings: Settings) -> None:
    """Run the service as a process."""
    from atrium_common.process import run_service

    run_service(NAME, settings, COLLECTIONS, build)
