"""Reads and commits that cross each other: what is newer stays."""

import asyncio

import pytest

from atrium_common.store.memory import MemoryStore
from atrium_common.store.ports import StoreUnavailable
from atrium_common.testing.clock import FakeClock
from libs.common.tests.eventing.head.processes import TALLY, Process, Tally, WatchedLog


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
