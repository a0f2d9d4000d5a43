"""One service's store in one file; several processes of the machine may have it open."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from atrium_common.clock import Clock, SystemClock
from atrium_common.store.documents import Collection
from atrium_common.store.ports import StoreUnavailable
from atrium_common.store.sqlite.connection import connect, translated
from atrium_common.store.sqlite.documents import SqliteDocuments
from atrium_common.store.sqlite.log import SCHEMA, SqliteEventLog
from atrium_common.store.sqlite.reader import Reader
from atrium_common.store.sqlite.writer import Writer

SCRUB_SECONDS = 15.0
_SCRUB_PAUSE = 0.1


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
            self._writer.start(committed=self.log.notify, replaced=self._reader.renew)
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

        Freed pages are overwritten as they are freed (`secure_delete`).
        """
        deadline = asyncio.get_running_loop().time() + SCRUB_SECONDS
        while True:
            with contextlib.suppress(StoreUnavailable):  # locked by another's write: try again
                if await asyncio.to_thread(self._truncate):
                    return True
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(_SCRUB_PAUSE)

    async def copy_to(self, path: Path) -> None:
        """Copy the store as it is at one moment into a file that does not exist yet, while everything runs.

        The only long read transaction there is: the write-ahead log may grow until it ends.

        Raises:
            StoreUnavailable: a file can't be read or written, or the copy is not whole.
        """
        await asyncio.to_thread(copy, self._path, path)

    async def close(self) -> None:
        """See `Store.close`."""
        self._opened = False
        # The writer's connection is closed last: only it can fold the write-ahead log in and remove it.
        self._reader.stop()
        await self._writer.stop()

    def _truncate(self) -> bool:
        with translated(), contextlib.closing(sqlite3.connect(self._path, timeout=1.0, isolation_level=None)) as own:
            busy, _, _ = own.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy


def copy(source: Path, target: Path) -> None:
    """Copy one database file into another as it is at one moment, and check that the copy is whole.

    Raises:
        StoreUnavailable: a file can't be read or written, or the copy is damaged.
    """
    with (
        translated(),
        contextlib.closing(connect(source, writable=False)) as from_,
        contextlib.closing(sqlite3.connect(target)) as to,
    ):
        from_.backup(to)
        (word,) = to.execute("PRAGMA quick_check(1)").fetchone()
        if word != "ok":
            raise StoreUnavailable(f"SQLite: the copy of {source.name} is damaged: {word}")
    with target.open("rb") as written:
        os.fsync(written.fileno())


def verify(path: Path) -> None:
    """See that a file that nobody uses is a whole database of ours.

    Raises:
        StoreUnavailable: it can't be read, is damaged, or holds no log.
    """
    with translated(), contextlib.closing(connect(path, writable=False)) as own:
        (word,) = own.execute("PRAGMA quick_check(1)").fetchone()
        if word != "ok":
            raise StoreUnavailable(f"SQLite: {word}")
        own.execute("SELECT max(position) FROM commits").fetchone()


def _create_log(connection: sqlite3.Connection) -> None:
    for statement in SCHEMA:
        connection.execute(statement)
