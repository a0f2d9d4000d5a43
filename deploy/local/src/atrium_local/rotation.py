"""A new sealing key, and every subject's key wrapped under it (`atrium admin rotate-sealing-key`)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from atrium_common.settings import Settings
from atrium_local.data_directory import DataDirectory, random_key
from atrium_local.operated import opened
from atrium_local.remembered import is_remembered, remember

SEALING_KEYS = "ATRIUM_SEALING_KEYS"


@dataclass(frozen=True, slots=True)
class Rotated:
    """The key that seals now, how many subjects' keys were wrapped anew by service, and the old keys that stay."""

    current: str
    rewrapped: Mapping[str, int]
    kept: Sequence[str]


async def rotated(settings: Settings, directory: DataDirectory, *, drop_old: bool) -> Rotated:
    """Rotate.

    The new key is written before anything is wrapped under it, and old ones are dropped after nothing is: a crash at
    any moment leaves every key that is needed, and running it again goes on.

    Raises:
        DirectoryInUse: the keys are in the data directory, and processes run there with the old ones.
    """
    kept = directory.kept_secrets() if directory.is_one() else {}
    if kept.get(SEALING_KEYS) != settings.sealing_keys.get_secret_value():
        return await _rewrapped(settings)
    with directory.alone():
        keys = f"{_next_id(kept[SEALING_KEYS])}:{random_key()},{kept[SEALING_KEYS]}"
        directory.write_secrets({**kept, SEALING_KEYS: keys})
        os.environ[SEALING_KEYS] = keys
        done = await _rewrapped(settings.model_copy(update={"sealing_keys": SecretStr(keys)}))
        if is_remembered(directory.path):
            remember(directory.path, settings, {**kept, SEALING_KEYS: keys})
        if drop_old:
            directory.write_secrets({**kept, SEALING_KEYS: keys.partition(",")[0]})
            return Rotated(done.current, done.rewrapped, ())
        return done


async def _rewrapped(settings: Settings) -> Rotated:
    rewrapped: dict[str, int] = {}
    ids = [part.partition(":")[0].strip() for part in settings.sealing_keys.get_secret_value().split(",")]
    async with opened(settings) as stores:
        for name, service in stores.items():
            rewrapped[name] = await service.vault.rewrap()
            await service.store.scrub()
    return Rotated(ids[0], rewrapped, ids[1:])


def _next_id(keys: str) -> str:
    numbers = [int(found) for found in re.findall(r"(?:^|,)\s*k(\d+):", keys)]
    return f"k{max(numbers, default=0) + 1}"
