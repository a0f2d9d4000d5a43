"""Whom the installation has forgotten, as `atrium admin erasures` writes it and `admin restore --erasures` reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from atrium_common.settings import Settings
from atrium_local.operated import opened
from atrium_local.options import Failed

_ERASED = re.compile(r"(usr|inv|wh)_[0-9abcdefghjkmnpqrstvwxyz]{26}")
"""People; the invitations to their addresses, and endpoints that were deleted, are forgotten in the same way."""


async def erased(settings: Settings) -> list[str]:
    """Who was erased, in whatever service.

    Raises:
        Failed, StoreUnavailable: there are no stores, or they can't be read.
    """
    async with opened(settings) as stores:
        forgotten = [await service.vault.forgotten() for service in stores.values()]
    return sorted({subject for subjects in forgotten for subject in subjects if _ERASED.fullmatch(subject)})


def read_erasures(path: Path) -> list[str]:
    """The ids in a file that `admin erasures` has written, one a line or as JSON; the whole file is checked.

    Raises:
        Failed: it can't be read, or something in it is no such id; the text says where.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Failed(f"--erasures {path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Failed(f"--erasures {path} is no text") from error
    ids: set[str] = set()
    for where, entry in _entries(path, text):
        if not isinstance(entry, str) or not _ERASED.fullmatch(entry):
            what = "no id of an erased user (usr_…): give what `admin erasures` wrote"
            raise Failed(f"--erasures {path}, {where}: {what}")
        ids.add(entry)
    return sorted(ids)


def _entries(path: Path, text: str) -> Iterable[tuple[str, object]]:
    if not text.lstrip().startswith(("[", "{")):
        return _lines(text)
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise Failed(f"--erasures {path} is no JSON: {error}") from error
    if not isinstance(entries, list):
        raise Failed(f"--erasures {path} is no list of ids: give what `admin erasures --json` wrote")
    return ((f"entry {number}", entry) for number, entry in enumerate(entries, start=1))


def _lines(text: str) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield f"line {number}", line.strip()
