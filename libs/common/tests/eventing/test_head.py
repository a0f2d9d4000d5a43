"""Questions answered from memory are never older than what was committed before they were asked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import pytest

from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.head import Head
from atrium_common.eventing.presence import HOLD, LAPSE, REPLICAS, RIGHT, TRUST, Presence
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.snapshot import SNAPSHOTS
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Appended, Proposal, StreamEvent
from atrium_common.store.memory import MemoryEventLog, MemoryStore
from atrium_common.store.ports import StoreUnavailable
from atrium_common.testing.clock import START, FakeClock
from atrium_common.testing.conformance.event_log import one, proposal


class Counted(Event, type="tally.counted", schema=1):
    amount: int


@dataclass(frozen=True)
class Tally:
    total: int


def evolve(tally: Tally | None, event: Event) -> Tally:
    assert isinstance(event, Counted)
    return Tally((tally.total if tally else 0) + event.amount)


TALLY = Decider("tally", evolve)


class WatchedLog(MemoryEventLog):
    """Counts the looks at the tail, and takes a while for each as a store over a network does."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.reads = 0
        self.slow: asyncio.Event | None = None
        self.late: asyncio.Event | None = None
        self.slow_read: asyncio.Event | None = None
        self.owed: list[Proposal] | None = None
        self.meanwhile: list[Callable[[], Awaitable[None]]] = []

    async def append(self, proposal: Proposal) -> Appended:
        """Append, once it may; what is begun is ended, as by a thread or a server, whoever has gone away meanwhile."""
        return await asyncio.shield(asyncio.ensure_future(self._appended(proposal)))

    async def _appended(self, proposal: Proposal) -> Appended:
        if self.owed is not None:
            self.owed.append(proposal)
            raise StoreUnavailable("no answer in time")
        if self.slow is not None:
            await self.slow.wait()
        appended = await super().append(proposal)
        if self.late is not None:
            await self.late.wait()
        return appended

    async def tail(self) -> int:
        self.looks += 1
        seen = await super().tail()
        await asyncio.sleep(0)
        if self.meanwhile:
            await self.meanwhile.pop(0)()
        return seen

    async def read_stream(self, stream: str, *, after: int = 0, limit: int | None = None) -> Sequence[StreamEvent]:
        self.reads += 1
        found = await super().read_stream(stream, after=after, limit=limit)
        await asyncio.sleep(0)
        slow, self.slow_read = self.slow_read, None
        if slow is not None:
            await slow.wait()
        return found


class Process:
    """One process: a repository of its own on the shared store."""

    number = 0

    def __init__(self, store: MemoryStore, clock: FakeClock, *, present: bool = True) -> None:
        ids = TimeOrderedIds(clock=clock)
        vault = Vault(store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=clock)
        self.presence = Presence(store.documents, clock=clock, ids=ids)
        self.repository = Repository(
            store,
            codec=Codec(EventRegistry([Counted]), vault),
            ids=ids,
            presence=self.presence if present else None,
        )

    async def count(self, amount: int, tally: str = "t") -> None:
        async def decide(tx: Transaction) -> JSONObject:
            await tx.emit(TALLY, tally, Counted(amount=amount))
            return {}

        Process.number += 1
        await self.repository.transact(Command(f"c{Process.number}", START), decide)

    async def total(self, tally: str = "t") -> int:
        await self.repository.confirm()
        state = (await self.repository.current(TALLY, tally)).state
        return state.total if state else 0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def log() -> WatchedLog:
    return WatchedLog()


@pytest.fixture
async def shared(clock: FakeClock, log: WatchedLog) -> MemoryStore:
    store = MemoryStore(clock=clock)
    store.log = log
    await store.open([SUBJECT_KEYS, SNAPSHOTS, REPLICAS])
    return store


async def test_what_another_process_committed_is_seen_by_the_next_question(
    shared: MemoryStore, clock: FakeClock
) -> None:
    first, second = Process(shared, clock, present=False), Process(shared, clock, present=False)
    assert await first.total() == 0
    for amount in range(1, 6):
        await second.count(amount)
        assert await first.total() == sum(range(amount + 1))
        await first.count(0)
        assert await second.total() == sum(range(amount + 1))


async def test_a_warm_state_costs_one_look_that_all_who_wait_share(
    shared: MemoryStore, clock: FakeClock, log: WatchedLog
) -> None:
    process = Process(shared, clock, present=False)
    await process.count(7)
    await process.total()
    log.looks = log.reads = 0
    assert await asyncio.gather(*(process.total() for _ in range(50))) == [7] * 50
    assert log.reads == 0
    assert log.looks <= 2


async def test_a_look_that_failed_for_one_confirms_nothing_for_the_others(
    shared: MemoryStore, clock: FakeClock, log: WatchedLog
) -> None:
    first, second = Process(shared, clock, present=False), Process(shared, clock, present=False)
    await first.count(1)
    await first.total()

    async def nothing() -> None:
        pass

    async def somebody_commits_and_the_look_fails() -> None:
        await second.count(5)
        raise StoreUnavailable("away")

    # Those who ask while one looks share the look after it.
    log.meanwhile = [nothing, somebody_commits_and_the_look_fails]
    before, *answers = await asyncio.gather(*(first.total() for _ in range(4)), return_exceptions=True)
    assert before == 1
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 3
    assert await first.total() == 6


async def test_a_process_that_is_alone_asks_its_store_nothing(
    shared: MemoryStore, clock: FakeClock, log: WatchedLog
) -> None:
    process = Process(shared, clock)
    await process.presence.beat()
    await process.total()
    log.looks = log.reads = 0
    for n in range(10):
        await process.count(1)
        assert await process.total() == n + 1
        assert (log.looks, log.reads) == (0, 0)


async def test_a_commit_whose_caller_has_gone_away_is_seen_all_the_same(
    shared: MemoryStore, clock: FakeClock, log: WatchedLog
) -> None:
    process = Process(shared, clock)
    await process.presence.beat()
    await process.count(1)
    log.slow = asyncio.Event()
    impatient = asyncio.create_task(process.count(5))
    await asyncio.sleep(0.01)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert await process.total() == 1
    log.slow.set()
    async with asyncio.timeout(5):
        while await process.total() != 6:
            await asyncio.sleep(0)


async def test_what_a_reader_of_the_log_has_seen_there_is_loaded_though_its_writer_has_not_heard_of_it(
    shared: MemoryStore, clock: FakeClock, log: WatchedLog
) -> None:
    process = Process(shared, clock)
    await process.presence.beat()
    await process.count(1)
    await process.total()
    log.late = asyncio.Event()
    writing = asyncio.create_task(process.count(5))
    async with asyncio.timeout(5):
        while await log.tail() != 2:
            await asyncio.sleep(0)
    state = (await process.repository.load(TALLY, "t")).state
    assert state == Tally(6)
    log.late.set()
    await writing


async def test_nothing_is_kept_for_a_process_that_never_asks(log: WatchedLog) -> None:
    head = Head(log)
    appended = await log.append(proposal(one("tally/t", 0)))
    loaded = Loaded("t", Tally(1), 1)
    head.committed(appended.commit, {"tally/t": loaded})
    assert head.get("tally/t") is None
    await head.confirm()
    appended = await log.append(proposal(one("tally/t", 1)))
    head.committed(appended.commit, {"tally/t": loaded})
    assert head.get("tally/t") is loaded


async def test_a_newcomer_commits_only_when_everybody_knows_of_it(
    shared: MemoryStore, clock: FakeClock, log: WatchedLog
) -> None:
    old, new = Process(shared, clock), Process(shared, clock)
    await old.presence.beat()
    assert await old.total() == 0
    began = asyncio.get_running_loop().time()
    await new.count(5)
    assert asyncio.get_running_loop().time() - began >= HOLD * 0.9
    # The fake clock has stood still for the old one: by its own it has trusted for that long.
    clock.advance(TRUST)
    assert old.presence.alone() is None
    assert await old.total() == 5
    await old.presence.beat()
    assert old.presence.alone() is None


async def test_who_is_alone_again_first_looks_at_what_the_others_left_behind(
    shared: MemoryStore, clock: FakeClock
) -> None:
    old, new = Process(shared, clock), Process(shared, clock)
    await new.presence.beat()
    await old.presence.beat()
    await old.total()
    await new.count(5)
    await new.presence.leave()
    clock.advance(RIGHT)
    await old.presence.beat()
    assert old.presence.alone() is not None
    assert await old.total() == 5


async def test_a_process_that_was_killed_counts_as_there_until_it_has_been_silent_for_long(
    shared: MemoryStore, clock: FakeClock
) -> None:
    killed, other = Process(shared, clock), Process(shared, clock)
    await killed.presence.beat()
    for _ in range(10):
        await other.presence.beat()
        assert other.presence.alone() is None
        clock.advance(LAPSE / 10 - 0.01)
    clock.advance(0.2)
    await other.presence.beat()
    assert other.presence.alone() is not None


async def test_a_process_that_was_paused_for_too_long_begins_anew_before_it_commits(
    shared: MemoryStore, clock: FakeClock
) -> None:
    paused, other = Process(shared, clock), Process(shared, clock)
    await paused.presence.beat()
    await other.presence.beat()
    clock.advance(LAPSE + 1)
    await other.presence.beat()
    assert other.presence.alone() is not None
    await other.total()
    began = asyncio.get_running_loop().time()
    await paused.count(3)
    assert asyncio.get_running_loop().time() - began >= HOLD * 0.9
    clock.advance(TRUST)
    assert await other.total() == 3


async def test_far_behind_everything_is_forgotten_instead_of_read(shared: MemoryStore, clock: FakeClock) -> None:
    first, second = Process(shared, clock, present=False), Process(shared, clock, present=False)
    await first.count(1)
    assert await first.total() == 1
    for _ in range(2_100):
        await second.count(1)
    assert await first.total() == 2_101


async def test_questions_and_commits_of_three_processes_at_once_are_never_stale(
    shared: MemoryStore, clock: FakeClock
) -> None:
    processes = [Process(shared, clock, present=False) for _ in range(3)]
    committed = 0

    async def write(process: Process) -> None:
        nonlocal committed
        for _ in range(40):
            await process.count(1)
            committed += 1

    async def ask(process: Process) -> None:
        for _ in range(120):
            before = committed
            assert await process.total() >= before
            await asyncio.sleep(0)

    await asyncio.gather(*(write(process) for process in processes), *(ask(process) for process in processes))
    assert [await process.total() for process in processes] == [120] * 3


async def test_a_commit_heard_of_late_does_not_bring_back_what_another_has_changed_since(
    shared: MemoryStore, clock: FakeClock, log: WatchedLog
) -> None:
    first, second = Process(shared, clock, present=False), Process(shared, clock, present=False)
    await first.count(1)
    assert await first.total() == 1
    late = log.late = asyncio.Event()
    writing = asyncio.create_task(first.count(5))
    async with asyncio.timeout(5):
        while await shared.log.tail() != 2:
            await asyncio.sleep(0)
    log.late = None
    await second.count(10)
    await first.repository.confirm()  # passes over both
    late.set()
    await writing
    assert await first.total() == 16


async def begun(log: WatchedLog, process: Process) -> tuple[asyncio.Task[object], asyncio.Event]:
    """A read of the state that has seen the log as it is now, and its end."""
    may_end = log.slow_read = asyncio.Event()
    reading: asyncio.Task[object] = asyncio.create_task(process.repository.current(TALLY, "t"))
    async with asyncio.timeout(5):
        while log.slow_read is not None:
            await asyncio.sleep(0)
    return reading, may_end


async def test_a_slow_read_does_not_replace_what_a_quicker_one_has_found_newer(
    shared: MemoryStore, clock: FakeClock, log: WatchedLog
) -> None:
    first, second = Process(shared, clock, present=False), Process(shared, clock, present=False)
    await second.count(1)
    await first.repository.confirm()
    slow, may_end = await begun(log, first)
    await second.count(10)
    assert (await first.repository.current(TALLY, "t")).state == Tally(11)
    assert await first.total() == 11  # the look passes over a commit whose state is known
    may_end.set()
    await slow
    assert await first.total() == 11


async def test_two_reads_at_once_are_two_whichever_ends_first(
    shared: MemoryStore, clock: FakeClock, log: WatchedLog
) -> None:
    process = Process(shared, clock)
    await process.presence.beat()
    await process.count(1)
    await process.repository.confirm()
    slow, may_end = await begun(log, process)
    assert (await process.repository.current(TALLY, "t")).state == Tally(1)
    await process.count(10)
    may_end.set()
    await slow
    assert await process.total() == 11


async def test_who_is_alone_sees_its_own_commit_that_landed_after_its_answer_was_given_up(
    shared: MemoryStore, clock: FakeClock, log: WatchedLog
) -> None:
    process = Process(shared, clock)
    await process.presence.beat()
    await process.count(1)
    assert await process.total() == 1
    log.owed = []
    with pytest.raises(StoreUnavailable):
        await process.count(5)
    assert await process.total() == 1  # read anew, and kept
    owed, log.owed = log.owed, None
    for each in owed:
        await log.append(each)
    Process.number -= 1  # the client sends the same command again, and is told that it is done
    await process.count(5)
    assert await log.tail() == 2
    assert await process.total() == 6
    log.looks = 0
    await process.count(1)
    assert await process.total() == 7
    await process.count(1)
    assert await process.total() == 8
    assert log.looks == 1, "after another commit and one look it is certain again"
