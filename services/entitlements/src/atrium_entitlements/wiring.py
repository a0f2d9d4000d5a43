"""How entitlements is put together."""

from __future__ import annotations

from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.turns import Turns
from atrium_common.http.app import create_app
from atrium_common.settings import Settings
from atrium_common.store.documents import Collection
from atrium_common.wiring import Parts, Service
from atrium_entitlements import catalogue_rows, rows
from atrium_entitlements.application.catalogue import CatalogueKeeping
from atrium_entitlements.application.entitlements import Entitlements
from atrium_entitlements.application.holders import AskedHolders
from atrium_entitlements.application.live_catalogue import LiveCatalogue
from atrium_entitlements.application.operator import OperatorWorkspace
from atrium_entitlements.http.catalogue_routes import catalogue_routes
from atrium_entitlements.http.routes import routes

NAME = "entitlements"
TOPIC = "entitlements.events"
COLLECTIONS: tuple[Collection, ...] = ()


async def build(parts: Parts) -> Service:
    """The service over these parts."""
    repository = parts.repository(EventRegistry((*rows.EVENTS, *catalogue_rows.EVENTS)), [rows.ACCOUNT])
    tenancy = parts.client(parts.settings.tenancy_url)
    live = LiveCatalogue(repository)
    keeping = CatalogueKeeping(repository, live, OperatorWorkspace(tenancy).id, parts.ids)
    await keeping.seed(parts.clock.now())
    entitlements = Entitlements(repository, live, AskedHolders(tenancy), parts.ids, Turns())
    return Service(
        NAME,
        create_app([*routes(entitlements), *catalogue_routes(keeping, live)], parts.kit),
        jobs=parts.standard_jobs(repository, [rows.ACCOUNT], topic=TOPIC),
        closers=[tenancy.close],
    )


def run(settings: Settings) -> None:
    """Run the service as a process."""
    from atrium_common.process import run_service

    run_service(NAME, settings, COLLECTIONS, build)
