"""Wakes reach who serves the line, and cost a process that is alone next to nothing."""

import asyncio
from collections.abc import Sequence

from atrium_common.store.documents import Delete, Document, Put, Query
from atrium_common.store.memory import MemoryDocuments, MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_webhooks.application.wakes import Wakes
from atrium_webhooks.rows import WAKES


async def test_what_a_process_leaves_while_it_is_alone_is_heard_by_itself_and_taken_away() -> None:
    store = MemoryStore(clock=FakeClock())
    await store.open([WAKES])
    wakes = Wakes(store.documents, seldom=3600)
    heard: asyncio.Queue[str] = asyncio.Queue()
    heeding = asyncio.create_task(wakes.heed(lambda each: each != "wh_3", heard.put_nowait, alone=lambda: True))
    async with asyncio.timeout(10):
        for endpoint_id in ("wh_1", "wh_2"):
            await wakes.leave(["wh_3", endpoint_id])
            assert await heard.get() == endpoint_id
        while [each.key for each in await store.documents.query(WAKES.name, Query())] != ["wh_3"]:
            await asyncio.sleep(0)
    heeding.cancel()


class Slow(MemoryDocuments):
    """Takes a write in only when somebody has looked meanwhile."""

    def __init__(self) -> None:
        super().__init__(FakeClock())
        self.declare([WAKES])
        self.looked = asyncio.Event()

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        if isinstance(writes[0], Put):
            self.looked.clear()
            await self.looked.wait()
        return await super().write(writes)

    async def query(self, collection: str, query: Query) -> Sequence[Document]:
        self.looked.set()
        return await super().query(collection, query)


async def test_what_is_still_being_written_while_its_writer_looks_is_heard_with_the_next_look() -> None:
    documents = Slow()
    wakes = Wakes(documents, seldom=3600)
    heard = asyncio.Event()
    heeding = asyncio.create_task(wakes.heed(lambda _: True, lambda _: heard.set(), alone=lambda: True))
    async with asyncio.timeout(20):
        await wakes.leave(["wh_1"])
        await heard.wait()
    heeding.cancel()
