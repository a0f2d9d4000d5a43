import asyncio

import pytest
import uvloop

from atrium_common.store.news import News


class Log:
    """Something to look at."""

    def __init__(self) -> None:
        self.looks = 0
        self.something = False

    async def look(self) -> bool:
        self.looks += 1
        await asyncio.sleep(0)
        return self.something


async def test_who_waits_looks_often_after_news_and_seldom_where_nothing_happens() -> None:
    log, news = Log(), News(busy=0.01, idle=0.05)
    now = asyncio.get_running_loop().time()
    assert news.pause(now) == 0.05
    log.something = True
    await news.wait(log.look, timeout=5)
    now = asyncio.get_running_loop().time()
    assert news.pause(now) == 0.01
    assert news.pause(now + 1.1) == 0.05


async def test_all_who_wait_are_woken_by_what_is_told_and_find_it() -> None:
    log, news = Log(), News(busy=60, idle=60)
    waiting = [asyncio.create_task(news.wait(log.look, timeout=60)) for _ in range(5)]
    while log.looks < 5:
        await asyncio.sleep(0)
    waiting[0].cancel()
    log.something = True
    news.tell()
    await asyncio.wait_for(asyncio.gather(*waiting[1:]), 5)


async def test_what_is_told_while_somebody_looks_is_not_missed() -> None:
    log, news = Log(), News(busy=60, idle=60)
    waiting = asyncio.create_task(news.wait(log.look, timeout=60))
    while not log.looks:
        await asyncio.sleep(0)
    # It has looked, and does not wait yet.
    log.something = True
    news.tell()
    await asyncio.wait_for(waiting, 5)


@pytest.mark.parametrize("others", [0, 3])
async def test_patience_ends_whoever_else_waits_longer(others: int) -> None:
    log, news = Log(), News(busy=60, idle=60)
    longer = [asyncio.create_task(news.wait(log.look, timeout=60)) for _ in range(others)]
    await asyncio.sleep(0.01)
    await asyncio.wait_for(news.wait(log.look, timeout=0.02), 5)
    for task in longer:
        assert not task.done()
        task.cancel()


async def test_news_of_others_is_found_by_looking() -> None:
    log, news = Log(), News(busy=0.001, idle=0.005)
    waiting = asyncio.create_task(news.wait(log.look, timeout=60))
    await asyncio.sleep(0.02)
    log.something = True
    await asyncio.wait_for(waiting, 5)


def test_a_time_that_is_all_but_over_is_waited_for_on_the_loop_of_processes_too() -> None:
    async def nothing() -> bool:
        return False

    async def waiting() -> None:
        news = News(busy=0.05, idle=0.05)
        for microseconds in range(1, 400, 7):
            await asyncio.gather(*(news.wait(nothing, timeout=microseconds / 1e6) for _ in range(3)))

    uvloop.run(waiting())
