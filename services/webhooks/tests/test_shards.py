"""A process that could not show its life for a while: whatever was refused meanwhile is told of afterwards."""

from collections.abc import Collection, Sequence

import pytest

from atrium_common.store.documents import Any, Delete, Document, Put, Query
from atrium_common.store.memory import MemoryDocuments
from atrium_common.store.ports import StoreUnavailable
from atrium_common.testing.clock import FakeClock
from atrium_webhooks.application.shards import Shards
from atrium_webhooks.rows import DISPATCHERS


class Slow(MemoryDocuments):
    """Documents of a store that takes its time to write, and may not answer questions."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.declare([DISPATCHERS])
        self.seconds = 0.0
        self.silent = False
        self._passes = clock.advance

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        self._passes(self.seconds)
        return await super().write(writes)

    async def query(self, collection: str, query: Query) -> Sequence[Document]:
        if self.silent:
            raise StoreUnavailable("silent")
        return await super().query(collection, query)


class Told:
    """Whom shards are held for."""

    def __init__(self) -> None:
        self.resumptions = 0

    def taken(self, shards: Collection[int]) -> None:
        assert shards

    def left(self, shards: Collection[int]) -> None:
        raise AssertionError(shards)

    def resumed(self) -> None:
        self.resumptions += 1

    def busy(self) -> Collection[int]:
        return ()


async def test_a_beat_that_comes_too_late_only_by_the_time_that_it_takes_is_told_of() -> None:
    clock, told = FakeClock(), Told()
    documents = Slow(clock)
    shards = Shards(documents, holder="d_1", clock=clock)
    await shards.step(told)
    before = told.resumptions
    clock.advance(1.9)
    assert shards.holds(0)
    documents.seconds = 0.2  # what was to begin in the last tenth of a second was refused
    await shards.step(told)
    assert shards.holds(0)
    assert told.resumptions == before + 1


async def test_a_late_beat_behind_which_the_store_is_silent_is_told_of_by_the_next_one() -> None:
    clock, told = FakeClock(), Told()
    documents = Slow(clock)
    shards = Shards(documents, holder="d_1", clock=clock)
    await shards.step(told)
    before = told.resumptions
    clock.advance(5)
    assert not shards.holds(0)
    documents.silent = True
    with pytest.raises(StoreUnavailable):
        await shards.step(told)
    documents.silent = False
    await shards.step(told)
    assert shards.holds(0)
    assert told.resumptions == before + 1


class Sharing(Told):
    """Whom fewer shards are held for where others come."""

    def left(self, shards: Collection[int]) -> None:
        assert shards


async def test_a_process_knows_whether_it_has_seen_others() -> None:
    clock, told = FakeClock(), Sharing()
    documents = Slow(clock)
    shards = Shards(documents, holder="d_1", clock=clock)
    assert not shards.is_alone
    await shards.step(told)
    assert shards.is_alone
    await documents.write([Put(DISPATCHERS.name, "d_2", {"beat": 1}, 1, Any())])
    await shards.step(told)
    assert not shards.is_alone
    documents.silent = True
    with pytest.raises(StoreUnavailable):
        await shards.step(told)
    assert not shards.is_alone
