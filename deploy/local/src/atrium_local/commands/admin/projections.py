"""`atrium admin rebuild`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from atrium_common.eventing.rebuilding import collections_of, rebuild_rows
from atrium_common.operated import Opened
from atrium_common.settings import Settings
from atrium_local.operated import named, opened
from atrium_local.options import AsJson, DataDir, Failed, console, prepared, run_async


def add_to(admin: typer.Typer) -> None:
    """Add the command."""
    admin.command()(rebuild)


def rebuild(
    projection: Annotated[
        str | None, typer.Argument(help="SERVICE.COLLECTION, like tenancy.workspaces, or SERVICE for all of its own")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Make a projection anew from the log, also while the suite runs; without a name list what there is."""
    settings, _ = prepared(Settings, data_dir=data_dir)
    if projection is None:
        names = run_async(lambda: _names(settings))
        print(json.dumps(names) if as_json else "\n".join(names))
        return
    service, _, wanted = projection.partition(".")
    done = run_async(lambda: _rebuilt(settings, service, wanted))
    if as_json:
        print(json.dumps(done))
        return
    for name, what in done.items():
        console.print(f"[green]✓[/] {name}: {what}")


async def _names(settings: Settings) -> list[str]:
    async with opened(settings) as stores:
        return [f"{name}.{each}" for name, service in stores.items() for each in await _of(service)]


async def _of(service: Opened) -> list[str]:
    rows = await collections_of(service.store.log, service.repository(), service.operated.deciders)
    return [*sorted(rows), *(projector.name for projector in service.operated.projectors(service))]


async def _rebuilt(settings: Settings, name: str, wanted: str) -> dict[str, str]:
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
            rebuilt = await rebuild_rows(service.store, service.repository(), service.operated.deciders, each)
            done[f"{name}.{each}"] = (
                f"{rebuilt.rows} rows put again, {rebuilt.removed} that belonged to nothing removed"
            )
    return done
