"""What a backup says of itself, written by `admin backup` and obeyed by `admin restore`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from atrium_common.clock import Clock, rfc3339
from atrium_common.eventing.vault import MasterKeys
from atrium_common.principal import PrincipalKeys
from atrium_common.store.ports import StoreUnavailable
from atrium_common.store.sqlite.store import verify
from atrium_local.data_directory import SECRETS, DataDirectory
from atrium_local.options import Failed

MANIFEST = "backup.json"
FORMAT = 1


def write_manifest(backup: Path, *, clock: Clock) -> list[str]:
    """Name every file of the backup in it; the names."""
    names = sorted(path.name for path in backup.iterdir())
    manifest = {"format": FORMAT, "made_at": rfc3339(clock.now()), "files": names}
    (backup / MANIFEST).write_text(json.dumps(manifest, indent=1))
    return names


def copy_whole(backup: Path, target: Path) -> Mapping[str, str]:
    """Copy every file that the manifest names, and check what arrived; the backup's keys. The backup stays as it is.

    Raises:
        Failed: it is no backup, of an unknown format, or a file of it is missing or damaged; the text names it.
    """
    for name in _named(backup):
        try:
            shutil.copy2(backup / name, target / name)
            if name.endswith(".db"):
                verify(target / name)
        except StoreUnavailable as error:
            raise Failed(f"{backup / name} is damaged ({error}): restore another backup") from error
        except FileNotFoundError as error:
            raise Failed(f"{backup / name} is missing, though {MANIFEST} names it: restore another backup") from error
    return _keys(backup)


def _named(backup: Path) -> Sequence[str]:
    if not (backup / MANIFEST).exists():
        raise Failed(f"{backup} is no backup: it has no {MANIFEST}")
    try:
        manifest = json.loads((backup / MANIFEST).read_text())
        made, names = manifest["format"], manifest["files"]
    except (ValueError, KeyError, TypeError) as error:
        raise Failed(f"{backup / MANIFEST} is damaged: restore another backup") from error
    if made != FORMAT:
        raise Failed(f"{backup / MANIFEST} is of format {made}, this version reads {FORMAT}: use the one that made it")
    if not isinstance(names, list) or not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise Failed(f"{backup / MANIFEST} names what can't be a file of it: restore another backup")
    if "secrets" not in names or not any(name.endswith(".db") for name in names):
        raise Failed(f"{backup / MANIFEST} names no secrets or no databases: restore another backup")
    return names


def _keys(backup: Path) -> Mapping[str, str]:
    keys = DataDirectory(backup).kept_secrets()
    try:
        MasterKeys.parse(keys["ATRIUM_SEALING_KEYS"])
        PrincipalKeys.parse(keys["ATRIUM_PRINCIPAL_KEYS"])
        if all(keys[name] for name in SECRETS):
            return keys
    except (KeyError, ValueError):
        pass  # what is wrong with a key may show it
    raise Failed(f"{backup / 'secrets'} is damaged: it must hold {', '.join(SECRETS)}") from None
