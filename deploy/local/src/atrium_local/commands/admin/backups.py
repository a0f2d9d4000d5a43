"""`atrium admin backup` and `atrium admin restore`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from atrium_common.settings import Settings
from atrium_local.options import AsJson, DataDir, console, prepared, run_async, settings_of


def add_to(admin: typer.Typer) -> None:
    """Add both commands."""
    admin.command()(backup)
    admin.command()(restore)


def backup(
    target: Annotated[Path, typer.Argument(help="The directory to make; it must not exist")],
    data_dir: DataDir = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Copy the data directory, consistently, also while the suite runs. The copy holds its keys: keep it safe."""
    from atrium_local.backup import backed_up

    settings, directory = prepared(Settings, data_dir=data_dir)
    files = run_async(lambda: backed_up(settings, directory, target))
    if as_json:
        print(json.dumps({"backup": str(target), "files": files}))
    else:
        console.print(f"[green]✓[/] {target}: {', '.join(files)}")


def restore(
    source: Annotated[Path, typer.Argument(help="A directory that `admin backup` has made")],
    data_dir: DataDir = None,
    erasures: Annotated[
        Path | None, typer.Option(help="What `admin erasures` wrote, where the data directory itself is lost")
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Put a backup in the place of the data directory; whoever was erased since is erased in it again.

    Stop what runs on it first. What was there stays in DIR/replaced-…, to be removed by you.
    """
    from atrium_local.restoring import restored

    settings = settings_of(Settings, data_dir=data_dir)
    done = run_async(lambda: restored(settings, source, erasures))
    if as_json:
        replaced = None if done.replaced is None else str(done.replaced)
        print(json.dumps({"restored": str(settings.data_dir), "erased_again": done.erased, "replaced": replaced}))
        return
    console.print(f"[green]✓[/] {settings.data_dir} is as it was in {source}")
    if done.erased:
        console.print(f"Erased again: {', '.join(done.erased)}")
    if done.replaced:
        console.print(f"What was there is in {done.replaced}")
