"""The one thread that writes: what has queued up becomes one transaction and one fsync."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

from atrium_common.store.ports import StoreUnavailable
from atrium_common.store.sqlite.connection import connect, identity

R = TypeVar("R")
_Job: TypeAlias = tuple[Callable[[sqlite3.Connection], Any], "asyncio.Future[Any]"]
_Settled: TypeAlias = tuple["asyncio.Future[Any]", Any, BaseException | None]

GROUP = 512
"""The most jobs of one transaction."""


class Writer:
    """Runs jobs in order, each inside a transaction that is durable before the job's caller hears of it.

    A job may refuse by raising, as long as it has written nothing by then. What would be written to a file that is not
    in its place any more is refused, and the next transaction looks for it there again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._committed: Callable[[], None] = lambda: None
        self._replaced: Callable[[], None] = lambda: None
        self._file: tuple[int, int] | None = None

    def start(self, *, committed: Callable[[], None], replaced: Callable[[], None]) -> None:
        """Start the thread.

        Both are called on the event loop: `committed` after each transaction, `replaced` once another file is in place
        of the one that was there.
        """
        self._loop = asyncio.get_running_loop()
        self._committed = committed
        self._replaced = replaced
        self._thread = threading.Thread(target=self._run, name=f"writer {self._path.name}", daemon=True)
        self._thread.start()

    async def do(self, job: Callable[[sqlite3.Connection], R]) -> R:
        """Run the job and return its result once it is durable.

        Raises:
            StoreUnavailable: the transaction failed, or the store is closed.
        """
        if self._loop is None:
            raise StoreUnavailable("the store is not open")
        future: asyncio.Future[R] = self._loop.create_future()
        self._jobs.put((job, future))
        return await future

    async def stop(self) -> None:
        """Finish what is queued and end the thread."""
        thread, self._thread, self._loop = self._thread, None, None
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        loop = cast("asyncio.AbstractEventLoop", self._loop)
        ending = False
        while not ending:
            jobs, ending = self._next_group()
            try:
                connection = connection or self._connected(loop)
                settled = self._transact(connection, jobs)
            except (sqlite3.Error, StoreUnavailable) as error:
                if connection is not None:
                    # A connection that met a full disk or a lost file is not trusted again.
                    with contextlib.suppress(sqlite3.Error):
                        connection.close()
                    connection = None
                fault = error if isinstance(error, StoreUnavailable) else StoreUnavailable(f"SQLite: {error}")
                settled = [(future, None, fault) for _, future in jobs]
            with contextlib.suppress(RuntimeError):  # the loop may be gone at the very end
                loop.call_soon_threadsafe(self._settle, settled)
        if connection is not None:
            connection.close()

    def _connected(self, loop: asyncio.AbstractEventLoop) -> sqlite3.Connection:
        connection = connect(self._path, writable=True, create=self._file is None)
        try:
            file = identity(self._path)
        except StoreUnavailable:
            connection.close()
            raise
        if self._file not in {None, file}:
            loop.call_soon_threadsafe(self._replaced)
        self._file = file
        return connection

    def _demand_same_file(self) -> None:
        if identity(self._path) != self._file:
            raise StoreUnavailable(f"{self._path.name} is not the file any more that was opened")

    def _next_group(self) -> tuple[list[_Job], bool]:
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) >= GROUP:
                return jobs, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _settle(self, settled: list[_Settled]) -> None:
        for future, result, error in settled:
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        self._committed()

    def _transact(self, connection: sqlite3.Connection, jobs: list[_Job]) -> list[_Settled]:
        if not jobs:
            return []
        settled: list[_Settled] = []
        connection.execute("BEGIN IMMEDIATE")
        try:
            for job, future in jobs:
                try:
                    settled.append((future, job(connection), None))
                except sqlite3.Error:
                    raise
                except Exception as refusal:
                    settled.append((future, None, refusal))
            self._demand_same_file()
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        return settled
