"""Writes of many attempts, gathered: while one group is being made durable, the next one queues up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from atrium_common.store.documents import Delete, Put
from atrium_common.store.ports import Documents, StoreUnavailable

_MOST = 512


class Settler:
    """Writes single documents in groups; each caller hears of its own."""

    def __init__(self, documents: Documents, *, groups: int = 2) -> None:
        """`groups` may be on their way to the store at once."""
        self._documents = documents
        self._groups = groups
        self._queued: list[tuple[Put | Delete, asyncio.Future[bool]]] = []
        self._writing: set[asyncio.Task[None]] = set()

    async def write(self, write: Put | Delete) -> bool:
        """Whether the write's guard held; durable when this returns.

        Raises:
            StoreUnavailable: it may have been done or not.
        """
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queued.append((write, future))
        if len(self._writing) < self._groups:
            task = asyncio.create_task(self._run())
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        return await future

    async def _run(self) -> None:
        while self._queued:
            group, self._queued = self._queued[:_MOST], self._queued[_MOST:]
            await self._make(group)

    async def _make(self, group: Sequence[tuple[Put | Delete, asyncio.Future[bool]]]) -> None:
        try:
            done = await self._documents.write([write for write, _ in group])
        except Exception as error:
            if len(group) > 1 and not isinstance(error, StoreUnavailable):
                for each in group:  # one that can't be written is nothing to those that are gathered with it
                    await self._make([each])
                return
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), each_done in zip(group, done, strict=True):
            if not future.done():
                future.set_result(each_done)
