"""Wakes reach who serves the line, and cost a process that is alone next to nothing."""

import asyncio

from atrium_common.store.documents import Query
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_webhooks.application.wakes import Wakes
from atrium_webhooks.rows import WAKES


async def test_what_a_process_leaves_while_it_is_alone_is_heard_by_itself_and_taken_away() -> None:
    store = MemoryStore(clock=FakeClock())
    await store.open([WAKES])
    wakes = Wakes(store.documents)
    heard: asyncio.Queue[str] = asyncio.Queue()
    heeding = asyncio.create_task(wakes.heed(lambda each: each != "wh_3", heard.put_nowait, alone=lambda: True))
    async with asyncio.timeout(10):
        for endpoint_id in ("wh_1", "wh_2"):
            await wakes.leave(["wh_3", endpoint_id])
            assert await heard.get() == endpoint_id
        while [each.key for each in await store.documents.query(WAKES.name, Query())] != ["wh_3"]:
            await asyncio.sleep(0)
    heeding.cancel()
