"""Reading connections: one for the event loop's own short look-ups, a few in threads for longer reads."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from atrium_common.store.ports import StoreUnavailable
from atrium_common.store.sqlite.connection import connect, translated

R = TypeVar("R")
_THREADS = 2


class Reader:
    """Reads what has been committed, by any process. Every read is one statement: no snapshot is ever held."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inline: sqlite3.Connection | None = None
        self._spare: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._pool: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Open the event loop's connection.

        Raises:
            StoreUnavailable: the file can't be opened.
        """
        self._inline = connect(self._path, writable=False)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"reader {self._path.name}")

    def renew(self) -> None:
        """Read from the file that is in place now."""
        self.stop()
        with contextlib.suppress(StoreUnavailable):
            self.start()

    def point(self, read: Callable[[sqlite3.Connection], R]) -> R:
        """Run a short, indexed look-up here and now: tens of microseconds, less than a thread's hand-over."""
        if self._inline is None:
            raise StoreUnavailable("the store is not open")
        with translated():
            return read(self._inline)

    async def scan(self, read: Callable[[sqlite3.Connection], R]) -> R:
        """Run a longer read in a thread."""
        if self._pool is None:
            raise StoreUnavailable("the store is not open")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._in_thread, read)

    def stop(self) -> None:
        """Close every connection."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True)
        if self._inline is not None:
            self._inline.close()
            self._inline = None
        while not self._spare.empty():
            self._spare.get().close()

    def _in_thread(self, read: Callable[[sqlite3.Connection], R]) -> R:
        try:
            connection = self._spare.get_nowait()
        except queue.Empty:
            connection = connect(self._path, writable=False)
        with translated():
            try:
                return read(connection)
            finally:
                self._spare.put(connection)
