"""How late deliveries are is told where it is ours: not what an endpoint's own failures and limits hold back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from atrium_common.clock import rfc3339
from atrium_common.store.documents import Document
from atrium_common.testing.clock import FakeClock
from atrium_webhooks.application.gauges import Lateness
from atrium_webhooks.application.lane import Heads, Lane, Waiting
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import new_credentials
from atrium_webhooks.domain.delivery import new_delivery
from atrium_webhooks.domain.endpoint import EndpointSettings, RateLimit
from atrium_webhooks.domain.health import HEALTHY

AT = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(AT)


def lane(**settings: Any) -> Lane:
    """Three deliveries wait, due at `AT`."""
    created = domain.WebhookCreated(
        workspace_id="wks_1",
        settings=EndpointSettings(url="https://example.com/hooks", events=("*",), **settings),
        credentials=new_credentials("wh_1", secret="the one secret", randomness=bytes),
        is_active=True,
        livemode=True,
        at=AT,
    )
    made = Lane("wh_1", domain.evolve(None, created))
    made.begin_page()
    made.end_page(Heads([_delivery(number) for number in range(1, 4)]), now=AT)
    return made


def _delivery(number: int) -> Waiting:
    body = new_delivery(
        event_id=f"evt_{number}",
        event_type="order.placed",
        event_time=rfc3339(AT),
        endpoint_id="wh_1",
        workspace_id="wks_1",
        livemode=True,
        sequence=number,
        now=rfc3339(AT),
    )
    return Waiting(Document(f"del_{number}", 1, body, None), {})


def test_a_delivery_that_could_begin_is_later_every_second(clock: FakeClock) -> None:
    lateness, waiting = Lateness(clock), lane()
    clock.advance(90)
    assert lateness.of([waiting]) == 90
    clock.advance(2)
    assert lateness.of([waiting]) == 92
    assert lateness.of([]) == 0


def test_what_a_breaker_holds_back_is_not_late_and_counts_from_its_closing(clock: FakeClock) -> None:
    lateness, waiting = Lateness(clock), lane()
    waiting.health = replace(HEALTHY, failures=10, probe_at=AT + timedelta(hours=1))
    clock.advance(1800)
    assert lateness.of([waiting]) == 0
    waiting.health = HEALTHY
    assert lateness.of([waiting]) == 0
    clock.advance(30)
    assert lateness.of([waiting]) == 30


def test_what_a_rate_limit_or_a_slow_receiver_holds_back_is_not_late(clock: FakeClock) -> None:
    paced, slow = lane(rate_limit=RateLimit(requests=1, per_seconds=60)), lane(concurrency=1)
    lateness = Lateness(clock)
    for each in (paced, slow):
        assert each.take(clock.now(), clock.monotonic()) is not None
    clock.advance(50)
    assert lateness.of([paced]) == 0
    assert lateness.of([slow]) == 0
