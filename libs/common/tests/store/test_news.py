import asyncio

import pytest
import uvloop

from atrium_common.store.news import News
from atrium_common.store.ports import StoreUnavailable


class Log:
    """Something to look at."""

    def __init__(self) -> None:
        self.looks = 0
        self.end = 0

    async def tail(self) -> int:
        self.looks += 1
        end = self.end
        await asyncio.sleep(0)
        return end


async def test_who_waits_looks_often_after_news_and_seldom_where_nothing_happens() -> None:
    log = Log()
    news = News(log.tail, busy=0.01, idle=0.05)
    now = asyncio.get_running_loop().time()
    assert news.pause(now) == 0.05
    log.end = 1
    await news.wait(after=0, timeout=5)
    now = asyncio.get_running_loop().time()
    assert news.pause(now) == 0.01
    assert news.pause(now + 1.1) == 0.05


async def test_all_who_wait_are_woken_by_what_is_told_and_one_look_serves_them() -> None:
    log = Log()
    news = News(log.tail, busy=60, idle=60)
    waiting = [asyncio.create_task(news.wait(after=0, timeout=60)) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    log.end = 1
    news.tell()
    assert await asyncio.wait_for(asyncio.gather(*waiting[1:]), 5) == [True] * 49
    assert log.looks == 1


async def test_what_is_told_while_somebody_looks_is_not_missed() -> None:
    log = Log()
    news = News(log.tail, busy=60, idle=60)
    news.tell()
    waiting = asyncio.create_task(news.wait(after=0, timeout=60))
    while not log.looks:
        await asyncio.sleep(0)
    # It looks, and has seen the end as it was.
    log.end = 1
    news.tell()
    assert await asyncio.wait_for(waiting, 5)


async def test_what_was_told_before_somebody_waits_is_looked_for_at_once() -> None:
    log = Log()
    news = News(log.tail, busy=60, idle=60)
    log.end = 1
    news.tell()
    assert await asyncio.wait_for(news.wait(after=0, timeout=60), 5)
    assert await asyncio.wait_for(news.wait(after=0, timeout=60), 5)
    assert log.looks == 1


@pytest.mark.parametrize("others", [0, 3])
async def test_patience_ends_whoever_else_waits_longer(others: int) -> None:
    log = Log()
    news = News(log.tail, busy=60, idle=60)
    longer = [asyncio.create_task(news.wait(after=0, timeout=60)) for _ in range(others)]
    await asyncio.sleep(0.01)
    assert not await asyncio.wait_for(news.wait(after=0, timeout=0.02), 5)
    for task in longer:
        assert not task.done()
        task.cancel()


async def test_a_look_that_hangs_holds_up_nobody_for_longer_than_a_look_may_take() -> None:
    async def hangs() -> int:
        await asyncio.Event().wait()
        return 0

    news = News(hangs, busy=0.01, idle=0.01, patience=0.05)
    waiting = (news.wait(after=0, timeout=0.1) for _ in range(20))
    answers = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 20


async def test_news_of_others_is_found_by_looking() -> None:
    log = Log()
    news = News(log.tail, busy=0.001, idle=0.005)
    waiting = asyncio.create_task(news.wait(after=0, timeout=60))
    await asyncio.sleep(0.02)
    log.end = 1
    assert await asyncio.wait_for(waiting, 5)


def test_a_time_that_is_all_but_over_is_waited_for_on_the_loop_of_processes_too() -> None:
    async def waiting() -> None:
        news = News(Log().tail, busy=0.05, idle=0.05)
        for microseconds in range(1, 400, 7):
            await asyncio.gather(*(news.wait(after=0, timeout=microseconds / 1e6) for _ in range(3)))

    uvloop.run(waiting())
