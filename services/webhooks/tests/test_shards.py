"""Which process serves what: never two the same; what was refused to one that was cut off is told of afterwards."""

from collections.abc import Awaitable, Callable, Collection, Sequence

import pytest

from atrium_common.store.documents import Any, Delete, Document, Put, Query
from atrium_common.store.memory import MemoryDocuments
from atrium_common.store.ports import StoreUnavailable
from atrium_common.testing.clock import FakeClock
from atrium_webhooks.application.shards import SHARDS, Shards
from atrium_webhooks.rows import DISPATCHERS


class Slow(MemoryDocuments):
    """Documents of a store that takes its time to write, may not answer questions, and says when it is asked one."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.declare([DISPATCHERS])
        self.seconds = 0.0
        self.silent = False
        self.asked: Callable[[], object] = lambda: None
        self.before_a_deletion: Awaitable[None] | None = None
        self._passes = clock.advance

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        self._passes(self.seconds)
        meanwhile, deletes = self.before_a_deletion, any(isinstance(write, Delete) for write in writes)
        if meanwhile is not None and deletes:
            self.before_a_deletion = None
            await meanwhile
        return await super().write(writes)

    async def query(self, collection: str, query: Query) -> Sequence[Document]:
        if self.silent:
            raise StoreUnavailable("silent")
        self.asked()
        return await super().query(collection, query)


class Told:
    """Whom shards are held for."""

    def __init__(self) -> None:
        self.resumptions = 0
        self.gained: list[int] = []
        self.under_way: Collection[int] = ()

    def taken(self, shards: Collection[int]) -> None:
        assert shards
        self.gained += shards

    def left(self, shards: Collection[int]) -> None:
        raise AssertionError(shards)

    def resumed(self) -> None:
        self.resumptions += 1

    def busy(self) -> Collection[int]:
        return self.under_way


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


async def test_a_process_that_was_paused_begins_nothing_before_it_has_looked_what_it_still_holds() -> None:
    clock = FakeClock()
    documents = Slow(clock)
    paused, other = (Shards(documents, holder=holder, clock=clock) for holder in ("d_1", "d_2"))
    await paused.step(Sharing())
    await other.step(Sharing())
    clock.advance(4)
    await other.step(Sharing())
    assert other.holds(0)
    held: list[bool] = []
    documents.asked = lambda: held.append(paused.holds(0))
    await paused.step(Sharing())
    assert held == [False]


async def test_a_process_that_is_paused_while_it_looks_takes_nobody_who_lives_for_dead() -> None:
    clock = FakeClock()
    documents = Slow(clock)
    one, two = (Shards(documents, holder=holder, clock=clock) for holder in ("d_1", "d_2"))
    for each in (one, two, one, two):
        await each.step(Sharing())
    documents.asked = lambda: clock.advance(4)
    await two.step(Sharing())
    assert not two.serves(0)


async def test_a_process_that_beats_while_it_is_judged_lives() -> None:
    clock = FakeClock()
    documents = Slow(clock)
    one, two = (Shards(documents, holder=holder, clock=clock) for holder in ("d_1", "d_2"))
    for each in (one, two, one, two):
        await each.step(Sharing())
    clock.advance(4)
    documents.before_a_deletion = one.step(Sharing())
    await two.step(Sharing())
    assert not two.serves(0)


async def test_a_shard_that_was_given_up_is_not_begun_anew_while_attempts_of_it_are_under_way_here() -> None:
    clock, told = FakeClock(), Sharing()
    documents = Slow(clock)
    one, two = (Shards(documents, holder=holder, clock=clock) for holder in ("d_1", "d_2"))
    told.under_way = {40}
    await one.step(told)
    await two.step(Sharing())
    await one.step(told)  # there are two now: 40 is more than its part, and handed over once nothing is under way
    assert not one.serves(40)
    await two._leave()
    told.gained.clear()
    await one.step(told)
    assert 41 in told.gained
    assert not one.serves(40)
    told.under_way = ()
    await one.step(told)
    assert one.serves(40)


async def test_a_process_that_leaves_hands_over_at_once_what_has_nothing_under_way_and_the_rest_as_soon_as_it_has() -> (
    None
):
    clock, told = FakeClock(), Sharing()
    documents = Slow(clock)
    one, two = (Shards(documents, holder=holder, clock=clock) for holder in ("d_1", "d_2"))
    for _ in range(2):
        await one.step(told)
        await two.step(Sharing())
    told.under_way = {0}
    one.leave()
    await one.step(told)
    assert not any(map(one.serves, range(SHARDS)))
    await two.step(Sharing())
    assert [shard for shard in range(SHARDS) if not two.serves(shard)] == [0]
    told.under_way = ()
    await one.step(told)
    await two.step(Sharing())
    assert all(map(two.serves, range(SHARDS)))
    await one.step(told)
    assert not any(map(one.serves, range(SHARDS)))
