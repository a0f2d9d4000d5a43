"""What several packages of these tests share: a store of every kind."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atrium_common.store.memory import MemoryStore
from atrium_common.store.mongo import MongoStore
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.clock import FakeClock

ADAPTERS = [
    "memory",
    "sqlite",
    pytest.param("motor", marks=pytest.mark.mongo),
    pytest.param("pymongo", marks=pytest.mark.mongo),
]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=ADAPTERS)
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    """A store that is not opened yet."""
    made: Store
    if request.param == "memory":
        made = MemoryStore(clock=clock)
    elif request.param == "sqlite":
        made = SqliteStore(tmp_path / "store.db", clock=clock)
    else:
        url = request.getfixturevalue("mongodb_url")
        made = MongoStore(
            url, database=f"t_{tmp_path.name[-30:]}_{os.urandom(4).hex()}", driver=request.param, clock=clock
        )
    yield made
    await made.close()
