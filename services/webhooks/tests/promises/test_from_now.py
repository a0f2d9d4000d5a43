"""Promise 6 of spec/webhooks.md: an endpoint gets events from its creation on, and all is kept for its time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from atrium_common.store.documents import Query
from atrium_webhooks import rows
from tests.engine import Processes
from tests.hostile import Hostile


async def test_promise_6_an_endpoint_created_now_gets_events_from_now(processes: Processes, receiver: Hostile) -> None:
    running = await processes.start()
    await running.events(1)
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    await running.until(endpoint, 1, "success")
    assert [each.json["data"]["n"] for each in receiver.arrivals] == [2]


async def test_promise_6_an_event_from_before_that_is_received_late_is_not_for_a_new_endpoint(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.start()
    old = await running.endpoint(receiver.url("/old"))
    between = await running.store.log.tail()
    new = await running.endpoint(receiver.url("/new"))
    after = await running.store.log.tail()
    long_ago = datetime.now(UTC) - timedelta(minutes=20)
    await running.receive(
        running.message(position=between),
        running.message(position=between, source="/tenancy"),  # another log, and perhaps another clock
        running.message(position=after + 1),
        running.message(source="/tenancy", time=long_ago),
    )
    await running.until(old, 3, "success")
    await running.until(new, 2, "success")
    assert sorted(each.json["data"]["n"] for each in receiver.at("/new")) == [2, 3]


@pytest.mark.parametrize("restarted", [False, True])
async def test_promise_6_positions_of_logs_say_what_was_before_an_endpoint_whatever_the_clocks_say(
    processes: Processes, receiver: Hostile, *, restarted: bool
) -> None:
    running = await processes.start()
    await running.endpoint(receiver.url("/old"))
    before = await running.store.log.tail()
    endpoint = await running.endpoint(receiver.url(), heads={"/tenancy": 40})
    after = await running.store.log.tail()
    if restarted:
        await running.die()
        running = await processes.start()
    ahead, behind = (datetime.now(UTC) + timedelta(hours=each) for each in (1, -1))
    await running.receive(
        running.message(position=before, time=ahead),
        running.message(position=after + 1, time=behind),
        running.message(source="/tenancy", position=40, time=ahead),
        running.message(source="/tenancy", position=41, time=behind),
        running.message(source="/entitlements", position=1, time=behind),  # it did not say where its log was
    )
    await running.until(endpoint, 2, "success")
    assert sorted(each.json["data"]["n"] for each in receiver.at("/")) == [2, 4]


async def test_promise_6_events_deliveries_and_attempts_are_gone_after_their_time(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.start(webhooks_retention_days=timedelta(seconds=1.5) / timedelta(days=1))
    endpoint = await running.endpoint(receiver.url())
    await running.events(3)
    await receiver.until(3)
    async with asyncio.timeout(60):
        while await running.deliveries(endpoint) or await running.store.documents.query(rows.EVENTS_SEEN.name, Query()):
            await asyncio.sleep(0.05)
