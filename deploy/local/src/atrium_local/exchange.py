"""Staged files put in the place of those that are there: written down first, so that what is cut off can be finished.

The plan is a file of the directory. While it is there, the directory is half of one state and half of another: whoever
finds it finishes it (`DataDirectory`), before anything is read or made.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

PLAN = "restore.json"
STAGED = "restoring-"
REPLACED = "replaced-"


def exchange(directory: Path, staged: Path, there: Iterable[str]) -> Path | None:
    """Move these files of the directory aside, and all staged ones in; where those moved aside are now, if any.

    Call it with the directory held alone. `staged` lies in the directory, and is removed at the end.
    """
    aside = [name for name in there if (directory / name).exists()]
    arriving = sorted(path.name for path in staged.iterdir())
    replaced = f"{REPLACED}{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    for name in arriving:
        _sync(staged / name)
    _sync(staged)
    plan = {"staged": staged.name, "replaced": replaced, "aside": aside, "arriving": arriving}
    unfinished = directory / f"{PLAN}.new"
    unfinished.write_text(json.dumps(plan))
    _sync(unfinished)
    unfinished.rename(directory / PLAN)
    _sync(directory)
    finish(directory)
    return directory / replaced if aside else None


def is_cut_off(directory: Path) -> bool:
    """Whether an exchange has begun here and not ended."""
    return (directory / PLAN).exists()


def finish(directory: Path) -> None:
    """Carry an exchange that was cut off through, wherever it was; call it with the directory held alone."""
    if not is_cut_off(directory):
        return
    plan = json.loads((directory / PLAN).read_text())
    staged, replaced = directory / plan["staged"], directory / plan["replaced"]
    if plan["aside"]:
        replaced.mkdir(mode=0o700, exist_ok=True)
        # What is aside already has been replaced by now, perhaps: it is not moved twice.
        _move([name for name in plan["aside"] if not (replaced / name).exists()], directory, replaced)
    _move(plan["arriving"], staged, directory)
    (directory / PLAN).unlink()
    _sync(directory)
    shutil.rmtree(staged, ignore_errors=True)


def _move(names: Sequence[str], source: Path, target: Path) -> None:
    for name in names:
        if (source / name).exists():
            (source / name).rename(target / name)
    for path in (source, target):
        if path.exists():
            _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
