"""Promise 3 of spec/webhooks.md: an endpoint that is slow, down or flooded delays nobody else's deliveries."""

import asyncio
from collections import Counter

from atrium_webhooks.application.shards import SHARDS, shard_of
from tests.engine import Processes
from tests.hostile import Hostile, eventually, hang, held, slow


async def test_promise_3_endpoints_that_hang_delay_nobody_else(processes: Processes, receiver: Hostile) -> None:
    running = await processes.start(webhooks_in_flight=40, webhooks_timeout=600)
    for number in range(6):
        receiver.script(f"/hang/{number}", hang)
        await running.endpoint(receiver.url(f"/hang/{number}"))
    await running.events(40)
    await eventually(lambda: len(receiver.arrivals) >= 20)
    healthy = await running.endpoint(receiver.url("/healthy"), workspace_id="wks_2")
    same = await running.endpoint(receiver.url("/same"), events=("seldom.*",))
    await running.receive(running.message(workspace_id="wks_2"), running.message(type_="seldom.seen"))
    await running.until(healthy, 1, "success")  # while all the others hang
    await running.until(same, 1, "success")


async def test_promise_3_a_receiver_that_hangs_while_its_process_ends_delays_nobody_else(
    processes: Processes, receiver: Hostile
) -> None:
    gate = asyncio.Event()
    receiver.script("/slow", held(gate))
    first, second = await processes.make(), await processes.make()
    shards = [each.engine.dispatcher._shards for each in (first, second)]
    for each in shards:
        each._beat_seconds = 0.05
    await first.start()
    slow = await first.endpoint(receiver.url("/slow"), events=("slow.*",))
    await first.events(1, type_="slow.event")
    await receiver.until(1, "/slow")
    ending = asyncio.create_task(first.stop())
    await second.start()
    await eventually(lambda: sum(map(shards[1].serves, range(SHARDS))) == SHARDS - 1, seconds=10)
    calm = await second.endpoint(receiver.url("/calm"), events=("calm.*",))
    while shard_of(calm) == shard_of(slow):
        calm = await second.endpoint(receiver.url("/calm"), events=("calm.*",))
    await second.events(1, type_="calm.event")
    await second.until(calm, 1, "success", seconds=10)
    assert len(receiver.at("/slow")) == 1
    assert not ending.done()
    gate.set()
    await ending
    assert await second.statuses(slow) == ["success"]


async def test_promise_3_a_flooded_endpoint_delays_nobody_elses_delivery(
    processes: Processes, receiver: Hostile
) -> None:
    gate = asyncio.Event()
    receiver.script("/flooded", held(gate))
    running = await processes.start(webhooks_timeout=600)
    flooded = await running.endpoint(receiver.url("/flooded"), events=("flood.*",))
    for _ in range(5):
        await running.events(100, type_="flood.drop")
    await receiver.until(10, "/flooded")
    calm = await running.endpoint(receiver.url("/calm"), events=("calm.*",))
    await running.events(1, type_="calm.event")
    await running.until(calm, 1, "success")
    assert len(receiver.at("/flooded")) == 10  # its concurrency; 490 wait
    gate.set()
    await running.until(flooded, 500, "success")


async def test_promise_3_no_endpoint_gets_more_at_once_than_its_concurrency(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/ten", slow(0.05))
    receiver.script("/two", slow(0.05))
    running = await processes.start()
    ten = await running.endpoint(receiver.url("/ten"))
    two = await running.endpoint(receiver.url("/two"), concurrency=2)
    await running.events(40)
    await running.until(ten, 40, "success")
    await running.until(two, 40, "success")
    assert receiver.most_at_once == {"/ten": 10, "/two": 2}


async def test_promise_3_an_endpoints_rate_limit_holds_over_every_span_and_everything_still_arrives(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url(), rate_limit={"requests": 5, "per_seconds": 1})
    await running.events(12)
    await running.until(endpoint, 12, "success")
    moments = [each.at for each in receiver.arrivals]
    assert all(later - earlier > 0.5 for earlier, later in zip(moments, moments[5:], strict=False))


async def test_promise_3_two_processes_share_the_endpoints_and_keep_every_limit(
    processes: Processes, receiver: Hostile
) -> None:
    first, second = await processes.start(), await processes.start()
    endpoints = []
    for number in range(8):
        receiver.script(f"/{number}", slow(0.02))
        endpoints.append(await first.endpoint(receiver.url(f"/{number}"), concurrency=3))
    for _ in range(3):
        await asyncio.gather(first.events(10), second.events(10))
    for endpoint in endpoints:
        await first.until(endpoint, 60, "success")
    assert all(most <= 3 for most in receiver.most_at_once.values())
    repeats = Counter((each.path, each.event_id) for each in receiver.arrivals)
    assert set(repeats.values()) == {1}
