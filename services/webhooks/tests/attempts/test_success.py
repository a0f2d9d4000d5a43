"""What is a success, what is tried again and what fails for good (spec/webhooks.md, "Success")."""

import asyncio
import datetime as dt
import time
from typing import Any, cast

import pytest

from atrium_common.store.documents import Is, Put
from atrium_webhooks import rows
from atrium_webhooks.domain.delivery import again
from services.webhooks.tests.attempts.outcome import outcome
from tests.engine import Processes, Running
from tests.hostile import Behaviour, Hostile, answer, bomb, close, drip, garbage, half, hang, huge, reset, slow


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_a_success(running: Running, receiver: Hostile, status: int) -> None:
    found = await outcome(running, receiver, answer(status))
    assert (found["status"], found["status_code"], found["attempts"]) == ("success", status, 1)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 408, 409, 425, 429, 500, 502, 503, 504])
async def test_a_3xx_and_what_may_pass_is_tried_again(running: Running, receiver: Hostile, status: int) -> None:
    found = await outcome(running, receiver, answer(status, location=receiver.url("/elsewhere")))
    assert (found["status"], found["status_code"]) == ("retrying", status)
    assert not receiver.at("/elsewhere"), "a redirect was followed"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 422])
async def test_any_other_4xx_fails_for_good(running: Running, receiver: Hostile, status: int) -> None:
    assert (await outcome(running, receiver, answer(status)))["status"] == "failed"


async def test_410_fails_the_delivery_and_disables_the_endpoint_at_once(running: Running, receiver: Hostile) -> None:
    receiver.script("/gone", answer(410))
    endpoint = await running.endpoint(receiver.url("/gone"), concurrency=1)
    await running.events(5)
    state = await running.until_disabled(endpoint)
    await running.until(endpoint, 4, "cancelled")
    assert (await running.statuses(endpoint)).count("failed") == 1
    assert state.disabled_reason == "It answered 410 Gone."
    assert len(receiver.arrivals) == 1


async def test_410_disables_an_endpoint_again_whose_attempt_was_not_recorded_before_it_was_switched_on(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(410))
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    await running.until_disabled(endpoint)
    found = await running.delivery(endpoint, "failed")
    await running.change(endpoint, is_active=True)
    now = dt.datetime.now(dt.UTC)
    lost = {**again(found.body, now=now), "attempts": 0, "round_start": 0, "history": []}  # as if it had died meanwhile
    put = Put(rows.DELIVERIES.name, found.key, lost, found.version + 1, Is(found.version), found.expires_at)
    assert await running.store.documents.write([put]) == [True]
    await running.engine.dispatcher.wake([endpoint])
    await receiver.until(2)
    await running.until_disabled(endpoint, seconds=10)


BROKEN: list[tuple[str, Behaviour, str]] = [
    ("hanging", hang, "timeout"),
    ("too slow", slow(3), "timeout"),
    ("half an answer", half, "timeout"),
    ("reset", reset, "broken"),
    ("closed", close, "broken"),
    ("no HTTP", garbage, "protocol"),
]


@pytest.mark.parametrize(("behaviour", "error_class"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN])
async def test_a_receiver_that_breaks_or_hangs_is_tried_again_and_the_reason_recorded(
    running: Running, receiver: Hostile, behaviour: Behaviour, error_class: str
) -> None:
    found = await outcome(running, receiver, behaviour)
    (entry,) = found["history"]
    assert (found["status"], found["status_code"]) == ("retrying", None)
    assert (entry["error_class"], entry["response"]) == (error_class, None)
    assert entry["error"]


@pytest.mark.parametrize(
    "body",
    [b"transfer-encoding: chunked\r\n\r\nno chunk\r\n", b"content-length: 0\r\n\r\nand more than nothing"],
    ids=["a chunk that is none", "more than was said"],
)
async def test_a_body_that_is_wrong_makes_no_failure_of_a_2xx_that_it_came_with(
    running: Running, receiver: Hostile, body: bytes
) -> None:
    async def wrong(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + body)
        await writer.drain()
        writer.close()

    found = await outcome(running, receiver, wrong)
    (entry,) = found["history"]
    assert (found["status"], found["status_code"], found["attempts"]) == ("success", 200, 1)
    assert entry["duration_ms"] < 900, "it waited for the end of its time, for a body that can't come"


async def test_a_refused_connection_is_tried_again(running: Running, receiver: Hostile) -> None:
    endpoint = await running.endpoint("http://127.0.0.1:1025/")
    await running.events(1)
    found = await running.delivery(endpoint, "retrying")
    assert cast("Any", found.body["history"])[0]["error_class"] == "connect"


async def test_a_name_that_does_not_resolve_is_tried_again(running: Running) -> None:
    endpoint = await running.endpoint("https://no-such-name.invalid/")
    await running.events(1)
    found = await running.delivery(endpoint, "retrying")
    assert cast("Any", found.body["history"])[0]["error_class"] == "dns"


@pytest.mark.parametrize("behaviour", [drip(), huge(), bomb()], ids=["dripping", "huge", "gzip bomb"])
async def test_neither_a_long_nor_a_dripping_body_makes_a_2xx_a_failure(
    running: Running, receiver: Hostile, behaviour: Behaviour
) -> None:
    began = time.monotonic()
    found = await outcome(running, receiver, behaviour)
    (entry,) = found["history"]
    assert (found["status"], found["status_code"]) == ("success", 200)
    assert len(entry["response"]["body"]) <= 4096
    assert time.monotonic() - began < 20


async def test_the_whole_exchange_has_one_deadline_however_it_drips(running: Running, receiver: Hostile) -> None:
    found = await outcome(running, receiver, drip(500))
    (entry,) = found["history"]
    assert found["status"] == "retrying"
    assert 900 < entry["duration_ms"] < 5000
