"""Promise 5 of spec/webhooks.md: attempts start in the order of events, on ordered endpoints strictly."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

from atrium_common.clock import rfc3339
from atrium_common.store.documents import Delete, Is, Put
from atrium_common.store.ports import Documents, Store, StoreUnavailable
from atrium_webhooks import rows
from tests.engine import Processes
from tests.hostile import Hostile, answer, eventually, held, slow


async def test_promise_5_attempts_start_in_the_order_of_events_as_long_as_nothing_fails(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url(), concurrency=1)
    for _ in range(5):
        await running.events(40)
    await running.until(endpoint, 200, "success")
    assert [each.json["data"]["n"] for each in receiver.arrivals] == list(range(1, 201))


class WritesTheLast:
    """Documents of a store that breaks off its first write, of which only the last part is there."""

    def __init__(self, port: Documents) -> None:
        self._port = port
        self._broken = False

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        if not self._broken:
            self._broken = True
            await self._port.write(writes[-1:])
            raise StoreUnavailable("broken off")
        return await self._port.write(writes)


async def test_promise_5_events_keep_their_order_where_their_batch_was_written_in_part_and_is_tried_again(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.make()
    endpoint = await running.endpoint(receiver.url(), ordered=True)
    fan_out = running.engine.fan_out
    fan_out._store = cast("Store", SimpleNamespace(documents=WritesTheLast(fan_out._store.documents)))
    events = await running.events(3)
    found = {
        str(each.body["event_id"]): cast("int", each.body["sequence"]) for each in await running.deliveries(endpoint)
    }
    assert sorted(found, key=found.__getitem__) == [each.id for each in events]


async def test_promise_5_an_ordered_endpoint_gets_no_event_before_the_one_before_is_done(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500), answer(500), slow(0.05), answer(400), answer())
    running = await processes.start(webhooks_retry_schedule="0,0.3,0.3")
    endpoint = await running.endpoint(receiver.url(), ordered=True)
    await running.events(5)
    await running.until(endpoint, 4, "success")
    got = [(each.json["data"]["n"], each.attempt) for each in receiver.arrivals]
    assert got == [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (4, 1), (5, 1)]
    assert (await running.statuses(endpoint)).count("failed") == 1
    assert receiver.most_at_once["/"] == 1


async def test_promise_5_an_ordered_line_waits_for_an_attempt_that_another_process_has_recorded_as_failed(
    processes: Processes, receiver: Hostile
) -> None:
    gate = asyncio.Event()
    receiver.script("/", held(gate), answer())
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url(), ordered=True)
    (first, _) = await running.events(2)
    await receiver.until(1)
    (found,) = [each for each in await running.deliveries(endpoint) if each.body["event_id"] == first.id]
    later = rfc3339(datetime.now(UTC) + timedelta(seconds=60))
    body = {**found.body, "attempts": 1, "status": "retrying", "next_attempt_at": later}
    put = Put(rows.DELIVERIES.name, found.key, body, found.version + 1, Is(found.version), found.expires_at)
    assert await running.store.documents.write([put]) == [True]
    gate.set()
    lane = running.engine.dispatcher._lanes[endpoint]
    await eventually(lambda: bool(lane.fresh) and lane.fresh[0].attempts == 1, seconds=10)
    assert not lane.flying
    assert [each.event_id for each in receiver.arrivals] == [first.id]


async def test_promise_5_a_manual_retry_runs_outside_the_order(processes: Processes, receiver: Hostile) -> None:
    receiver.script("/", answer(400), answer(500), answer())
    running = await processes.start(webhooks_retry_schedule="0,60")
    endpoint = await running.endpoint(receiver.url(), ordered=True)
    await running.events(1)
    failed = await running.delivery(endpoint, "failed")
    await running.events(1)
    await running.until(endpoint, 1, "retrying")  # the second one holds the line for a minute
    await running.retry(failed.key)
    await running.until(endpoint, 1, "success")
    assert [(each.json["data"]["n"], each.attempt) for each in receiver.arrivals] == [(1, 1), (2, 1), (1, 2)]


async def test_promise_5_an_endpoint_made_ordered_waits_for_what_was_to_be_tried_again(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500), answer())
    running = await processes.start(webhooks_retry_schedule="0,1")
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    await running.until(endpoint, 1, "retrying")
    await running.change(endpoint, ordered=True)
    await running.events(2)
    await running.until(endpoint, 3, "success")
    assert [(each.json["data"]["n"], each.attempt) for each in receiver.arrivals] == [(1, 1), (1, 2), (2, 1), (3, 1)]
