"""`atrium admin rotate-sealing-key`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from atrium_common.settings import Settings
from atrium_local.options import AsJson, DataDir, console, prepared, run_async

DropOld = Annotated[
    bool, typer.Option("--drop-old", help="Forget the old keys once nothing is wrapped under them (backups need them)")
]


def add_to(admin: typer.Typer) -> None:
    """Add the command."""
    admin.command(name="rotate-sealing-key")(rotate_sealing_key)


def rotate_sealing_key(
    data_dir: DataDir = None,
    drop_old: DropOld = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Seal under a new key and wrap every subject's key anew.

    Where the keys are in the data directory, a new one is made there; stop what runs on it first. Where they are in
    ATRIUM_SEALING_KEYS, put the new one first there, let every process start again with it, then run this.
    """
    from atrium_local.rotation import rotated

    settings, directory = prepared(Settings, share=False, data_dir=data_dir)
    done = run_async(lambda: rotated(settings, directory, drop_old=drop_old))
    if as_json:
        print(json.dumps({"current": done.current, "rewrapped": dict(done.rewrapped), "kept": list(done.kept)}))
        return
    for name, count in done.rewrapped.items():
        console.print(f"{name:<13} {count:>7,} keys wrapped anew under {done.current}")
    if done.kept:
        console.print(f"Still configured, for backups: {', '.join(done.kept)}")
