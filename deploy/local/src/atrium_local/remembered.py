"""What a data directory remembers of its installation, so that one of which a part is lost is not taken for a new one.

A file of it names the kind of its stores and stream, its databases and, by fingerprint, its keys. Directories of
versions that wrote none are told by what is in them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from atrium_common.settings import Settings
from atrium_local.data_directory import SECRETS, DataDirectory, given_secrets
from atrium_local.exchange import REPLACED, STAGED

RECORD = "installation.json"
SQLITE, MONGODB = "SQLite", "MongoDB"
LOGS, KAFKA = "the logs", "Kafka"
_DATABASES = ("entitlements.db", "gateway.db", "tenancy.db", "webhooks.db")
"""What every version that kept no record had."""


class PartLost(ValueError):
    """The directory's installation is not what is there; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The installation.

    Attributes:
        stores: `SQLite` or `MongoDB`.
        databases: the files of its stores, where they are in the directory.
        sealing_key: id and fingerprint of the key that sealed last, like `k1:8f…`; empty where unknown.
        lookup_key: the look-up key's fingerprint; empty where unknown.
        stream: where events are heard, `the logs` or `Kafka`; empty where unknown.
    """

    stores: str
    databases: tuple[str, ...]
    sealing_key: str = ""
    lookup_key: str = ""
    stream: str = ""


def remember(directory: Path, settings: Settings, keys: Mapping[str, str]) -> None:
    """Note what there is now; call it when all stores are there."""
    databases = _there(directory) if settings.mongodb_url is None else ()
    stores = MONGODB if settings.mongodb_url is not None else SQLITE
    sealing = _fingerprints(keys["ATRIUM_SEALING_KEYS"])[0]
    stream = KAFKA if settings.kafka_bootstrap is not None else LOGS
    record = Remembered(stores, databases, sealing, _fingerprint(keys["ATRIUM_LOOKUP_KEY"]), stream)
    unfinished = directory / f"{RECORD}.new"
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
        json.dump(asdict(record), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(directory / RECORD)


def is_remembered(directory: Path) -> bool:
    """Whether the directory has such a file."""
    return (directory / RECORD).exists()


def refuse_lost_parts(directory: Path, settings: Settings) -> None:
    """See that nothing of the installation is missing, before anything is made anew in its place.

    Raises:
        PartLost: its secrets, a database or its keys are not there, or the settings choose another kind of store, or no
            Kafka where there was one.
    """
    _refuse_lost_secrets(directory, settings)
    remembered = _remembered(directory)
    if remembered is None:
        return
    _refuse_another_kind(directory, remembered, settings)
    lost = [name for name in remembered.databases if not (directory / name).exists()]
    if lost:
        raise PartLost(
            f"{', '.join(lost)} of {directory} {'is' if len(lost) == 1 else 'are'} missing: put it back, restore a "
            "backup (`atrium admin restore`), or give another --data-dir for a new installation"
        )
    _refuse_other_keys(directory, remembered, DataDirectory(directory).secrets(settings))


def _refuse_another_kind(directory: Path, remembered: Remembered, settings: Settings) -> None:
    if remembered.stores == MONGODB and settings.mongodb_url is None:
        raise PartLost(
            f"the stores of {directory} are in MongoDB, and ATRIUM_MONGODB_URL is not set: set it (and "
            "ATRIUM_KAFKA_BOOTSTRAP, if it was), or give another --data-dir for a new installation"
        )
    if remembered.stores == SQLITE and settings.mongodb_url is not None:
        raise PartLost(
            f"the stores of {directory} are SQLite databases in it, and ATRIUM_MONGODB_URL is set: unset it, or give "
            "another --data-dir for an installation in MongoDB"
        )
    if remembered.stream == KAFKA and settings.kafka_bootstrap is None:
        # Without it all reactions would begin anew at the first event, and those who listen there hear no more.
        raise PartLost(
            f"the events of {directory} go over Kafka, and ATRIUM_KAFKA_BOOTSTRAP is not set: set it, or give another "
            "--data-dir for a new installation"
        )


def _refuse_lost_secrets(directory: Path, settings: Settings) -> None:
    if DataDirectory(directory).is_one() or all(given_secrets(settings).values()):
        return
    traces = (*_DATABASES, RECORD, "operator-key")
    left = any((directory / name).exists() for name in traces)
    moved = sorted(path.name for prefix in (REPLACED, STAGED) for path in directory.glob(f"{prefix}*"))
    if left or moved:
        aside = f". A restore has left {', '.join(moved)} in it" if moved else ""
        raise PartLost(
            f"{directory} has no file `secrets` any more, and without its keys nothing sealed opens: put it back, "
            f"restore a backup (`atrium admin restore`), set {', '.join(SECRETS)}, or give another --data-dir for a "
            f"new installation{aside}"
        )


def _refuse_other_keys(directory: Path, remembered: Remembered, keys: Mapping[str, str]) -> None:
    wrong = ""
    if remembered.sealing_key and remembered.sealing_key not in _fingerprints(keys["ATRIUM_SEALING_KEYS"]):
        wrong = "ATRIUM_SEALING_KEYS"
    elif remembered.lookup_key not in {"", _fingerprint(keys["ATRIUM_LOOKUP_KEY"])}:
        wrong = "ATRIUM_LOOKUP_KEY"
    if wrong:
        raise PartLost(
            f"{wrong} is not what {directory} was used with: it stands in the environment, a file of settings, or "
            f"{directory}/secrets. Give the former one again (a new sealing key goes before the old one)"
        )


def _remembered(directory: Path) -> Remembered | None:
    """None where nothing is known: before the first start has ended."""
    try:
        record = json.loads((directory / RECORD).read_text())
        return Remembered(**{**record, "databases": tuple(record["databases"])})
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError) as error:
        raise PartLost(f"{directory / RECORD} is damaged: remove it, it is written anew") from error
    if not (directory / "operator-key").exists():
        return None
    return Remembered(SQLITE, _DATABASES) if _there(directory) else Remembered(MONGODB, ())


def _there(directory: Path) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in directory.glob("*.db")))


def _fingerprints(keys: str) -> list[str]:
    parts = [part.strip().partition(":") for part in keys.split(",") if part.strip()]
    return [f"{key_id}:{_fingerprint(key)}" for key_id, _, key in parts]


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
