"""What a key may do in an hour and at once is admitted exactly, however many gateways admit it."""

import asyncio

import pytest

from atrium_common.errors import RateLimited
from atrium_gateway.ports import Standing
from services.gateway.tests.limits.gateways import Gateways, allowance, passed


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
