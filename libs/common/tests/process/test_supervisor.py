from __future__ import annotations

import asyncio
import itertools

import pytest

from atrium_common.errors import Unavailable
from atrium_common.metrics import TASK_RESTARTS
from atrium_common.supervisor import BoundedTasks, Supervisor


async def until_cancelled() -> None:
    await asyncio.Event().wait()


async def test_a_job_that_fails_is_started_again_and_told_meanwhile() -> None:
    supervisor, runs, again = Supervisor(), 0, asyncio.Event()
    before = TASK_RESTARTS.labels("shaky")._value.get()

    async def shaky() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise RuntimeError("no store")
        again.set()
        await until_cancelled()

    supervisor.start("shaky", shaky)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert supervisor.failing == {"shaky": "RuntimeError: no store"}
    await asyncio.wait_for(again.wait(), 5)
    assert supervisor.failing == {}
    assert TASK_RESTARTS.labels("shaky")._value.get() == before + 1
    assert await supervisor.stop()


async def test_one_that_fails_leaves_the_others_alone() -> None:
    supervisor, ended = Supervisor(), asyncio.Event()

    async def broken() -> None:
        raise RuntimeError

    async def steady() -> None:
        try:
            await until_cancelled()
        finally:
            ended.set()

    supervisor.start("steady", steady)
    supervisor.start("broken", broken)
    await asyncio.sleep(0.05)
    assert not ended.is_set()
    await supervisor.stop()
    assert ended.is_set()


async def test_the_pause_between_starts_grows() -> None:
    supervisor, starts, loop = Supervisor(), list[float](), asyncio.get_running_loop()
    enough = asyncio.Event()

    async def broken() -> None:
        starts.append(loop.time())
        if len(starts) == 4:
            enough.set()
        raise RuntimeError

    supervisor.start("broken", broken)
    await asyncio.wait_for(enough.wait(), 5)
    await supervisor.stop()
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert pauses[0] >= 0.1
    assert pauses[1] >= 0.2
    assert pauses[2] >= 0.4


async def test_a_job_that_returns_has_done_its_work() -> None:
    supervisor, runs = Supervisor(), 0

    async def once() -> None:
        nonlocal runs
        runs += 1

    supervisor.start("once", once)
    await asyncio.sleep(0.01)
    assert runs == 1
    supervisor.start("once", once)
    await asyncio.sleep(0.01)
    assert runs == 2


async def test_no_job_runs_twice_at_once() -> None:
    supervisor = Supervisor()
    supervisor.start("one", until_cancelled)
    with pytest.raises(ValueError, match="one"):
        supervisor.start("one", until_cancelled)
    await supervisor.stop()


async def test_stopping_lets_jobs_finish_what_they_hold() -> None:
    supervisor, handed_back = Supervisor(), asyncio.Event()

    async def holder() -> None:
        try:
            await until_cancelled()
        finally:
            await asyncio.sleep(0.02)
            handed_back.set()

    supervisor.start("holder", holder)
    await asyncio.sleep(0)
    assert await supervisor.stop(5.0)
    assert handed_back.is_set()


async def test_a_job_that_does_not_end_is_not_waited_for_for_ever() -> None:
    supervisor, release = Supervisor(), asyncio.Event()

    async def stubborn() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    supervisor.start("stubborn", stubborn)
    await asyncio.sleep(0)
    assert not await supervisor.stop(0.05)
    release.set()


async def test_single_tasks_are_bounded_and_finished_before_the_end() -> None:
    tasks, go, done = BoundedTasks(2), asyncio.Event(), list[int]()

    async def work(number: int) -> None:
        await go.wait()
        done.append(number)

    tasks.start(work(1), name="1")
    tasks.start(work(2), name="2")
    with pytest.raises(Unavailable):
        tasks.start(work(3), name="3")
    asyncio.get_running_loop().call_later(0.01, go.set)
    assert await tasks.drain(5.0)
    assert sorted(done) == [1, 2]
    tasks.start(work(4), name="4")
    assert await tasks.drain(5.0)


async def test_a_single_task_that_does_not_end_is_cancelled() -> None:
    tasks, cancelled = BoundedTasks(1), asyncio.Event()

    async def work() -> None:
        try:
            await until_cancelled()
        finally:
            cancelled.set()

    tasks.start(work(), name="x")
    await asyncio.sleep(0)
    assert not await tasks.drain(0.01)
    assert cancelled.is_set()


async def test_a_single_task_that_fails_makes_room() -> None:
    tasks = BoundedTasks(1)

    async def fail() -> None:
        raise RuntimeError

    tasks.start(fail(), name="x")
    await tasks.drain(1.0)
    tasks.start(fail(), name="x")
    await tasks.drain(1.0)
