"""Rule 2 (design/entitlements.md): the limit is the sum of what packages and boosts grant."""

from datetime import UTC, datetime, timedelta

import pytest

from atrium_common.errors import StateConflict, ValidationFailed
from atrium_entitlements.domain import boosts, provisioning
from services.entitlements.tests.house import House, figures


def test_the_limit_is_the_sum_over_active_packages_and_boosts(house: House) -> None:
    house.give("plan")
    house.give("extra")
    house.give("extra")
    house.boost("seats", quantity=3)
    assert figures(house, "seats") == (0, 23, 23, 0)


def test_grants_are_consumed_soonest_lost_first(house: House) -> None:
    house.give("plan")
    house.boost("seats", quantity=1)
    house.boost("seats", duration="duration", quantity=2, expires_at=house.now + timedelta(days=20))
    house.boost("seats", duration="duration", quantity=3, expires_at=house.now + timedelta(days=10))
    house.boost("seats", duration="cycle_bound", quantity=4)
    house.use("seats", 16)
    (node,) = house.explain("seats")["levels"][0]["nodes"]
    assert [(grant["label"], grant["quantity"], grant["used"]) for grant in node["grants"]] == [
        ("plan", 10, 10), ("add_limit", 4, 4), ("add_limit", 3, 2), ("add_limit", 2, 0), ("add_limit", 1, 0),
    ]  # fmt: skip


def test_a_boosts_use_is_not_counted_twice(house: House) -> None:
    house.give("plan")
    house.boost("calls", quantity=50)
    house.use("calls", 120)
    assert figures(house, "calls") == (120, 150, 30, 0)
    house.pass_time(days=31)
    assert figures(house, "calls") == (0, 150, 150, 0)


def test_a_cycle_bound_boost_ends_with_its_cycle_and_one_with_an_end_then(house: House) -> None:
    house.give("plan")
    house.boost("calls", duration="cycle_bound", quantity=5)
    house.boost("calls", duration="duration", quantity=7, expires_at=house.now + timedelta(days=40))
    assert house.stand("calls").limit == 112
    house.now = datetime(2026, 2, 15, 10, 30, tzinfo=UTC) - timedelta(microseconds=1)
    assert house.stand("calls").limit == 112
    house.now = datetime(2026, 2, 15, 10, 30, tzinfo=UTC)
    assert house.stand("calls").limit == 107
    house.pass_time(days=10)
    assert house.stand("calls").limit == 100


def test_a_boost_adds_to_whatever_plan_the_holder_has(house: House) -> None:
    # On the account of the tier, and on a level before the one whose plan answers.
    house.boost("seats", to="wks_1", quantity=5)
    assert figures(house, "seats") == (0, 7, 7, 0)
    house.boost("seats", quantity=3)
    assert figures(house, "seats") == (0, 10, 10, 0)
    assert not house.use("seats", 8).denied
    assert (house.account("wks_1").counters["seats"].total, house.account().counters["seats"].total) == (7, 1)
    assert house.use("seats", 3).denied
    house.give("plan")
    assert figures(house, "seats") == (1, 13, 12, 0)


def test_a_boost_alone_grants_where_no_plan_does(house: House) -> None:
    house.boost("mails", quantity=3)
    assert figures(house, "mails") == (0, 3, 3, 0)


def test_a_boost_does_not_lead_around_a_suspended_package(house: House) -> None:
    plan = house.give("plan", to="wks_1")
    house.boost("seats", to="wks_1", quantity=5)
    house.apply("wks_1", *provisioning.suspend(house.account("wks_1"), plan, None, house.acting))
    assert house.check("seats")["reason"] == "PACKAGE_SUSPENDED"


def test_an_unlimited_boost_lifts_the_limit_and_enable_grants_a_boolean_feature(house: House) -> None:
    house.boost("sso", "enable")
    assert house.check("sso")["allowed"]
    house.give("plan")
    house.boost("seats", "unlimited")
    assert figures(house, "seats") == (0, None, None, 0)
    with pytest.raises(ValidationFailed):
        house.boost("seats", "enable")
    with pytest.raises(ValidationFailed):
        house.boost("sso", "add_limit", quantity=1)


def test_a_boost_that_is_taken_away_grants_nothing_and_can_not_be_taken_twice(house: House) -> None:
    boost = house.boost("seats", quantity=5)
    house.apply("ns_1", *boosts.cancel(house.account(), boost, house.acting))
    assert house.account().boosts[boost].status(house.now) == "cancelled"
    assert house.stand("seats").limit == 2
    with pytest.raises(StateConflict):
        boosts.cancel(house.account(), boost, house.acting)


def test_what_a_package_leaves_unused_rolls_over_once(house: House) -> None:
    house.give("plan")
    house.use("minutes", 40)
    house.pass_time(days=31)
    assert house.stand("minutes").limit == 80
    house.use("minutes", 10)
    (node,) = house.explain("minutes")["levels"][0]["nodes"]
    # What was rolled over is lost first, and so is used first; it does not roll over again.
    assert [(grant["source"], grant["used"], grant["remaining"]) for grant in node["grants"]] == [
        ("roll_over", 10, 10),
        ("package", 0, 60),
    ]
    house.pass_time(days=31)
    assert house.stand("minutes").limit == 120
    house.pass_time(days=28)
    assert house.stand("minutes").limit == 120
    house.use("minutes", 120)
    house.pass_time(days=31)
    assert house.stand("minutes").limit == 60
