"""One call serves all who asked before it began, and nobody else."""

import asyncio

import pytest

from atrium_common.single_flight import SingleFlight


class Calls:
    """A function that ends when it may."""

    def __init__(self) -> None:
        self.begun = 0
        self.may = asyncio.Semaphore(0)
        self.fails = False

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        await self.may.acquire()
        if self.fails:
            raise OSError(number)
        return number

    async def have_begun(self, number: int) -> None:
        while self.begun < number:
            await asyncio.sleep(0)


async def test_all_who_ask_while_a_call_flies_share_the_next_one() -> None:
    calls = Calls()
    flight = SingleFlight(calls)
    first = asyncio.create_task(flight.answer())
    await calls.have_begun(1)
    later = [asyncio.create_task(flight.answer()) for _ in range(20)]
    await asyncio.sleep(0)
    calls.may.release()
    calls.may.release()
    assert await first == 1
    assert await asyncio.gather(*later) == [2] * 20


async def test_who_has_asked_before_needs_no_call_of_its_own() -> None:
    calls = Calls()
    flight = SingleFlight(calls)
    asked = flight.ask()
    calls.may.release()
    assert await flight.answer() == 1
    assert await flight.answer(asked) == 1
    assert calls.begun == 1


async def test_a_call_that_failed_is_told_to_all_who_waited_for_it_and_to_nobody_else() -> None:
    calls = Calls()
    flight = SingleFlight(calls)
    first = asyncio.create_task(flight.answer())
    await calls.have_begun(1)
    waiting = [asyncio.create_task(flight.answer()) for _ in range(3)]
    calls.may.release()
    assert await first == 1
    await calls.have_begun(2)
    calls.fails = True
    calls.may.release()
    for each in waiting:
        with pytest.raises(OSError, match="2"):
            await each
    assert calls.begun == 2
    calls.fails = False
    calls.may.release()
    assert await flight.answer() == 3


async def test_a_call_whose_maker_has_gone_is_made_by_the_next_one() -> None:
    calls = Calls()
    flight = SingleFlight(calls)
    first, second = (asyncio.create_task(flight.answer()) for _ in range(2))
    await calls.have_begun(1)
    first.cancel()
    await calls.have_begun(2)
    calls.may.release()
    assert await second == 2
