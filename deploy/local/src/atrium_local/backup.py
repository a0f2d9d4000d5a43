"""A data directory copied while it is in use, and put back (`atrium admin backup`, `atrium admin restore`).

Each store is copied as it is at one moment, readers before those they read: no checkpoint in a copy is ahead of the log
that it belongs to.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from atrium_common.clock import rfc3339
from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.rebuilding import collections_of, rebuild_rows
from atrium_common.operated import Opened
from atrium_common.settings import Settings
from atrium_common.store.documents import Is, Put
from atrium_common.store.sqlite.store import copy
from atrium_common.store.whole import every_document
from atrium_common.wiring import TOPICS
from atrium_local.data_directory import DataDirectory
from atrium_local.erasures import erased, read_erasures
from atrium_local.operated import OPERATED, opened, tail_of
from atrium_local.options import Failed

MANIFEST = "backup.json"
KEPT_FILES = ("secrets", "operator-key")
SEALING_KEYS = "ATRIUM_SEALING_KEYS"


@dataclass(frozen=True, slots=True)
class Restored:
    """Who was erased again, and where what had been there is now."""

    erased: Sequence[str]
    replaced: str | None


async def backed_up(settings: Settings, directory: DataDirectory, target: Path) -> list[str]:
    """Make the backup; the directory appears whole or not at all. The names of its files.

    Raises:
        Failed: the stores are a database server's, or the target exists.
    """
    if settings.mongodb_url is not None:
        raise Failed("the stores are in MongoDB: back them up with its own tools (mongodump, snapshots)")
    if target.exists():
        raise Failed(f"{target} exists already")
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.unfinished")
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        stores = _stores(directory.path)
        for store in stores:
            await asyncio.to_thread(copy, store, unfinished / store.name)
        for name in KEPT_FILES:
            if (directory.path / name).exists():
                shutil.copy2(directory.path / name, unfinished / name)
        names = sorted(path.name for path in unfinished.iterdir())
        manifest = {"format": 1, "made_at": rfc3339(datetime.now(UTC)), "files": names}
        (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1))
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return names


async def restored(settings: Settings, source: Path, erasures: Path | None) -> Restored:
    """Put the backup in place.

    Raises:
        Failed: it is no backup, or the stores are a database server's.
        DirectoryInUse: a suite runs on the directory.
    """
    if settings.mongodb_url is not None:
        raise Failed("the stores are in MongoDB: restore them with its own tools")
    if not (source / MANIFEST).exists():
        raise Failed(f"{source} is no backup: it has no {MANIFEST}")
    told = [] if erasures is None else read_erasures(erasures)
    directory = DataDirectory(settings.data_dir.resolve())
    with directory.locked():
        again = sorted({*told, *await _erased_since(settings, directory)})
        staged = directory.path / f"restoring-{os.getpid()}"
        staged.mkdir(mode=0o700)
        try:
            for store in _stores(source):
                await asyncio.to_thread(copy, store, staged / store.name)
            keys = _keys(source, directory)
            DataDirectory(staged).write_secrets(keys)
            if (source / "operator-key").exists():
                shutil.copy2(source / "operator-key", staged / "operator-key")
            await _settled(settings, staged, keys, again)
            replaced = _swapped(directory.path, staged)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return Restored(again, replaced)


def _stores(directory: Path) -> list[Path]:
    """The store files, readers before those they read."""
    order = {f"{operated.name}.db": number for number, operated in enumerate(reversed(OPERATED), start=1)}
    return sorted(directory.glob("*.db"), key=lambda path: (order.get(path.name, 0), path.name))


async def _erased_since(settings: Settings, directory: DataDirectory) -> list[str]:
    if not (directory.is_one() and _stores(directory.path)):
        return []
    keys = SecretStr(directory.secrets()[SEALING_KEYS])
    return await erased(settings.model_copy(update={"sealing_keys": keys}))


def _keys(source: Path, directory: DataDirectory) -> dict[str, str]:
    """The backup's keys; sealing keys that the directory has had since stay, the newest first."""
    keys = dict(DataDirectory(source).kept_secrets())
    if directory.is_one():
        present = [part for part in directory.kept_secrets().get(SEALING_KEYS, "").split(",") if part]
        older = [part for part in keys.get(SEALING_KEYS, "").split(",") if part and part not in present]
        keys[SEALING_KEYS] = ",".join([*present, *older])
    return keys


async def _settled(settings: Settings, staged: Path, keys: Mapping[str, str], again: Sequence[str]) -> None:
    """Make the copies agree with what has happened since: people erased again, and no checkpoint ahead of its log."""
    update = {"data_dir": staged, "sealing_keys": SecretStr(keys[SEALING_KEYS])}
    async with opened(settings.model_copy(update=update)) as stores:
        for service in stores.values():
            await _erase_again(service, again)
            await _bring_back_checkpoints(service, stores)
            if not await service.store.scrub():
                raise Failed(f"{service.operated.name}: the copy could not be scrubbed")


async def _erase_again(service: Opened, again: Iterable[str]) -> None:
    fresh = set(again) - set(await service.vault.forgotten())
    if not fresh:
        return
    for subject in fresh:
        await service.vault.forget(subject)
    if service.operated.forget is not None:
        for subject in fresh:
            await service.operated.forget(service, subject)
    deciders = service.operated.deciders
    for collection in await collections_of(service.store.log, service.repository(), deciders):
        await rebuild_rows(service.store, service.repository(), deciders, collection)
    for projector in service.operated.projectors(service):
        await projector.rebuild()


async def _bring_back_checkpoints(service: Opened, stores: Mapping[str, Opened]) -> None:
    async for document in every_document(service.store.documents, CHECKPOINTS.name):
        topic = document.key.rpartition(":")[2]
        tail = await tail_of(topic, stores) if topic in TOPICS else await service.store.log.tail()
        position = document.body.get("position")
        if isinstance(position, int) and position > (tail or 0):
            body = {**document.body, "position": tail or 0}
            put = Put(CHECKPOINTS.name, document.key, body, document.version + 1, Is(document.version))
            await service.store.documents.write([put])


def _swapped(directory: Path, staged: Path) -> str | None:
    """Move what is there aside and the copies in; the name of where it is now."""
    moved = directory / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    there = [*directory.glob("*.db*"), *(directory / name for name in KEPT_FILES if (directory / name).exists())]
    if there:
        moved.mkdir(mode=0o700)
        for path in there:
            path.rename(moved / path.name)
    for path in staged.iterdir():
        if not path.name.endswith(("-wal", "-shm")):
            path.rename(directory / path.name)
    return str(moved) if there else None
