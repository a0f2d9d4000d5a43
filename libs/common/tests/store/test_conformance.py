import asyncio

import pytest

from atrium_common.store.ports import Documents, EventLog, Store
from atrium_common.testing.conformance.documents import OTHERS, THINGS, DocumentsConformance
from atrium_common.testing.conformance.event_log import EventLogConformance, one, proposal


@pytest.fixture
async def opened(store: Store) -> Store:
    await store.open([THINGS, OTHERS])
    await store.open([THINGS, OTHERS])
    await store.documents.drop(THINGS.name)
    return store


class TestEventLog(EventLogConformance):
    @pytest.fixture
    def log(self, opened: Store) -> EventLog:
        return opened.log


class TestDocuments(DocumentsConformance):
    @pytest.fixture
    def documents(self, opened: Store) -> Documents:
        return opened.documents


async def test_an_open_store_answers_and_tells_the_time(opened: Store) -> None:
    await opened.ping()
    assert (await opened.now()).tzinfo is not None


async def test_closing_finishes_what_is_queued(opened: Store) -> None:
    appending = [asyncio.create_task(opened.log.append(proposal(one(f"a/{number}", 0)))) for number in range(20)]
    await asyncio.sleep(0)
    await opened.close()
    assert [(await each).commit.position for each in appending] == list(range(1, 21))
