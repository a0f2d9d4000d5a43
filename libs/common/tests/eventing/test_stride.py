"""Whoever reads on in a log of large commits holds few of them at once, and small ones by the hundred."""

import uuid
from collections.abc import Sequence
from pathlib import Path

from atrium_common.store.commit import Commit, EventRecord, Proposal, Slice
from atrium_common.store.ports import EventLog
from atrium_common.store.sqlite import SqliteStore
from atrium_common.store.stride import Stride
from atrium_common.store.whole import every_commit
from atrium_common.testing.clock import START

LARGE, SMALL = 300_000, 100
PAGE = 10 * LARGE * 2


def page(size: int, count: int) -> list[Commit]:
    return [Commit(number, Proposal("c", START, ()), size) for number in range(count)]


def test_pages_grow_while_commits_are_small_and_shrink_where_they_are_large() -> None:
    stride = Stride(500)
    asked = []
    for size in (SMALL, SMALL, SMALL, SMALL, LARGE, LARGE, LARGE, LARGE, LARGE):
        asked.append(stride.limit)
        assert stride.took(page(size, stride.limit))
    assert asked == [10, 40, 160, 500, 500, 125, 31, 7, 7]
    assert not stride.took(page(SMALL, 3))
    assert stride.limit == 7


async def test_no_page_of_a_log_of_large_commits_takes_more_than_some_megabytes(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "large.db")
    await store.open([])
    for number in range(30):
        record = EventRecord(f"evt_{number}", "a.b", 1, {"text": "x" * LARGE})
        await store.log.append(Proposal(uuid.uuid4().hex, START, (Slice(f"a/{number}", 0, (record,)),)))
    sizes: list[int] = []

    class Measured:
        async def read_log(self, *, after: int, limit: int) -> Sequence[Commit]:
            found = await store.log.read_log(after=after, limit=limit)
            sizes.append(sum(commit.size for commit in found))
            return found

    log: EventLog = Measured()  # type: ignore[assignment]  # nothing else is asked for
    assert [commit.position async for commit in every_commit(log)] == list(range(1, 31))
    assert max(sizes) < PAGE
    await store.close()
