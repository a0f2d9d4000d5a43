"""Projections made anew from the log, also beside a running suite (`atrium admin rebuild`)."""

from __future__ import annotations

from atrium_common.eventing.rebuilding import collections_of, rebuild_rows
from atrium_common.operated import Opened
from atrium_common.settings import Settings
from atrium_local.operated import named, opened
from atrium_local.options import Failed


async def names_of(settings: Settings) -> list[str]:
    """Every projection, as `service.collection`."""
    async with opened(settings) as stores:
        return [f"{name}.{each}" for name, service in stores.items() for each in await _of(service)]


async def _of(service: Opened) -> list[str]:
    rows = await collections_of(service.store.log, service.repository(), service.operated.deciders)
    return [*sorted(rows), *(projector.name for projector in service.operated.projectors(service))]


async def rebuilt(settings: Settings, name: str, wanted: str) -> dict[str, str]:
    """Make one projection of a service anew, or all where none is wanted; what was done, by name.

    Raises:
        Failed: there is no such service or projection.
    """
    done: dict[str, str] = {}
    async with opened(settings, [named(name)]) as stores:
        service = stores[name]
        there = await _of(service)
        if wanted and wanted not in there:
            raise Failed(f"{name} has no projection {wanted}: {', '.join(there) or 'none yet'}")
        projectors = {projector.name: projector for projector in service.operated.projectors(service)}
        for each in [wanted] if wanted else there:
            if each in projectors:
                done[f"{name}.{each}"] = f"made beside up to position {await projectors[each].rebuild()}, and switched"
                continue
            fresh = await rebuild_rows(service.store, service.repository(), service.operated.deciders, each)
            done[f"{name}.{each}"] = f"{fresh.rows} rows put again, {fresh.removed} that belonged to nothing removed"
    return done
