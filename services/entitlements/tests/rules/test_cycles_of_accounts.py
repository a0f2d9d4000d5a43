"""Rules 5, 6 and 10 (design/entitlements.md): which cycle usage counts in, rolling windows, and usage that is late."""

from datetime import UTC, datetime, timedelta

import pytest

from atrium_common.errors import ValidationFailed
from atrium_entitlements.domain import provisioning
from atrium_entitlements.domain.events import UsageRecorded
from services.entitlements.tests.house import START, House, figures


def test_a_cycle_begins_at_its_beginning_and_ends_just_before_the_next(house: House) -> None:
    house.give("plan", anchor=datetime(2026, 1, 31, tzinfo=UTC), starts_at=START)
    house.use("calls", 60)
    assert house.stand("calls").reset_at == datetime(2026, 1, 31, tzinfo=UTC)
    house.now = datetime(2026, 1, 31, tzinfo=UTC) - timedelta(microseconds=1)
    assert house.stand("calls").used == 60
    house.now = datetime(2026, 1, 31, tzinfo=UTC)
    assert house.stand("calls").used == 0
    assert house.stand("calls").reset_at == datetime(2026, 2, 28, tzinfo=UTC)


def test_renewal_never_moves_the_cycles(house: House) -> None:
    entitlement = house.give("plan", anchor=datetime(2025, 12, 31, tzinfo=UTC), expires_at=START + timedelta(days=20))
    house.use("calls", 10)
    before = house.stand("calls").reset_at
    house.pass_time(days=5)
    house.apply("ns_1", *provisioning.renew(house.account(), entitlement, house.acting))
    assert house.stand("calls").reset_at == before
    assert house.stand("calls").used == 10
    # It goes on to the end of the cycle in which it would have ended.
    assert house.account().entitlements[entitlement].expires_at == datetime(2026, 2, 28, tzinfo=UTC)


def test_an_anchor_that_is_sent_again_leaves_the_usage_of_the_cycle_alone(house: House) -> None:
    anchor = datetime(2026, 1, 1, tzinfo=UTC)
    house.give("plan", anchor=anchor)
    house.use("calls", 60)
    house.give("extra", anchor=anchor)
    house.give("bigger", anchor=anchor, replace=True)
    assert figures(house, "calls") == (60, 500, 440, 0)


def test_what_was_used_before_there_was_a_calendar_counts_in_the_cycle_that_it_lies_in(house: House) -> None:
    house.use("calls", 7)  # by the tier: the account has the calendar month
    house.give("plan", to="wks_1", anchor=datetime(2025, 12, 31, tzinfo=UTC))
    assert figures(house, "calls") == (7, 100, 93, 0)
    house.give("bigger", to="wks_1", anchor=house.now, replace=True)
    assert figures(house, "calls") == (0, 500, 500, 0)


def test_cycles_keep_to_the_zone_that_the_holder_had_when_they_began(house: House) -> None:
    house.zone = "America/New_York"
    house.use("calls", 5)
    assert house.stand("calls").reset_at == datetime(2026, 2, 1, 5, tzinfo=UTC)
    house.zone = "Asia/Tokyo"
    assert house.stand("calls").used == 5
    assert house.stand("calls").reset_at == datetime(2026, 2, 1, 5, tzinfo=UTC)


def test_a_rolling_window_forgets_by_the_bucket(house: House) -> None:
    house.give("plan")
    house.use("mails", 30)
    house.pass_time(days=10)
    house.use("mails", 20)
    assert house.use("mails", 1).denied
    house.pass_time(days=19, hours=23)
    assert house.stand("mails").used == 50
    house.pass_time(hours=2)
    assert house.stand("mails").used == 20
    house.use("mails", -5)
    assert house.stand("mails").used == 15
    house.pass_time(days=30)
    assert house.stand("mails").used == 0
    with pytest.raises(ValidationFailed):
        house.use("mails", -1)


def test_a_rolling_window_keeps_at_most_720_buckets(house: House) -> None:
    house.give("plan")
    for _ in range(900):
        house.pass_time(hours=1)
        house.use("mails", 1, enforce=False)
    ring = house.account().counters["mails"].ring
    assert ring is not None
    assert (len(ring.buckets), ring.total) == (720, 720)


def test_late_usage_is_booked_into_its_own_cycle_while_that_is_open_plus_a_day(house: House) -> None:
    house.give("plan", anchor=datetime(2026, 1, 1, tzinfo=UTC))
    house.use("calls", 10)
    house.now = datetime(2026, 2, 1, 12, tzinfo=UTC)
    house.use("calls", 3)
    late = house.use("calls", 20, ago=timedelta(hours=20))
    assert not late.denied
    assert house.stand("calls").used == 3
    assert house.stand("calls", datetime(2026, 1, 31, tzinfo=UTC)).used == 30
    assert house.use("calls", 71, ago=timedelta(hours=20)).denied
    assert house.alerts() == []


def test_usage_of_a_closed_cycle_is_a_visible_adjustment_of_the_present_one(house: House) -> None:
    house.give("plan", anchor=datetime(2026, 1, 1, tzinfo=UTC))
    house.now = datetime(2026, 2, 3, tzinfo=UTC)
    house.use("calls", 20, ago=timedelta(hours=71))
    assert house.stand("calls").used == 20
    (recorded,) = [event for event in house.events["ns_1"] if isinstance(event, UsageRecorded)]
    assert recorded.adjustment
    assert recorded.occurred_at == datetime(2026, 1, 31, 1, tzinfo=UTC)
