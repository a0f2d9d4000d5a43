"""Folding the write-ahead log into the file beside the commits, so that none of them waits for it.

SQLite would do it within the commit that has made the log long enough. Here a thread copies the most of it while the
writer goes on; what was written meanwhile is little, and the writer folds that in itself between two transactions:
then the log begins anew, and does not grow.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

from atrium_common.store.ports import StoreUnavailable
from atrium_common.store.sqlite.connection import connect

EVERY = 500
"""After so many changed rows: about a thousand pages. More pages than that measured no better."""
_FOLD = "PRAGMA wal_checkpoint(PASSIVE)"


class Folding:
    """Folds what one writer writes. Everything but the copying runs in the writer's thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun_at = 0
        self._copying: threading.Thread | None = None

    def renewed(self, connection: sqlite3.Connection) -> None:
        """The writer has another connection."""
        self._begun_at = connection.total_changes

    def written(self, connection: sqlite3.Connection) -> None:
        """Do what is due between two transactions of the writer."""
        if self._copying is None:
            if connection.total_changes - self._begun_at >= EVERY:
                self._begun_at = connection.total_changes
                self._copying = threading.Thread(target=self._copy, name=f"folding {self._path.name}", daemon=True)
                self._copying.start()
        elif not self._copying.is_alive() and _is_folded(connection):
            self._copying = None

    def stop(self) -> None:
        """Wait for the copying; closing the last connection folds in what is left."""
        if self._copying is not None:
            self._copying.join()

    def _copy(self) -> None:
        # What fails here the writer meets too, or it is tried again.
        with (
            contextlib.suppress(sqlite3.Error, StoreUnavailable),
            contextlib.closing(connect(self._path, writable=True)) as connection,
        ):
            connection.execute(_FOLD).fetchone()


def _is_folded(connection: sqlite3.Connection) -> bool:
    """Fold in what is left; whether nothing is. Others that read or write at this very moment may keep it from that."""
    with contextlib.suppress(sqlite3.Error):
        _, written, folded = connection.execute(_FOLD).fetchone()
        return bool(written == folded)
    return True
