"""Promise 2 of spec/webhooks.md: one delivery per event and endpoint, the same over all attempts."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from atrium_common.jsontypes import JSONObject
from atrium_common.wiring import RETENTION
from atrium_webhooks.application.beginnings import FIRST_COMES_WITHIN
from atrium_webhooks.domain.delivery import delivery_id
from tests.engine import Processes
from tests.hostile import Hostile, answer


async def test_promise_2_an_event_received_again_and_by_two_processes_at_once_makes_one_delivery(
    processes: Processes, receiver: Hostile
) -> None:
    first = await processes.start()
    second = await processes.start()
    endpoint = await first.endpoint(receiver.url())
    message = first.message()
    await asyncio.gather(first.receive(message), second.receive(message), first.receive(message))
    await first.until(endpoint, 1, "success")
    await first.receive(message)
    assert [each.key for each in await first.deliveries(endpoint)] == [delivery_id(message.id, endpoint)]
    assert len(receiver.arrivals) == 1


async def test_promise_2_the_id_and_the_body_stay_the_same_over_all_attempts(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500), answer(500), answer())
    running = await processes.start()
    data = {
        "float": 1.0,
        "big": 2**53,
        "text": "ümläut 😀",
        "nested": {"z": 1, "a": [None, True]},
        "dot.ted": {"$x": 1},
    }
    endpoint = await running.endpoint(receiver.url())
    await running.events(1, data=data)
    await running.delivery(endpoint, "success")
    assert len({each.event_id for each in receiver.arrivals}) == 1
    assert len({each.headers["x-webhook-delivery"] for each in receiver.arrivals}) == 1
    assert len({each.body for each in receiver.arrivals}) == 1
    assert [each.attempt for each in receiver.arrivals] == [1, 2, 3]
    assert receiver.arrivals[0].json["data"] == data


async def test_promise_2_an_answer_is_recorded_whatever_its_headers_are_and_nothing_is_sent_again(
    processes: Processes, receiver: Hostile
) -> None:
    async def odd(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\n$ref: a\r\n$id: b\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    receiver.script("/", odd)
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    delivery = await running.delivery(endpoint, "success", seconds=10)
    (entry,) = cast("list[JSONObject]", delivery.body["history"])
    headers = {"X-Name": "caf\N{REPLACEMENT CHARACTER}", "Content-Length": "0"}
    assert entry["response"] == {"headers": headers, "body": "", "truncated": False}
    assert len(receiver.arrivals) == 1


@pytest.mark.parametrize(
    ("kept_days", "days_ago", "delivered"), [(60, 61, 0), (60, 59, 1), (1, 29, 1), (1, 31, 0), (30, 30.5, 0)]
)
async def test_promise_2_an_event_that_comes_again_after_its_delivery_has_been_forgotten_makes_none(
    processes: Processes, kept_days: int, days_ago: float, delivered: int
) -> None:
    running = await processes.make(webhooks_retention_days=kept_days)
    endpoint = await running.endpoint("https://192.0.2.1/", heads={"/tenancy": 0})
    long_ago = datetime.now(UTC) - timedelta(days=days_ago)
    message = replace(running.message(), source="/tenancy", position=1, time=long_ago)
    await running.receive(message)
    assert len(await running.deliveries(endpoint)) == delivered


def test_promise_2_an_event_that_a_topic_has_kept_to_the_last_is_not_taken_for_one_that_comes_again() -> None:
    assert max(RETENTION.values()) == FIRST_COMES_WITHIN
