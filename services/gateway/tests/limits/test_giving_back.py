"""What a gateway holds of a key and does not use comes back."""

import asyncio

from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_gateway.limits.settlement import LEDGERS
from atrium_gateway.ports import Standing
from services.gateway.tests.limits.gateways import COLLECTIONS, Crowded, Gateways, allowance, passed


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
