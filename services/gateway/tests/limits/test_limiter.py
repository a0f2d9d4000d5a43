import asyncio

import pytest

from atrium_common.errors import RateLimited
from atrium_common.metrics import LIMIT_OPERATIONS
from atrium_common.store.documents import Absent, Put
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_gateway.limits.ledger import Ledger, Share
from atrium_gateway.limits.settlement import LEDGERS
from atrium_gateway.ports import Standing
from services.gateway.tests.limits.gateways import (
    COLLECTIONS,
    Crowded,
    Gateways,
    Interleaved,
    Process,
    Unreliable,
    allowance,
    passed,
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def gateways(clock: FakeClock) -> Gateways:
    store = MemoryStore(clock=clock)
    await store.open(COLLECTIONS)
    return Gateways(store, clock)


async def test_a_single_gateway_counts_down_one_by_one(gateways: Gateways) -> None:
    await gateways.start()
    (process,) = gateways.processes
    key = allowance(requests=10)
    seen = [await process.spend(key) for _ in range(12)]
    assert [each.remaining for each in seen[:10]] == list(range(9, -1, -1))
    refusal = seen[10]
    assert isinstance(refusal, RateLimited)
    assert (refusal.scope, refusal.limit, refusal.remaining) == ("hour", 10, 0)
    assert refusal.reset_at == seen[0].reset_at
    assert refusal.reset_at - gateways.clock.now().timestamp() - refusal.retry_after == pytest.approx(0, abs=1)


async def test_the_burst_is_a_bucket_of_that_size_refilled_each_second(gateways: Gateways) -> None:
    await gateways.start()
    (process,) = gateways.processes
    key = allowance(burst=5)
    assert passed([await process.spend(key) for _ in range(7)]) == 5
    refusal = await process.spend(key)
    assert isinstance(refusal, RateLimited)
    assert (refusal.scope, refusal.retry_after, refusal.limit) == ("burst", 1, 1000)
    gateways.clock.advance(0.45)
    assert passed([await process.spend(key) for _ in range(7)]) == 2
    await gateways.pass_time(1)
    standing = await process.spend(key)
    assert isinstance(standing, Standing)
    assert standing.remaining == 1000 - 8, "refused requests do not count"


async def test_a_new_hour_begins_anew(gateways: Gateways) -> None:
    await gateways.start()
    (process,) = gateways.processes
    key = allowance(requests=3)
    assert passed([await process.spend(key) for _ in range(5)]) == 3
    await gateways.pass_time(3600)
    assert passed([await process.spend(key) for _ in range(5)]) == 3


@pytest.mark.parametrize("count", [1, 2, 5])
async def test_all_processes_together_admit_the_limit_exactly(gateways: Gateways, count: int) -> None:
    await gateways.start(count)
    key = allowance(requests=500, burst=400)
    answers: list[Standing | RateLimited] = []
    for _ in range(40):
        answers += await asyncio.gather(*(each.spend(key) for each in gateways.processes for _ in range(40 // count)))
        await gateways.pass_time(0.5)
    assert passed(answers) == 500


@pytest.mark.parametrize("count", [2, 5])
async def test_all_processes_together_keep_the_burst(gateways: Gateways, count: int) -> None:
    await gateways.start(count)
    key = allowance(requests=1_000_000, burst=50)
    for second in range(1, 6):
        answers = []
        for _ in range(20):
            answers += await asyncio.gather(*(process.spend(key) for process in gateways.processes for _ in range(15)))
            await gateways.pass_time(0.05)
        assert passed(answers) <= (100 if second == 1 else 51)
        assert passed(answers) >= 35, second


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


async def test_a_request_that_comes_while_its_key_is_given_back_is_let_pass_and_counted(
    gateways: Gateways, clock: FakeClock
) -> None:
    await gateways.start(2)
    first, second = gateways.processes
    key = allowance(requests=1000, burst=50)
    for _ in range(3):
        assert isinstance(await first.spend(key), Standing)
        for _ in range(21):
            clock.advance(0.5)
            for process in gateways.processes:
                await process.replicas.step()
        resting = asyncio.create_task(first.limiter.sweep())
        await asyncio.sleep(0)
        clock.advance(0.001)
        assert isinstance(await first.spend(key), Standing)
        await resting
        await gateways.pass_time(0.2)
    await gateways.pass_time(3)
    standing = await second.spend(key)
    assert isinstance(standing, Standing)
    assert 1000 - 7 - 50 <= standing.remaining <= 1000 - 7


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


async def test_a_batch_is_taken_whole_or_not_at_all(gateways: Gateways) -> None:
    await gateways.start()
    (process,) = gateways.processes
    key = allowance(requests=100, burst=20)
    standing = await process.spend(key, 60)
    assert isinstance(standing, Standing)
    assert standing.remaining == 40
    await gateways.pass_time(1)
    refusal = await process.spend(key, 60)
    assert isinstance(refusal, RateLimited)
    assert (refusal.scope, refusal.remaining) == ("hour", 40)
    assert passed([await process.spend(key, 40)]) == 1


async def test_what_is_unspent_comes_back_when_a_process_ends(gateways: Gateways) -> None:
    await gateways.start(2)
    first, second = gateways.processes
    key = allowance(requests=10_000, burst=10_000)
    assert passed([await first.spend(key) for _ in range(5)]) == 5
    await first.limiter.close()
    await first.replicas.leave()
    gateways.processes.remove(first)
    await gateways.pass_time(3)
    standing = await second.spend(key)
    assert isinstance(standing, Standing)
    assert standing.remaining == 10_000 - 6


async def test_what_an_idle_key_holds_comes_back(gateways: Gateways) -> None:
    await gateways.start()
    (process,) = gateways.processes
    key = allowance(requests=10_000)
    await process.spend(key)
    await gateways.pass_time(15)
    document = await gateways.store.documents.get(LEDGERS.name, key.key_id)
    assert document is not None
    assert document.body["used"] == 1


async def test_idle_keys_are_given_back_many_at_once(clock: FakeClock) -> None:
    memory = MemoryStore(clock=clock)
    await memory.open(COLLECTIONS)
    store = Crowded(memory)
    gateways = Gateways(store, clock)
    await gateways.start()
    (process,) = gateways.processes
    for number in range(100):
        await process.spend(allowance(key=f"key_{number}"))
    store.most = 0
    clock.advance(11)
    await process.replicas.step()
    await process.limiter.sweep()
    assert store.most == 32
    for number in range(100):
        assert process.limiter.standing(allowance(key=f"key_{number}")) is None


async def test_a_crash_loses_only_what_was_leased(gateways: Gateways) -> None:
    await gateways.start(2)
    first, second = gateways.processes
    key = allowance(requests=1000, burst=1000)
    spent = passed([await first.spend(key) for _ in range(101)])
    gateways.processes.remove(first)
    await gateways.pass_time(10)
    answers = []
    for _ in range(12):
        answers += [await second.spend(key) for _ in range(100)]
        await gateways.pass_time(1)
    assert 1000 - 110 <= spent + passed(answers) <= 1000


async def test_other_limits_count_from_the_next_request(gateways: Gateways) -> None:
    await gateways.start()
    (process,) = gateways.processes
    assert passed([await process.spend(allowance(requests=10)) for _ in range(12)]) == 10
    standing = await process.spend(allowance(requests=100))
    assert isinstance(standing, Standing)
    assert (standing.limit, standing.remaining) == (100, 89)
    refusal = await process.spend(allowance(requests=5))
    assert isinstance(refusal, RateLimited)


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


async def test_requests_of_the_hour_that_an_idle_gateway_holds_come_back_when_another_needs_them(
    gateways: Gateways,
) -> None:
    await gateways.start(3)
    first, second, third = gateways.processes
    key = allowance(requests=1000, burst=2000)
    async with gateways.flowing():
        spent = passed([await process.spend(key) for process in (first, third) for _ in range(3)])
        for _ in range(10):
            spent += passed(await asyncio.gather(*(second.spend(key) for _ in range(100))))
    assert spent == 1000


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
