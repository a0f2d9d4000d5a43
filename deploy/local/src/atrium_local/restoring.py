"""A backup put in the place of a data directory (`atrium admin restore`).

Everything is made ready beside what is there, then both are exchanged: whatever is wrong, nothing has been changed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.rebuilding import collections_of, rebuild_rows
from atrium_common.operated import Opened
from atrium_common.settings import Settings
from atrium_common.store.documents import Is, Put
from atrium_common.store.ports import StoreUnavailable
from atrium_common.store.whole import every_document
from atrium_common.wiring import TOPICS
from atrium_local.data_directory import DataDirectory, random_key
from atrium_local.erasures import erased, read_erasures
from atrium_local.exchange import STAGED, exchange, is_cut_off
from atrium_local.manifest import copy_whole
from atrium_local.operated import opened, tail_of
from atrium_local.options import Failed
from atrium_local.remembered import RECORD, remember

SEALING_KEYS = "ATRIUM_SEALING_KEYS"


@dataclass(frozen=True, slots=True)
class Restored:
    """Who was erased again, and where what had been there is now."""

    erased: Sequence[str]
    replaced: Path | None


async def restored(settings: Settings, source: Path, erasures: Path | None) -> Restored:
    """Put the backup in place.

    Raises:
        Failed: it is no backup or not whole, or the stores are a database server's; nothing was changed.
        DirectoryInUse: processes run on the directory.
    """
    if settings.mongodb_url is not None:
        raise Failed("the stores are in MongoDB: restore them with its own tools")
    directory = DataDirectory(settings.data_dir.resolve())
    try:
        told = [] if erasures is None else read_erasures(erasures)
        with directory.alone():
            return await _put_in_place(settings, directory, source, told)
    except (Failed, StoreUnavailable, OSError, ValueError) as error:
        if is_cut_off(directory.path):
            raise Failed(f"{error}: the next command on {settings.data_dir} carries it through") from error
        raise Failed(f"{error}. Nothing was changed: {settings.data_dir} is as it was") from error


async def _put_in_place(settings: Settings, directory: DataDirectory, source: Path, told: Sequence[str]) -> Restored:
    directory.forget_staged()
    again = sorted({*told, *await _erased_since(settings, directory)})
    staged = directory.path / f"{STAGED}{os.getpid()}"
    staged.mkdir(mode=0o700)
    try:
        keys = _merged(await asyncio.to_thread(copy_whole, source, staged), directory)
        DataDirectory(staged).write_secrets(keys)
        await _settled(settings, staged, keys, again)
        remember(staged, settings, keys)
        there = sorted({*(path.name for path in directory.path.glob("*.db*")), *directory.kept_files, RECORD})
        replaced = exchange(directory.path, staged, there)
    finally:
        if not is_cut_off(directory.path):
            shutil.rmtree(staged, ignore_errors=True)
    return Restored(again, replaced)


async def _erased_since(settings: Settings, directory: DataDirectory) -> list[str]:
    if not any(directory.path.glob("*.db")):
        return []
    # Who was erased is kept in the clear: it is known though the keys may be what was lost.
    keys = SecretStr(f"any:{random_key()}")
    try:
        return await erased(settings.model_copy(update={"sealing_keys": keys}))
    except StoreUnavailable as error:
        what = "who was erased since then can't be read"
        advice = "move its *.db* files away and give --erasures FILE"
        raise Failed(f"{what} from {directory.path} ({error}): {advice}") from error


def _merged(backup: Mapping[str, str], directory: DataDirectory) -> dict[str, str]:
    """The backup's keys; sealing keys that the directory has had since stay, the newest first."""
    keys = dict(backup)
    if directory.is_one():
        present = [part for part in directory.kept_secrets().get(SEALING_KEYS, "").split(",") if part]
        older = [part for part in keys[SEALING_KEYS].split(",") if part and part not in present]
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
    for path in (*staged.glob("*.db-wal"), *staged.glob("*.db-shm")):
        path.unlink()  # folded in by then


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
