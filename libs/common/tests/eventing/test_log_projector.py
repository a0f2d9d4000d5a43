"""Promises 8 and 11: what is projected from the log is what a rebuild makes of it, whoever dies when."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar, cast

import pytest

from atrium_common.errors import Unavailable
from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.lease import LEASES
from atrium_common.eventing.log_projector import SLOTS, A, Apply, Happened, LogProjector, Slot, in_slots
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Absent, Collection, Is, Put, Query
from atrium_common.store.documents import Any as Whatever
from atrium_common.store.ports import Store, StoreUnavailable
from atrium_common.testing.clock import FakeClock

SUMS = Collection("sums")
T = TypeVar("T")


class Added(Event, type="sum.added", schema=1):
    amount: int


class Ignored(Event, type="sum.ignored", schema=1):
    pass


SUM: Decider[int] = Decider("sum", lambda state, event: (state or 0) + getattr(event, "amount", 0))


class Sums:
    """A projection: the sum of each stream; may be told to die before or after its write."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.dies: str | None = None

    async def apply(self, happened: Sequence[Happened], slot: Slot) -> None:
        self._die("before")
        name = slot.collection(SUMS.name)
        for each in happened:
            known = await self.store.documents.get(name, each.stream)
            if known is not None and known.version >= each.position:
                continue
            total = cast("int", known.body["total"]) if known is not None else 0
            guard = Absent() if known is None else Is(known.version)
            body: JSONObject = {"total": total + cast("Added", each.event).amount}
            await self.store.documents.write([Put(name, each.stream, body, each.position, guard)])
        self._die("after")

    def _die(self, when: str) -> None:
        if self.dies == when:
            self.dies = None
            raise StoreUnavailable("killed by the test")


class Setting:
    """A store with a projection on it."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        ids = TimeOrderedIds(clock=clock)
        vault = Vault(store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=clock)
        self.codec = Codec(EventRegistry([Added, Ignored]), vault)
        self.clock = clock
        self.repository = Repository(store, codec=self.codec, ids=ids)
        self.sums = Sums(store)
        self.projector = self.projected_by(self.sums)
        self.count = 0

    def projected_by(self, sums: Sums, apply: Apply | None = None) -> LogProjector:
        """The same projection as another process has it."""
        ids = TimeOrderedIds(clock=self.clock)
        return LogProjector(
            "sums",
            apply or sums.apply,
            collections=[SUMS],
            types=[Added],
            store=self.store,
            codec=self.codec,
            clock=self.clock,
            ids=ids,
        )

    async def add(self, stream: str, *amounts: int) -> None:
        for amount in amounts:
            self.count += 1

            async def decide(tx: Transaction, amount: int = amount) -> JSONObject:
                await tx.emit(SUM, stream, Added(amount=amount), Ignored())
                return {}

            await self.repository.transact(Command(f"c{self.count}", self.clock.now()), decide)

    async def sums_in(self, slot: Slot) -> dict[str, object]:
        found = await self.store.documents.query(slot.collection(SUMS.name), Query())
        return {document.key: document.body["total"] for document in found}


@pytest.fixture
async def setting(store: Store, clock: FakeClock) -> Setting:
    await store.open([SUBJECT_KEYS, LEASES, CHECKPOINTS, SLOTS, *in_slots(SUMS)])
    return Setting(store, clock)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_projector_that_dies_at_its_write_counts_every_event_once(setting: Setting, when: str) -> None:
    await setting.add("x", 1, 2)
    await setting.projector.catch_up()
    await setting.add("x", 3)
    await setting.add("y", 4)
    setting.sums.dies = when
    with pytest.raises(StoreUnavailable):
        await setting.projector.catch_up()
    await setting.projector.catch_up()
    await setting.projector.catch_up()
    assert await setting.sums_in(await setting.projector.slot()) == {"sum/x": 6, "sum/y": 4}


async def test_a_rebuild_makes_the_same_documents_beside_and_switches(setting: Setting) -> None:
    await setting.add("x", 1, 2, 3)
    await setting.add("y", 5)
    await setting.projector.catch_up()
    before = await setting.projector.slot()
    projected = await setting.sums_in(before)
    for _ in range(2):
        await setting.projector.rebuild()
        after = await setting.projector.slot()
        assert after != before
        assert await setting.sums_in(after) == projected
        before = after
    await setting.add("x", 10)
    await setting.projector.catch_up()
    assert await setting.sums_in(before) == {"sum/x": 16, "sum/y": 5}


async def test_a_reader_waits_until_what_was_committed_before_is_in_the_documents(setting: Setting) -> None:
    await setting.add("x", 1)
    waiting = asyncio.create_task(setting.projector.current())
    running = asyncio.create_task(setting.projector.run())
    try:
        slot = await asyncio.wait_for(waiting, 10)
        assert await setting.sums_in(slot) == {"sum/x": 1}
        await setting.add("x", 1)
        slot = await asyncio.wait_for(setting.projector.current(), 10)
        assert await setting.sums_in(slot) == {"sum/x": 2}
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_reader_of_a_projection_that_stands_still_is_told_to_come_again(setting: Setting) -> None:
    await setting.add("x", 1)
    with pytest.raises(Unavailable):
        await setting.projector.current(seconds=0)


async def test_what_is_not_projected_yet_is_told_unless_it_is_too_much(setting: Setting) -> None:
    await setting.add("x", 1, 2)
    await setting.projector.catch_up()
    assert await setting.projector.behind(most=5) == (A, [])
    await setting.add("x", 3, 4)
    told = await setting.projector.behind(most=2)
    assert told is not None
    assert [(each.stream, each.event) for each in told[1]] == [("sum/x", Added(amount=n)) for n in (3, 4)]
    assert await setting.projector.behind(most=1) is None


async def test_beside_requests_only_so_many_events_are_taken_in_at_once(setting: Setting) -> None:
    async def decide(tx: Transaction) -> JSONObject:
        await tx.emit(SUM, "x", *(Added(amount=1) for _ in range(100)))
        return {}

    for number in range(12):
        await setting.repository.transact(Command(f"many{number}", setting.clock.now()), decide)
    sizes: list[int] = []

    async def apply(happened: Sequence[Happened], slot: Slot) -> None:
        sizes.append(len(happened))
        await setting.sums.apply(happened, slot)

    await setting.projected_by(setting.sums, apply).catch_up()
    assert sizes == [200] * 6


class Gated(Sums):
    """A projection that does something before its next write, and remembers what it has written."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.first: Callable[[], Awaitable[None]] | None = None
        self.written: list[int] = []

    async def apply(self, happened: Sequence[Happened], slot: Slot) -> None:
        first, self.first = self.first, None
        if first is not None:
            await first()
        await super().apply(happened, slot)
        self.written += [cast("Added", each.event).amount for each in happened]


async def passing(setting: Setting, doing: Coroutine[Any, Any, T]) -> T:
    """What this comes to, while time passes ten times as fast as it does, and whoever follows the log is woken."""
    task = asyncio.ensure_future(doing)
    while not task.done():
        for _ in range(10):
            await asyncio.sleep(0.01)
            setting.clock.advance(0.1)
        await setting.add("noise", 0)
    return task.result()


@pytest.fixture
async def followed(setting: Setting) -> AsyncIterator[Gated]:
    """What another process writes, which follows the log."""
    sums = Gated(setting.store)
    leader = setting.projected_by(sums)
    running = asyncio.create_task(leader.run())
    await setting.add("x", 1, 2, 3)
    await passing(setting, leader.current(seconds=1000))
    yield sums
    while not running.done():  # a driver may keep one cancellation to itself
        running.cancel()
        await asyncio.wait([running], timeout=1)


async def test_a_rebuild_right_behind_another_one_loses_nothing_that_is_committed_meanwhile(
    setting: Setting, followed: Gated
) -> None:
    await passing(setting, setting.projector.rebuild())
    rebuilder = Gated(setting.store)

    async def commit_and_wait_until_it_is_followed() -> None:
        await setting.add("x", 10)
        async with asyncio.timeout(10):
            while 10 not in followed.written:
                await asyncio.sleep(0.001)

    rebuilder.first = commit_and_wait_until_it_is_followed
    await passing(setting, setting.projected_by(rebuilder).rebuild())
    slot = await passing(setting, setting.projector.current(seconds=1000))
    assert (await setting.sums_in(slot))["sum/x"] == 16


async def test_of_two_rebuilds_at_once_one_waits_for_the_other(setting: Setting) -> None:
    await setting.add("x", 1, 2, 3)
    first, second = Gated(setting.store), Gated(setting.store)
    others: list[asyncio.Task[int]] = []

    async def let_another_one_begin() -> None:
        others.append(asyncio.create_task(setting.projected_by(second).rebuild()))
        await asyncio.wait(others, timeout=0.1)

    first.first = let_another_one_begin
    before = await setting.projector.slot()
    await passing(setting, setting.projected_by(first).rebuild())
    await passing(setting, asyncio.wait_for(others[0], 10))
    assert await setting.projector.slot() == before
    assert (await setting.sums_in(before))["sum/x"] == 6


async def test_a_rebuild_does_not_wait_for_ever_for_one_who_ended_on_the_slot_it_needs(setting: Setting) -> None:
    await setting.add("x", 1)
    await setting.store.documents.write([Put(SLOTS.name, "sums:followed", {"slot": A.name}, 1, Whatever())])
    for _ in range(2):
        await passing(setting, setting.projected_by(Sums(setting.store)).rebuild())
    assert (await setting.sums_in(await setting.projector.slot()))["sum/x"] == 1
