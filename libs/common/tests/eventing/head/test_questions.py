"""Questions answered from memory are never older than what was committed before they were asked."""

import asyncio

import pytest

from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.head import Head
from atrium_common.store.memory import MemoryStore
from atrium_common.store.ports import StoreUnavailable
from atrium_common.testing.clock import FakeClock
from atrium_common.testing.conformance.event_log import one, proposal
from libs.common.tests.eventing.head.processes import TALLY, Process, Tally, WatchedLog


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
