"""How tenancy is put together."""

from __future__ import annotations

from pydantic import SecretStr

from atrium_common.eventing.event import EventRegistry
from atrium_common.http.app import create_app
from atrium_common.operated import Operated
from atrium_common.settings import Settings, UnfitSetting
from atrium_common.wiring import Parts, Service
from atrium_tenancy import rows
from atrium_tenancy.application import census
from atrium_tenancy.application.census import Census
from atrium_tenancy.application.housekeeping import Housekeeping
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.http.routes import routes
from atrium_tenancy.published import PUBLISHED, TOPIC

NAME = "tenancy"
COLLECTIONS = (*rows.COLLECTIONS, *census.COLLECTIONS)
OPERATED = Operated(
    NAME,
    COLLECTIONS,
    EventRegistry(rows.EVENTS),
    rows.DECIDERS,
    TOPIC,
    projectors=lambda opened: (Census.over(opened, opened.repository()).projector,),
)


class MissingLookupKey(UnfitSetting):
    """ATRIUM_LOOKUP_KEY is not set: e-mail claims could not be hashed."""


async def build(parts: Parts) -> Service:
    """The service over these parts.

    Raises:
        MissingLookupKey: the setting is empty.
    """
    opened = parts.opened(OPERATED)
    repository = opened.repository()
    tenancy = Tenancy(
        repository=repository,
        store=parts.store,
        ids=parts.ids,
        clock=parts.clock,
        sealing=parts.vault,
        lookup_key=_lookup_key(parts.settings.lookup_key),
        census=Census.over(opened, repository),
    )
    jobs = parts.standard_jobs(repository, rows.DECIDERS, topic=TOPIC)
    return Service(
        NAME,
        create_app(routes(tenancy), parts.kit, published=PUBLISHED),
        jobs={**jobs, "census": tenancy.census.projector.run, "housekeeping": Housekeeping(tenancy).run},
    )


def run(settings: Settings) -> None:
    """Run the service as a process."""
    from atrium_common.process import run_service

    run_service(NAME, settings, COLLECTIONS, build)


def _lookup_key(setting: SecretStr) -> bytes:
    key = setting.get_secret_value()
    if not key:
        raise MissingLookupKey("set ATRIUM_LOOKUP_KEY to a random text that never changes")
    return key.encode()
