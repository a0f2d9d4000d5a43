"""Processes that come, go, die or pause, and what the others may believe meanwhile."""

import asyncio

from atrium_common.eventing.presence import HOLD, LAPSE, RIGHT, TRUST
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from libs.common.tests.eventing.head.processes import Process, WatchedLog


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
