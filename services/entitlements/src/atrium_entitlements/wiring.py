"""How entitlements is put together."""

from __future__ import annotations

from atrium_common.eventing.codec import Codec
from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.log_projector import LogProjector, in_slots
from atrium_common.eventing.reactor import Reactor
from atrium_common.eventing.turns import Turns
from atrium_common.http.app import create_app
from atrium_common.settings import Settings
from atrium_common.store.documents import Collection
from atrium_common.wiring import Parts, Service
from atrium_entitlements import catalogue_rows, rows
from atrium_entitlements.application import history
from atrium_entitlements.application.catalogue import CatalogueKeeping
from atrium_entitlements.application.entitlements import Entitlements
from atrium_entitlements.application.holders import KnownHolders
from atrium_entitlements.application.known_facts import FACTS, KnownFacts
from atrium_entitlements.application.live_catalogue import LiveCatalogue
from atrium_entitlements.application.operator import OperatorWorkspace
from atrium_entitlements.domain import meter
from atrium_entitlements.http.catalogue_routes import catalogue_routes
from atrium_entitlements.http.history_routes import Reading, history_routes
from atrium_entitlements.http.routes import routes
from atrium_entitlements.reactors import tenancy as tenancy_events

NAME = "entitlements"
TOPIC = "entitlements.events"
COLLECTIONS: tuple[Collection, ...] = (
    FACTS,
    *(each for collection in history.COLLECTIONS for each in in_slots(collection)),
)
EVENTS = (*rows.EVENTS, *catalogue_rows.EVENTS, *meter.EVENTS)


async def build(parts: Parts) -> Service:
    """The service over these parts."""
    repository = parts.repository(EventRegistry(EVENTS), [rows.ACCOUNT])
    tenancy = parts.client(parts.settings.tenancy_url)
    live = LiveCatalogue(repository)
    keeping = CatalogueKeeping(repository, live, OperatorWorkspace(tenancy).id, parts.ids)
    await keeping.seed(parts.clock.now())
    documents = parts.store.documents
    projector = LogProjector(
        history.NAME,
        history.Histories(documents).project,
        collections=history.COLLECTIONS,
        types=history.TYPES,
        store=parts.store,
        codec=Codec(EventRegistry(EVENTS), parts.vault),
        clock=parts.clock,
        ids=parts.ids,
    )
    known = KnownFacts(parts.store.documents, tenancy)
    holders = KnownHolders(known)
    entitlements = Entitlements(repository, live, holders, parts.ids, Turns())
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
    jobs |= {"history": projector.run}
    served = [
        *routes(entitlements),
        *catalogue_routes(keeping, live),
        *history_routes(Reading(projector, documents, holders, live)),
    ]
    return Service(
        NAME,
        create_app(served, parts.kit),
        jobs=jobs,
        closers=[tenancy.close],
    )


def run(settings: Settings) -> None:
    """Run the service as a process."""
    from atrium_common.process import run_service

    run_service(NAME, settings, COLLECTIONS, build)
