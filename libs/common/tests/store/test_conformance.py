from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atrium_common.store.memory import MemoryStore
from atrium_common.store.mongo import MongoStore
from atrium_common.store.ports import Documents, EventLog, Store
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.clock import FakeClock
from atrium_common.testing.conformance.documents import THINGS, DocumentsConformance
from atrium_common.testing.conformance.event_log import EventLogConformance

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
    made: Store
    if request.param == "memory":
        made = MemoryStore(clock=clock)
    elif request.param == "sqlite":
        made = SqliteStore(tmp_path / "store.db", clock=clock)
    else:
        url = request.getfixturevalue("mongodb_url")
        made = MongoStore(url, database=f"t_{tmp_path.name[-40:]}", driver=request.param, clock=clock)
    await made.open([THINGS])
    await made.open([THINGS])
    await made.documents.drop(THINGS.name)
    yield made
    await made.close()


class TestEventLog(EventLogConformance):
    @pytest.fixture
    def log(self, store: Store) -> EventLog:
        return store.log


class TestDocuments(DocumentsConformance):
    @pytest.fixture
    def documents(self, store: Store) -> Documents:
        return store.documents


async def test_an_open_store_answers_and_tells_the_time(store: Store) -> None:
    await store.ping()
    assert (await store.now()).tzinfo is not None
