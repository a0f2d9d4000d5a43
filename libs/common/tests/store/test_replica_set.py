"""What replica sets, and other processes, do to a writer in the middle of its commit: told at the driver's edge."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pymongo._csot import remaining
from pymongo.errors import BulkWriteError
from pymongo.read_preferences import ReadPreference

from atrium_common.store.documents import Collection, Index
from atrium_common.store.mongo import MongoStore
from atrium_common.store.mongo.documents import MongoDocuments
from atrium_common.store.mongo.driver import Driver, connect, database
from atrium_common.store.mongo.log import MongoEventLog
from atrium_common.store.ports import StoreUnavailable
from atrium_common.testing.clock import FakeClock
from atrium_common.testing.conformance.event_log import one, proposal

NOT_ACKNOWLEDGED = {"code": 64, "errmsg": "waiting for replication timed out"}
DUPLICATE = {"index": 0, "code": 11000, "errmsg": "E11000"}
STEPPED_DOWN = {"index": 0, "code": 11602, "errmsg": "operation was interrupted"}


class Interrupted:
    """A database that does something right before the commits that it is given are written."""

    def __init__(self, real: Any, before: Callable[[], Awaitable[object]]) -> None:
        self._real = real
        self._before = before

    def __getitem__(self, name: str) -> "Interrupted":
        return Interrupted(self._real[name], self._before)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def insert_many(self, documents: Sequence[dict[str, Any]], *, ordered: bool) -> Any:
        await self._before()
        return await self._real.insert_many(documents, ordered=ordered)


class Unacknowledged:
    """A primary that a majority of its set does not follow: majority reads see nothing of what it was given."""

    def __init__(self, **answer: object) -> None:
        self.asked = 0
        self._answer = answer

    def __getitem__(self, name: str) -> "Unacknowledged":
        assert name == "commits"
        return self

    def find(self, *_asked: object) -> "Unacknowledged":
        return self

    sort = limit = find

    async def to_list(self, *, length: int | None) -> list[dict[str, Any]]:
        assert length != 0
        return []

    async def insert_many(self, documents: Sequence[dict[str, Any]], *, ordered: bool) -> None:
        assert documents
        assert ordered
        self.asked += 1
        raise BulkWriteError({"writeErrors": [], "writeConcernErrors": [], **self._answer})


class Large:
    """A database whose collections take long to index; a server gives up what its client has no time for."""

    def __init__(self) -> None:
        self.given: list[float] = []

    def __getitem__(self, name: str) -> "Large":
        assert name
        return self

    async def create_index(self, *_index: object, **_options: object) -> None:
        left = remaining()
        self.given.append(float("inf") if left is None else left)


@pytest.mark.mongo
@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_of_two_processes_with_one_command_each_answers_with_the_commit_that_is_there(
    mongodb_url: str, driver: Driver
) -> None:
    name = f"t_{uuid.uuid4().hex}"
    here, there = (MongoStore(mongodb_url, database=name, driver=driver) for _ in range(2))
    client = connect(mongodb_url, driver)
    await here.open([])
    ours = proposal(one("a/ours", 0), command="the-command")
    theirs = replace(proposal(one("a/theirs", 0), command="the-command"), outcome={"id": "theirs"})
    here.log.move(Interrupted(database(client, name), lambda: there.log.append(theirs)))
    appended = await here.log.append(ours)
    assert appended.replayed
    assert appended.commit.proposal == theirs
    assert await here.log.tail() == 1
    for store in (here, there):
        await store.close()
    closing = client.close()
    if closing is not None:
        await closing


@pytest.mark.parametrize(
    "answer",
    [
        {"writeConcernErrors": [NOT_ACKNOWLEDGED]},
        # The commit of the try before is in the primary's way, where a majority still does not have it.
        {"writeErrors": [DUPLICATE], "writeConcernErrors": [NOT_ACKNOWLEDGED]},
        {"writeErrors": [STEPPED_DOWN]},
    ],
)
async def test_a_commit_that_no_majority_takes_is_told_as_unknown_at_once(answer: dict[str, object]) -> None:
    commits = Unacknowledged(**answer)
    log = MongoEventLog(commits)
    with pytest.raises(StoreUnavailable):
        await log.append(proposal(one("a/1", 0)))
    assert commits.asked == 1


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_decisions_are_read_from_the_primary_whatever_the_url_prefers(driver: Driver) -> None:
    client = connect("mongodb://127.0.0.1:1/?readPreference=secondaryPreferred&readConcernLevel=local&w=1", driver)
    there = database(client, "d")
    assert there["commits"].read_preference == ReadPreference.PRIMARY
    assert there["commits"].read_concern.level == "majority"
    assert there["commits"].write_concern.document == {"w": "majority", "j": True}


async def test_indexes_of_large_collections_get_hours_to_be_built() -> None:
    large = Large()
    await MongoEventLog(large).open()
    await MongoDocuments(large, FakeClock()).declare([Collection("deliveries", (Index(("due",)),), frozenset({"w"}))])
    assert len(large.given) == 5
    assert min(large.given) > 3600
