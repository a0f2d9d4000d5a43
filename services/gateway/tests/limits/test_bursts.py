"""A burst over several gateways: whoever is asked next finds what is left of it, and nobody spends it twice."""

import asyncio

import pytest

from atrium_common.store.documents import Absent, Put
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_gateway.limits.ledger import Ledger, Share
from atrium_gateway.limits.settlement import LEDGERS
from atrium_gateway.ports import Standing
from services.gateway.tests.limits.gateways import COLLECTIONS, Gateways, Interleaved, Process, allowance, passed


@pytest.mark.parametrize("pause", [number / 10 for number in range(1, 32)])
async def test_a_key_that_rests_is_never_refused_for_its_burst_whoever_it_asks_next(
    gateways: Gateways, pause: float
) -> None:
    await gateways.start(3)
    first, second, _ = gateways.processes
    key = allowance(burst=50)
    for process in (first, second, first, second, second, first, first):
        assert isinstance(await process.spend(key), Standing)
        await gateways.pass_time(pause)


async def test_a_gateway_that_joins_finds_what_the_one_before_left_of_the_burst(gateways: Gateways) -> None:
    await gateways.start()
    (first,) = gateways.processes
    key = allowance(burst=50)
    assert isinstance(await first.spend(key), Standing)
    for _ in range(6):
        await gateways.pass_time(1.0)
        assert isinstance(await first.spend(key), Standing)
    await gateways.start()
    _, second = gateways.processes
    assert isinstance(await first.spend(key), Standing)
    await gateways.pass_time(0.1)
    assert isinstance(await second.spend(key), Standing)


async def test_gateways_that_start_at_once_see_each_other(clock: FakeClock) -> None:
    memory = MemoryStore(clock=clock)
    await memory.open(COLLECTIONS)
    store = Interleaved(memory)
    gateways = Gateways(store, clock)
    first, second = gateways.add(), gateways.add()
    # The second one writes its entry after the first has looked, and before it looks again.
    store.before_write = {2: second.replicas.step}
    await first.replicas.step()
    await gateways.pass_time(3.0)
    now = clock.monotonic()
    assert not first.replicas.alone(now)
    assert not second.replicas.alone(now)
    assert first.replicas.member(now)
    assert second.replicas.member(now)


async def test_a_gateway_that_joins_spends_nothing_of_a_burst_that_the_one_before_has_just_spent(
    gateways: Gateways,
) -> None:
    await gateways.start()
    (first,) = gateways.processes
    key = allowance(requests=1_000_000, burst=50)
    second = gateways.add()
    moments = []
    for number in range(300):
        for process in gateways.processes:
            now = gateways.clock.monotonic()
            if process.replicas.alone(now) if process is first else process.replicas.member(now):
                answers = [await process.spend(key) for _ in range(60)]
                moments += [gateways.clock.monotonic()] * passed(answers)
        gateways.clock.advance(0.01)
        for process, turn in ((first, 0), (second, 7)):
            if number % 50 == turn:
                await process.replicas.step()
    assert second.replicas.member(gateways.clock.monotonic())
    for first_, begin in enumerate(moments):
        for count, end in enumerate(moments[first_:], 1):
            assert count <= 50 + 50 * (end - begin + 0.1)


async def test_what_one_that_has_ended_spent_of_the_burst_is_not_spent_again_by_one_that_was_alone_before(
    gateways: Gateways,
) -> None:
    await gateways.start()
    (first,) = gateways.processes
    key = allowance(requests=100_000, burst=12)
    assert passed([await first.spend(key)]) == 1
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "limits"))
    await gateways.start()
    second = gateways.processes.pop()
    spent = passed(await asyncio.gather(*(second.spend(key) for _ in range(8))))
    await second.limiter.close()
    await second.replicas.leave()
    assert 11 <= spent + passed(await asyncio.gather(*(first.spend(key) for _ in range(6)))) <= 12


async def test_a_gateway_that_joins_waits_for_its_part_of_a_busy_keys_burst_and_refuses_nobody(
    gateways: Gateways,
) -> None:
    await gateways.start(3)
    *others, third = gateways.processes
    key = allowance(requests=1_000_000, burst=60)
    await asyncio.gather(*(process.spend(key) for process in others for _ in range(30)))
    assert sum(each.limiter._accounts[key.key_id].bucket.capacity for each in others) == 60

    async def others_go_on(seconds: float) -> None:
        await gateways.pass_time(seconds)
        await asyncio.gather(*(process.spend(key) for process in others))

    gateways.sleep = others_go_on
    began = gateways.clock.monotonic()
    assert isinstance(await third.spend(key), Standing)
    assert gateways.clock.monotonic() - began < 2.6


async def test_a_clock_that_was_ahead_costs_no_key_its_burst_once_it_is_right_again(gateways: Gateways) -> None:
    await gateways.start(2)
    _, second = gateways.processes
    key = allowance(burst=50)
    ahead_ms = int((gateways.clock.now().timestamp() + 120) * 1000)
    body = Ledger(shares={"gw_gone": Share(40, ahead_ms, 40)}, full_ms=ahead_ms).body()
    await gateways.store.documents.write([Put(LEDGERS.name, key.key_id, body, 1, Absent())])
    await second.spend(key)
    await gateways.pass_time(3)
    assert passed([await second.spend(key) for _ in range(20)]) == 20


async def test_a_process_that_becomes_alone_has_the_burst_at_once_for_keys_that_it_did_not_use(
    gateways: Gateways,
) -> None:
    await gateways.start(2)
    first, second = gateways.processes
    used, unused = allowance(burst=10, key="key_used"), allowance(burst=10, key="key_unused")
    await second.replicas.leave()
    gateways.processes.remove(second)
    first.limiter._account(unused, gateways.clock.monotonic())
    while not first.replicas.alone(gateways.clock.monotonic()):
        assert isinstance(await first.spend(used), Standing)
        await gateways.pass_time(0.5)
    assert passed([await first.spend(unused) for _ in range(12)]) == 10
    assert passed([await first.spend(used) for _ in range(12)]) <= 10


async def test_nobody_is_refused_while_parts_of_the_burst_are_nobodys(gateways: Gateways) -> None:
    await gateways.start(3)
    first, second, third = gateways.processes
    await third.replicas.leave()
    gateways.processes.remove(third)
    key = allowance(requests=10_000, burst=200)
    assert passed([await second.spend(key)]) == 1
    await gateways.pass_time(2.5)
    # The second one's part has lapsed; a share of the burst would stop the first one long before.
    assert passed(await asyncio.gather(*(first.spend(key) for _ in range(150)))) == 150
    assert passed([await first.spend(key) for _ in range(60)]) <= 50


@pytest.mark.parametrize("before", [1, 30, 90])
@pytest.mark.parametrize("pause", [0.0, 0.04, 0.3, 0.9, 1.6, 2.4])
async def test_a_burst_right_after_another_gateway_was_used_finds_what_is_left_of_it(
    gateways: Gateways, before: int, pause: float
) -> None:
    await gateways.start(3)
    first, second, _ = gateways.processes
    key = allowance(requests=100_000, burst=200)
    async with gateways.flowing():
        used = await asyncio.gather(*(first.spend(key) for _ in range(before)))
        await gateways.sleep(pause)
        left = 200 - before
        answers = await asyncio.gather(*(second.spend(key) for _ in range(left)))
    assert passed([*used, *answers]) == 200


async def test_who_uses_its_part_of_the_burst_keeps_it_whoever_asks(gateways: Gateways) -> None:
    await gateways.start(2)
    first, second = gateways.processes
    key = allowance(requests=1_000_000, burst=100)

    async def busy(process: Process, a_second: int, seconds: float) -> int:
        answers = []
        for _ in range(int(seconds * 20)):
            answers += await asyncio.gather(*(process.spend(key) for _ in range(a_second // 20)))
            await gateways.sleep(0.05)
        return passed(answers)

    async with gateways.flowing():
        began = gateways.clock.monotonic()
        # The second one is asked for much more than there is.
        steady, flooded = await asyncio.gather(busy(first, 40, 6.0), busy(second, 400, 6.0))
        seconds = gateways.clock.monotonic() - began
    assert steady >= 230
    assert 0.8 * 100 * seconds <= steady + flooded <= 100 + 100 * (seconds + 0.1)
