"""Promise 4 of spec/webhooks.md: an endpoint that keeps failing is probed, then disabled, and nothing is lost."""

import asyncio
import time

import pytest

from atrium_webhooks import rows
from tests.engine import Processes
from tests.hostile import Hostile, answer, eventually


async def test_promise_4_the_breaker_opens_after_ten_failures_and_probes_with_single_deliveries(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500))
    running = await processes.start(webhooks_breaker_probe_seconds=0.5, webhooks_retry_schedule="0,60")
    endpoint = await running.endpoint(receiver.url(), concurrency=1)
    began = time.monotonic()
    await running.events(50)
    await receiver.until(13)
    assert time.monotonic() - began > 1.4  # ten at once, then one every half second
    untouched = [each for each in await running.deliveries(endpoint) if each.body["status"] == "pending"]
    assert len(untouched) >= 50 - len(receiver.arrivals)
    assert all(each.body["attempts"] == 0 for each in untouched)
    receiver.script("/", answer())
    probed = len(receiver.arrivals)
    await running.until(endpoint, 50 - probed, "success")
    assert (await running.state(endpoint)).warned_at is not None


async def test_promise_4_a_breaker_stays_open_over_a_restart(processes: Processes, receiver: Hostile) -> None:
    receiver.script("/", answer(500))
    running = await processes.start(webhooks_retry_schedule="0,60")
    endpoint = await running.endpoint(receiver.url(), concurrency=1)
    await running.events(20)
    await receiver.until(10)
    await running.until(endpoint, 10, "retrying")
    await running.stop()
    again_ = await processes.start(webhooks_retry_schedule="0,60")
    await again_.events(1)
    other = await again_.endpoint(receiver.url("/other"))
    await again_.events(1)
    await again_.until(other, 1, "success")
    assert len(receiver.at("/")) == 10


async def test_promise_4_an_endpoint_whose_every_attempt_fails_is_disabled_with_a_reason_and_nothing_lost(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500))
    running = await processes.start(
        webhooks_disable_after_days=0, webhooks_disable_after_deliveries=3, webhooks_retry_schedule="0,60"
    )
    endpoint = await running.endpoint(receiver.url(), concurrency=1)
    messages = await running.events(6)
    state = await running.until_disabled(endpoint)
    assert "Every attempt has failed since" in str(state.disabled_reason)
    await running.until(endpoint, 6, "cancelled")
    assert len(receiver.arrivals) == 3
    later = await running.events(1)
    assert (await running.statuses(endpoint)).count("cancelled") == 7
    for message in (*messages, *later):
        assert await running.store.documents.get(rows.EVENTS_SEEN.name, message.id) is not None


async def test_promise_4_what_was_cancelled_can_be_sent_after_the_endpoint_is_switched_on_again(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url())
    await running.change(endpoint, is_active=False)
    await running.events(1)
    delivery = await running.delivery(endpoint, "cancelled")
    await running.change(endpoint, is_active=True)
    await running.retry(delivery.key)
    await running.delivery(endpoint, "success")


async def test_promise_4_what_is_asked_for_after_the_endpoint_is_on_is_not_given_up_by_who_has_not_heard_of_it_yet(
    processes: Processes, receiver: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await processes.make()
    running = await processes.make()
    endpoint = await client.endpoint(receiver.url())
    await client.change(endpoint, is_active=False)
    await client.events(1)
    delivery = await client.delivery(endpoint, "cancelled")
    deaf = asyncio.Event()
    monkeypatch.setattr(running.engine.dispatcher._directory, "follow", deaf.wait)  # news come late
    await running.start()
    await eventually(lambda: endpoint in running.engine.dispatcher._lanes)
    await client.change(endpoint, is_active=True)
    await client.retry(delivery.key)
    await running.delivery(endpoint, "success")
