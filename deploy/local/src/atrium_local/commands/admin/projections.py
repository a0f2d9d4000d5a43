"""`atrium admin rebuild`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from atrium_common.settings import Settings
from atrium_local.options import AsJson, DataDir, console, prepared, run_async


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
    from atrium_local.projections import names_of, rebuilt

    settings, _ = prepared(Settings, data_dir=data_dir)
    if projection is None:
        names = run_async(lambda: names_of(settings))
        print(json.dumps(names) if as_json else "\n".join(names))
        return
    service, _, wanted = projection.partition(".")
    done = run_async(lambda: rebuilt(settings, service, wanted))
    if as_json:
        print(json.dumps(done))
        return
    for name, what in done.items():
        console.print(f"[green]✓[/] {name}: {what}")
