from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from atrium_common.store.documents import Absent, Any, Is, Newer, Put, Query
from atrium_common.store.mongo import MongoStore
from atrium_common.store.mongo.driver import Driver, retries_writes
from atrium_common.store.ports import StoreUnavailable
from atrium_common.testing.conformance.documents import THINGS, put
from atrium_local.ports import free_port
from tests.chaos.balancer import Balancer
from tests.infra.jars import Unavailable
from tests.infra.mongo import MongoServer

SECONDS = 2.0
LANES = 16


@pytest.fixture(scope="module")
def server() -> Iterator[MongoServer]:
    try:
        made = MongoServer()
    except Unavailable as reason:
        pytest.skip(str(reason))
    made.process.start()
    yield made
    made.close()


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_a_server_that_falls_silent_is_told_within_seconds_and_found_again(
    server: MongoServer, driver: Driver
) -> None:
    warm = MongoStore(server.url, database=f"silent_{driver}", driver=driver)
    await warm.open([THINGS])
    await warm.close()
    store = MongoStore(server.url, database=f"silent_{driver}", driver=driver, operation_seconds=SECONDS)
    documents = store.documents
    await documents.write([put("known")])
    writes: list[Put] = [put("a", guard=guard) for guard in (Any(), Absent(), Newer(), Is(1))]
    server.process.pause()
    try:
        began = time.monotonic()
        told = await asyncio.gather(
            documents.get("things", "known"),
            documents.query("things", Query()),
            documents.write(writes),
            store.log.tail(),
            store.ping(),
            return_exceptions=True,
        )
        took = time.monotonic() - began
    finally:
        server.process.resume()
    assert [type(each) for each in told] == [StoreUnavailable] * len(told)
    assert took < SECONDS * 5
    async with asyncio.timeout(30):
        while True:
            try:
                assert await documents.get("things", "known") is not None
                break
            except StoreUnavailable:
                continue
    await store.close()


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_connections_that_break_under_load_are_made_anew_and_one_break_is_not_followed_by_others(
    server: MongoServer, driver: Driver
) -> None:
    port = int(server.url.rpartition(":")[2])
    async with Balancer("127.0.0.1", free_port(), lambda: [("127.0.0.1", port)]) as door:
        store = MongoStore(f"mongodb://127.0.0.1:{door.port}", database=f"broken_{driver}", driver=driver)
        await store.open([THINGS])
        good = dict.fromkeys(range(LANES), 0)
        enough = asyncio.Event()

        async def write_on(lane: int) -> None:
            # Told to end, not cancelled: in Python 3.11 a write that is just done may swallow that.
            while not enough.is_set():
                try:
                    await store.documents.write([put(f"lane-{lane}")])
                    good[lane] += 1
                except StoreUnavailable:
                    good[lane] = 0

        async def all_well(times: int) -> None:
            while min(good.values()) < times:
                await asyncio.sleep(0.01)

        async with asyncio.timeout(60), asyncio.TaskGroup() as lanes:
            for lane in good:
                lanes.create_task(write_on(lane))
            try:
                await all_well(2)
                for _ in range(4):
                    door.reset()
                    await asyncio.sleep(0.2)
                good |= dict.fromkeys(good, 0)
                began = time.monotonic()
                await all_well(10)
                took = time.monotonic() - began
            finally:
                enough.set()
        await store.close()
    # Far less than what one operation may take: none has hung.
    assert took < 10


@pytest.mark.parametrize(
    ("hello", "can"),
    [
        ({"setName": "rs0", "logicalSessionTimeoutMinutes": 30}, True),
        ({"msg": "isdbgrid", "logicalSessionTimeoutMinutes": 30}, True),
        ({"logicalSessionTimeoutMinutes": 30}, False),
        ({}, False),
    ],
)
def test_writes_are_sent_again_by_the_driver_where_the_server_is_a_replica_set_or_a_router(
    hello: dict[str, object], can: bool
) -> None:
    assert retries_writes(hello) is can
