"""One service's store in one file; several processes of the machine may have it open."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from atrium_common.clock import Clock, SystemClock
from atrium_common.store.documents import Collection
from atrium_common.store.sqlite.documents import SqliteDocuments
from atrium_common.store.sqlite.log import SCHEMA, SqliteEventLog
from atrium_common.store.sqlite.reader import Reader
from atrium_common.store.sqlite.writer import Writer

_TRUNCATE_TRIES = 50


class SqliteStore:
    """See `Store`."""

    def __init__(self, path: Path, *, clock: Clock | None = None) -> None:
        self._path = path
        self._clock = clock or SystemClock()
        self._writer = Writer(path)
        self._reader = Reader(path)
        self._opened = False
        self.log = SqliteEventLog(self._writer, self._reader)
        self.documents = SqliteDocuments(self._writer, self._reader, self._clock)

    async def open(self, collections: Sequence[Collection]) -> None:
        """See `Store.open`."""
        if not self._opened:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer.start(committed=self.log.notify)
            await self._writer.do(_create_log)
            self._reader.start()
            self._opened = True
        await self.documents.declare(collections)

    async def ping(self) -> None:
        """See `Store.ping`: a write lock can be had, so the file is there and the disk answers."""
        await self._writer.do(lambda connection: connection.execute("SELECT 1").fetchone())

    async def now(self) -> datetime:
        """See `Store.now`: the machine's clock, which all processes on the file share."""
        return self._clock.now()

    async def scrub(self) -> bool:
        """See `Store.scrub`: fold the write-ahead log in and truncate it.

        Freed pages are overwritten as they are freed (`secure_delete`); the log is truncated once no reader needs it.
        """
        for _ in range(_TRUNCATE_TRIES):
            with contextlib.suppress(sqlite3.OperationalError):  # locked by another's write: try again
                if await asyncio.to_thread(self._truncate):
                    return True
            await asyncio.sleep(0.1)
        return False

    async def close(self) -> None:
        """See `Store.close`."""
        self._opened = False
        await self._writer.stop()
        self._reader.stop()

    def _truncate(self) -> bool:
        connection = sqlite3.connect(self._path, timeout=1.0, isolation_level=None)
        try:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.close()
        return not busy


def _create_log(connection: sqlite3.Connection) -> None:
    for statement in SCHEMA:
        connection.execute(statement)
