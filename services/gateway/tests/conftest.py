"""Every kind of store on which the gateway keeps what it must not forget."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atrium_common.eventing.vault import SUBJECT_KEYS
from atrium_common.store.memory import MemoryStore
from atrium_common.store.mongo import MongoStore
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.clock import FakeClock
from atrium_gateway.stateful import COLLECTIONS


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["memory", "sqlite", pytest.param("mongo", marks=pytest.mark.mongo)])
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    made: Store
    if request.param == "memory":
        made = MemoryStore(clock=clock)
    elif request.param == "sqlite":
        made = SqliteStore(tmp_path / "gateway.db", clock=clock)
    else:
        url = request.getfixturevalue("mongodb_url")
        made = MongoStore(url, database=f"g_{os.urandom(8).hex()}", clock=clock)
    await made.open([SUBJECT_KEYS, *COLLECTIONS])
    for collection in (SUBJECT_KEYS, *COLLECTIONS):
        await made.documents.drop(collection.name)
    yield made
    await made.close()
