"""What is kept and told of an attempt, and what is not."""

import datetime as dt

import pytest
from prometheus_client import generate_latest

from services.webhooks.tests.attempts.outcome import outcome
from tests.engine import Running
from tests.hostile import Hostile, answer


async def test_4_kib_of_an_answers_body_are_kept_and_what_is_cut_off_is_said(
    running: Running, receiver: Hostile
) -> None:
    found = await outcome(running, receiver, answer(200, b"y" * 5000))
    (entry,) = found["history"]
    assert entry["response"] == {
        "headers": {"Content-Length": "5000"}, "body": "y" * 4096, "truncated": True,
    }  # fmt: skip
    found = await outcome(running, receiver, answer(200, "grüß dich".encode()))
    assert found["history"][0]["response"]["body"] == "grüß dich"


@pytest.mark.parametrize("value", ["v" * 1000, "é" * 600, "v" * 9000])
async def test_no_more_of_an_answers_headers_is_kept_than_of_its_body_whatever_they_are_and_when_to_come_again_is(
    running: Running, receiver: Hostile, value: str
) -> None:
    many = {f"x_{number}": value for number in range(12)}
    found = await outcome(running, receiver, answer(503, b"later", first="1", **many, retry_after="100000"))
    kept = found["history"][0]["response"]["headers"]
    assert sum(len(name.encode()) + len(text.encode()) for name, text in kept.items()) <= 4 * 1024
    assert (kept["First"], kept["Retry-After"]) == ("1", "100000")
    assert "X-1" in kept
    assert dt.datetime.fromisoformat(found["next_attempt_at"]) > dt.datetime.now(dt.UTC) + dt.timedelta(seconds=50_000)


async def test_an_attempt_is_recorded_with_its_timings_address_and_headers_but_no_secret(
    running: Running, receiver: Hostile
) -> None:
    found = await outcome(running, receiver, answer(200, b"ok"), headers={"Authorization": "Bearer hidden"})
    (entry,) = found["history"]
    assert entry["remote_address"] == "127.0.0.1"
    assert set(entry["timings"]) == {"dns", "connect", "tls", "first_byte", "total"}
    assert entry["timings"]["connect"] is not None
    assert entry["timings"]["tls"] is None
    assert 0 < entry["timings"]["first_byte"] <= entry["timings"]["total"]
    assert entry["request"]["headers"]["Authorization"] == "***"
    assert entry["request"]["headers"]["X-Webhook-Attempt"] == "1"
    assert "hidden" not in str(found)
    assert receiver.arrivals[0].headers["authorization"] == "Bearer hidden"


async def test_the_dispatchers_figures_are_told_to_prometheus(running: Running, receiver: Hostile) -> None:
    await outcome(running, receiver, answer())
    told = generate_latest().decode()
    for name in (
        "webhooks_due",
        "webhooks_oldest_due_seconds",
        "webhooks_in_flight",
        'webhooks_attempts_total{outcome="success"}',
        "webhooks_event_to_success_seconds_count",
        "webhooks_breakers_open",
        "webhooks_disabled_total",
        "consumer_lag_seconds",
    ):
        assert f"atrium_{name}" in told, name


async def test_a_trace_is_carried_from_the_request_to_the_delivery(running: Running, receiver: Hostile) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await running.endpoint(receiver.url())
    await running.receive(running.message(traceparent=trace))
    (arrival,) = await receiver.until(1)
    version, trace_id, span, flags = arrival.headers["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", "4bf92f3577b34da6a3ce929d0e0e4736", "01")
    assert span != "00f067aa0ba902b7"
