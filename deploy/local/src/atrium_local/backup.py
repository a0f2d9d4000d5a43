"""A data directory copied while it is in use (`atrium admin backup`).

Each store is copied as it is at one moment, readers before those they read: no checkpoint in a copy is ahead of the log
that it belongs to.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from atrium_common.clock import SystemClock
from atrium_common.settings import Settings
from atrium_common.store.ports import StoreUnavailable
from atrium_common.store.sqlite.store import copy
from atrium_local.data_directory import DataDirectory, runs
from atrium_local.manifest import write_manifest
from atrium_local.operated import OPERATED
from atrium_local.options import Failed

_UNFINISHED = ".unfinished"


async def backed_up(settings: Settings, directory: DataDirectory, target: Path) -> list[str]:
    """Make the backup; the directory appears whole or not at all. The names of its files.

    Raises:
        Failed: the stores are a database server's, the target exists or lies in the data directory, or a store can't
            be copied.
    """
    if settings.mongodb_url is not None:
        raise Failed("the stores are in MongoDB: back them up with its own tools (mongodump, snapshots)")
    if target.resolve().is_relative_to(directory.path.resolve()):
        raise Failed(f"{target} is inside the data directory, and would be lost with it: give a place outside")
    if target.exists():
        raise Failed(f"{target} exists already")
    _remove_cut_off(target)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}{_UNFINISHED}")
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        for store in _stores(directory.path):
            try:
                await asyncio.to_thread(copy, store, unfinished / store.name)
            except StoreUnavailable as error:
                raise Failed(f"{store} can't be copied: {error}") from error
        for name in directory.kept_files:
            shutil.copy2(directory.path / name, unfinished / name)
        names = write_manifest(unfinished, clock=SystemClock())
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return names


def _stores(directory: Path) -> list[Path]:
    """The store files, readers before those they read."""
    order = {f"{operated.name}.db": number for number, operated in enumerate(reversed(OPERATED), start=1)}
    return sorted(directory.glob("*.db"), key=lambda path: (order.get(path.name, 0), path.name))


def _remove_cut_off(target: Path) -> None:
    """Remove what backups to the same place have left that were killed: it holds keys, and people erased since."""
    for path in target.parent.glob(f"{target.name}.*{_UNFINISHED}"):
        pid = path.name.removeprefix(f"{target.name}.").removesuffix(_UNFINISHED)
        if pid.isdigit() and not runs(int(pid)):
            shutil.rmtree(path, ignore_errors=True)
