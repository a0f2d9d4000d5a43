"""How entitlements is put together."""

from __future__ import annotations

from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.reactor import Reactor
from atrium_common.http.app import create_app
from atrium_common.operated import Operated
from atrium_common.settings import Settings
from atrium_common.store.documents import Collection
from atrium_common.wiring import Parts, Service
from atrium_entitlements import catalogue_rows, rows
from atrium_entitlements.application.catalogue import CatalogueKeeping
from atrium_entitlements.application.engine import Engine
from atrium_entitlements.application.holders import KnownHolders
from atrium_entitlements.application.known_facts import FACTS, KnownFacts
from atrium_entitlements.application.live_catalogue import LiveCatalogue
from atrium_entitlements.application.operator import OperatorWorkspace
from atrium_entitlements.http.catalogue_routes import catalogue_routes
from atrium_entitlements.http.routes import routes
from atrium_entitlements.reactors import tenancy as tenancy_events

NAME = "entitlements"
TOPIC = "entitlements.events"
COLLECTIONS: tuple[Collection, ...] = (FACTS,)
EVENTS = EventRegistry((*rows.EVENTS, *catalogue_rows.EVENTS))
OPERATED = Operated(NAME, COLLECTIONS, EVENTS, (rows.ACCOUNT, *catalogue_rows.DECIDERS), TOPIC)


async def build(parts: Parts) -> Service:
    """The service over these parts."""
    repository = parts.opened(OPERATED).repository()
    tenancy = parts.client(parts.settings.tenancy_url)
    live = LiveCatalogue(repository)
    keeping = CatalogueKeeping(repository, live, OperatorWorkspace(tenancy).id, parts.ids)
    await keeping.seed(parts.clock.now())
    known = KnownFacts(parts.store.documents, tenancy)
    holders = KnownHolders(known)
    engine = Engine.over(repository, parts.store.log, live, parts.ids)
    hearing = Reactor(
        "entitlements.facts",
        [tenancy_events.TOPIC],
        tenancy_events.FactsProjection(known).handle,
        bus=parts.bus,
        documents=parts.store.documents,
        clock=parts.clock,
    )
    jobs = parts.standard_jobs(repository, [rows.ACCOUNT], topic=TOPIC)
    jobs |= {"facts": hearing.run, "facts-follower": tenancy_events.FactsFollower(known, parts.bus).run}
    return Service(
        NAME,
        create_app([*catalogue_routes(keeping, live), *routes(engine, holders)], parts.kit),
        jobs=jobs,
        closers=[tenancy.close],
    )


def run(settings: Settings) -> None:
    """Run the service as a process."""
    from atrium_common.process import run_service

    run_service(NAME, settings, COLLECTIONS, build)
