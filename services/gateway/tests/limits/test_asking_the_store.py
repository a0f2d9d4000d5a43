"""What limits ask of the store: seldom, and what holds while it does not answer."""

import asyncio

import pytest

from atrium_common.errors import RateLimited
from atrium_common.metrics import LIMIT_OPERATIONS
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_gateway.limits.settlement import LEDGERS
from services.gateway.tests.limits.gateways import COLLECTIONS, Gateways, Unreliable, allowance, passed


async def test_a_flood_of_refused_requests_costs_no_call_to_the_store(gateways: Gateways) -> None:
    await gateways.start()
    (process,) = gateways.processes
    key = allowance(requests=3)
    await asyncio.gather(*(process.spend(key) for _ in range(5)))
    before = await gateways.store.documents.get(LEDGERS.name, key.key_id)
    for _ in range(1000):
        with pytest.raises(RateLimited):
            process.limiter.spend_now(key, 1)
    assert await gateways.store.documents.get(LEDGERS.name, key.key_id) == before


async def test_a_flood_at_several_gateways_asks_the_ledger_seldom(gateways: Gateways) -> None:
    await gateways.start(3)
    key = allowance(requests=1_000_000, burst=100)
    before = calls()
    async with gateways.flowing():
        answers = []
        began = gateways.clock.monotonic()
        while gateways.clock.monotonic() - began < 6:
            for _ in range(10):
                answers += await asyncio.gather(*(process.spend(key) for process in gateways.processes))
            await gateways.sleep(0.1)
        seconds = gateways.clock.monotonic() - began
    assert 0.9 * 100 * seconds <= passed(answers) <= 100 + 100 * (seconds + 0.1)
    assert calls() - before <= 3 * seconds * 14


async def test_where_a_key_stands_that_is_only_refused_is_read_once_a_second(gateways: Gateways) -> None:
    await gateways.start()
    (process,) = gateways.processes
    key = allowance()
    before = calls()
    told = await asyncio.gather(*(process.limiter.look(key) for _ in range(100)))
    told += [await process.limiter.look(key) for _ in range(100)]
    assert {each.remaining for each in told} == {1000}
    assert calls() - before == 1
    await process.spend(key, 10)
    assert (await process.limiter.look(key)).remaining == 990
    await gateways.pass_time(1)
    await process.limiter.look(allowance(key="key_2"))
    await gateways.pass_time(1)
    before = calls()
    await process.limiter.look(allowance(key="key_2"))
    assert calls() - before == 1


async def test_a_look_of_a_moment_ago_says_no_more_than_what_the_others_have_left_since(gateways: Gateways) -> None:
    await gateways.start(2)
    here, there = gateways.processes
    key = allowance(requests=200, burst=50)
    async with gateways.flowing():
        for _ in range(3):
            await here.limiter.look(key)
            left = min([200] + [each.remaining for each in [await there.spend(key) for _ in range(50)]])
            assert (await here.limiter.look(key)).remaining <= left


async def test_a_look_that_fails_says_that_nothing_remains(clock: FakeClock) -> None:
    memory = MemoryStore(clock=clock)
    await memory.open(COLLECTIONS)
    store = Unreliable(memory)
    gateways = Gateways(store, clock, patient=True)
    await gateways.start()
    (process,) = gateways.processes
    store.failing = 1
    assert (await process.limiter.look(allowance())).remaining == 0
    await gateways.pass_time(2)
    assert (await process.limiter.look(allowance())).remaining == 1000


def calls() -> float:
    """Calls to the store, so far."""
    return sum(float(LIMIT_OPERATIONS.labels(kind)._value.get()) for kind in ("read", "write"))


async def test_while_the_store_is_away_a_bounded_share_passes_and_is_counted_afterwards(clock: FakeClock) -> None:
    memory = MemoryStore(clock=clock)
    await memory.open(COLLECTIONS)
    store = Unreliable(memory)
    gateways = Gateways(store, clock, patient=True)
    await gateways.start()
    (process,) = gateways.processes
    key = allowance(requests=1000, burst=1000)
    before = passed([await process.spend(key) for _ in range(100)])
    store.failing = 10**9
    during = 0
    for _ in range(20):
        during += passed([await process.spend(key) for _ in range(50)])
        await gateways.pass_time(1)
    assert 0 < during <= 20, "what is leased, and a hundredth of the limit"
    refusal = await process.spend(key)
    assert isinstance(refusal, RateLimited)
    store.failing = 0
    await gateways.pass_time(3)
    after = 0
    for _ in range(10):
        after += passed([await process.spend(key) for _ in range(200)])
        await gateways.pass_time(1)
    assert 990 <= before + during + after <= 1000, (before, during, after)
