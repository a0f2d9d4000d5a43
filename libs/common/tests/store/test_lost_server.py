from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from atrium_common.store.documents import Absent, Any, Is, Newer, Put, Query
from atrium_common.store.mongo import MongoStore
from atrium_common.store.mongo.driver import Driver
from atrium_common.store.ports import StoreUnavailable
from atrium_common.testing.conformance.documents import THINGS, put
from tests.infra.jars import Unavailable
from tests.infra.mongo import MongoServer

SECONDS = 2.0


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
