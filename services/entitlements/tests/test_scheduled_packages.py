"""A package that begins later leaves the cycles alone until then, and brings its own calendar along."""

from datetime import UTC, datetime

from atrium_entitlements.domain import provisioning
from services.entitlements.tests.house import House

BEGINS = datetime(2026, 2, 10, tzinfo=UTC)


def test_what_is_used_of_the_tier_stays_used_when_a_package_is_scheduled(house: House) -> None:
    house.use("calls", 20)
    house.give("plan", to="wks_1", starts_at=BEGINS)
    assert house.use("calls", 1).denied
    assert house.stand("calls").reset_at == datetime(2026, 2, 1, tzinfo=UTC)
    house.now = datetime(2026, 2, 9, tzinfo=UTC)
    assert not house.use("calls", 15).denied
    house.now = BEGINS
    assert not house.use("calls", 100).denied
    assert house.use("calls", 1).denied
    assert house.stand("calls").reset_at == datetime(2026, 3, 10, tzinfo=UTC)
    assert house.account("wks_1").coming == ()


def test_a_scheduled_replacement_with_an_anchor_resets_nothing_before_it_begins(house: House) -> None:
    house.give("plan", anchor=datetime(2026, 1, 1, tzinfo=UTC))
    house.use("calls", 100)
    house.give("bigger", replace=True, starts_at=BEGINS, anchor=BEGINS)
    assert house.use("calls", 1).denied
    assert house.explain("calls")["levels"][0]["nodes"][0]["used"] == 100
    house.now = BEGINS
    assert (house.stand("calls").used, house.stand("calls").limit) == (0, 500)
    assert house.explain("calls")["levels"][0]["nodes"][0]["cycle"]["start"] == "2026-02-10T00:00:00.000Z"


def test_usage_of_a_cycle_of_the_new_calendar_that_began_before_the_package_goes_on_to_count(house: House) -> None:
    house.give("plan", anchor=datetime(2026, 1, 1, tzinfo=UTC))
    house.give("bigger", replace=True, starts_at=BEGINS, anchor=datetime(2026, 2, 1, tzinfo=UTC))
    house.now = datetime(2026, 2, 5, tzinfo=UTC)
    house.use("calls", 70)
    house.now = BEGINS
    assert (house.stand("calls").used, house.stand("calls").limit) == (70, 500)


def test_a_package_that_is_cancelled_before_it_begins_moves_no_cycle(house: House) -> None:
    house.give("plan", anchor=datetime(2026, 1, 1, tzinfo=UTC))
    once = house.give("once", starts_at=BEGINS, anchor=BEGINS)
    house.apply("ns_1", *provisioning.cancel(house.account(), once, None, house.acting))
    house.now = datetime(2026, 2, 11, tzinfo=UTC)
    house.use("calls", 1)
    assert house.stand("calls").reset_at == datetime(2026, 3, 1, tzinfo=UTC)


def test_what_is_given_before_a_scheduled_package_begins_keeps_to_its_calendar(house: House) -> None:
    house.use("calls", 5)
    house.give("plan", to="wks_1", starts_at=BEGINS)
    house.give("extra", to="wks_1")
    assert house.stand("calls").used == 5
    assert house.stand("calls").reset_at == datetime(2026, 2, 1, tzinfo=UTC)
    house.now = BEGINS
    assert house.stand("calls").reset_at == datetime(2026, 3, 10, tzinfo=UTC)


def test_a_package_given_after_a_scheduled_one_was_cancelled_begins_its_own_cycles(house: House) -> None:
    house.use("calls", 5)
    scheduled = house.give("plan", to="wks_1", starts_at=BEGINS)
    house.apply("wks_1", *provisioning.cancel(house.account("wks_1"), scheduled, None, house.acting))
    house.give("plan", to="wks_1")
    assert house.stand("calls").reset_at == datetime(2026, 2, 15, 10, 30, tzinfo=UTC)


def test_a_package_that_takes_the_place_of_a_scheduled_one_begins_its_own_cycles(house: House) -> None:
    house.use("calls", 5)
    house.give("plan", to="wks_1", starts_at=BEGINS)
    house.give("bigger", to="wks_1", replace=True)
    assert house.stand("calls").reset_at == datetime(2026, 2, 15, 10, 30, tzinfo=UTC)
