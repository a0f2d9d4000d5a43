"""Connections to the file, and what their errors mean."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from atrium_common.store.ports import StoreUnavailable

BUSY_SECONDS = 10.0


def connect(path: Path, *, writable: bool, create: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode; usable from any one thread at a time. A file that is not there may be created.

    Raises:
        StoreUnavailable: the file can't be opened.
    """
    with _opening(path):
        mode = "rwc" if create else "rw" if writable else "ro"
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        if writable:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            # A write-ahead log that is begun anew soon is overwritten, and need not grow: a growing file makes every
            # fsync nearly twice as dear. 1000 pages measured best. A thread that folds the log in beside the commits
            # spared one writer nothing, and made 64 of them a fifth slower: it takes the disk from the same commits.
            connection.execute("PRAGMA wal_autocheckpoint = 1000")
        connection.execute("PRAGMA cache_size = -32000")
        return connection


def identity(path: Path) -> tuple[int, int]:
    """Which file is there now: a connection goes on with its own where that was moved away or removed.

    Raises:
        StoreUnavailable: none is.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise StoreUnavailable(f"{path.name}: {error.strerror}") from error
    return found.st_dev, found.st_ino


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    """Say which file it is that can't be opened, and why where that can be told: SQLite says neither."""
    try:
        yield
    except sqlite3.Error as error:
        wanted = os.R_OK | os.W_OK
        refused = path.exists() and not os.access(path, wanted)
        why = "this user may not read and write it" if refused else str(error)
        raise StoreUnavailable(f"SQLite: {path}: {why}") from error


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into the port's."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"SQLite: {error}") from error
