"""How entitlements is put together."""

from __future__ import annotations

from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.log_projector import LogProjector, in_slots
from atrium_common.eventing.presence import REPLICAS, Presence
from atrium_common.eventing.reactor import Reactor
from atrium_common.http.app import create_app
from atrium_common.operated import Opened, Operated
from atrium_common.settings import Settings
from atrium_common.store.documents import Collection
from atrium_common.wiring import Parts, Service
from atrium_entitlements import catalogue_rows, rows
from atrium_entitlements.application import history
from atrium_entitlements.application.cascades import Cascades
from atrium_entitlements.application.catalogue import CatalogueKeeping
from atrium_entitlements.application.engine import Engine
from atrium_entitlements.application.expiry import DEADLINES, Expiry
from atrium_entitlements.application.holders import KnownHolders
from atrium_entitlements.application.known_facts import FACTS, KnownFacts
from atrium_entitlements.application.live_catalogue import LiveCatalogue
from atrium_entitlements.application.metering import METER, Metering
from atrium_entitlements.application.operator import OperatorWorkspace
from atrium_entitlements.domain import meter
from atrium_entitlements.http.catalogue_routes import catalogue_routes
from atrium_entitlements.http.history_routes import Reading, history_routes
from atrium_entitlements.http.internal_routes import Inside, internal_routes
from atrium_entitlements.http.routes import routes
from atrium_entitlements.published import PUBLISHED, TOPIC
from atrium_entitlements.reactors import gateway as gateway_usage
from atrium_entitlements.reactors import tenancy as tenancy_events
from atrium_entitlements.reactors.tenancy import FactsFollower

NAME = "entitlements"
COLLECTIONS: tuple[Collection, ...] = (
    FACTS,
    DEADLINES,
    REPLICAS,
    *(each for collection in history.COLLECTIONS for each in in_slots(collection)),
)
EVENTS = EventRegistry((*rows.EVENTS, *catalogue_rows.EVENTS, *meter.EVENTS), upcasters=catalogue_rows.UPCASTERS)


def histories(opened: Opened) -> LogProjector:
    """The projection of the whole log that usage history, audit log and counts of requests are read from."""
    return LogProjector(
        history.NAME,
        history.Histories(opened.store.documents).project,
        collections=history.COLLECTIONS,
        types=history.TYPES,
        store=opened.store,
        codec=opened.codec,
        clock=opened.clock,
        ids=opened.ids,
    )


OPERATED = Operated(
    NAME,
    COLLECTIONS,
    EVENTS,
    (rows.ACCOUNT, *catalogue_rows.DECIDERS, METER),
    TOPIC,
    projectors=lambda opened: (histories(opened),),
)


async def build(parts: Parts) -> Service:
    """The service over these parts."""
    opened = parts.opened(OPERATED)
    presence = Presence(parts.store.documents, clock=parts.clock, ids=parts.ids)
    repository = opened.repository(presence=presence)
    tenancy = parts.client(parts.settings.tenancy_url)
    live = LiveCatalogue(repository)
    keeping = CatalogueKeeping(repository, live, OperatorWorkspace(tenancy).id, parts.ids)
    await keeping.seed(parts.clock.now())
    known = KnownFacts(parts.store.documents, tenancy)
    holders = KnownHolders(known)
    engine = Engine.over(repository, parts.store.log, live, parts.ids)
    projector = histories(opened)
    documents = parts.store.documents
    served = [
        *catalogue_routes(keeping, live),
        *history_routes(Reading(projector, documents, holders, live)),
        *routes(engine, holders),
        *internal_routes(Inside(engine.asking, engine.giving, holders, projector, documents)),
    ]
    metering = Metering(repository, engine.merger, holders, engine.using.count, parts.ids, parts.clock)
    jobs = {
        **parts.standard_jobs(repository, [rows.ACCOUNT], topic=TOPIC),
        "presence": presence.run,
        "history": projector.run,
        "expiry": Expiry(parts.store, repository, engine.merger, clock=parts.clock, ids=parts.ids).run,
        "facts": FactsFollower(known, parts.bus).run,
        "tenancy": _tenancy_reactor(parts, known, Cascades(engine.merger, known)).run,
        "usage": _usage_reactor(parts, metering).run,
    }
    return Service(NAME, create_app(served, parts.kit, published=PUBLISHED), jobs=jobs, closers=[tenancy.close])


def _tenancy_reactor(parts: Parts, known: KnownFacts, cascades: Cascades) -> Reactor:
    return Reactor(
        "entitlements.tenancy",
        [tenancy_events.TOPIC],
        tenancy_events.TenancyReader(known, cascades).handle,
        bus=parts.bus,
        documents=parts.store.documents,
        clock=parts.clock,
        trim=tenancy_events.trimmed,
    )


def _usage_reactor(parts: Parts, metering: Metering) -> Reactor:
    reader = gateway_usage.UsageReader(metering)
    return Reactor(
        "entitlements.usage",
        [gateway_usage.TOPIC],
        reader.handle,
        bus=parts.bus,
        documents=parts.store.documents,
        clock=parts.clock,
        before=reader.before,
    )


def run(settings: Settings) -> None:
    """Run the service as a process."""
    from atrium_common.process import run_service

    run_service(NAME, settings, COLLECTIONS, build)
