import asyncio

import pytest

from atrium_common.errors import RateLimited
from atrium_common.store.documents import Absent, Put
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_gateway.limits.ledger import Ledger, Share
from atrium_gateway.limits.settlement import LEDGERS
from atrium_gateway.ports import Standing
from services.gateway.tests.limits.gateways import COLLECTIONS, Gateways, Unreliable, allowance, passed


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
        clock.advance(10.2)
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
