"""Rule 7 (design/entitlements.md): each threshold is told once in a cycle."""

from datetime import UTC, datetime, timedelta

from atrium_entitlements.domain import boosts
from atrium_entitlements.domain.events import LimitReached, LimitWarned
from services.entitlements.tests.house import START, House


def test_a_jump_from_0_to_95_tells_80_and_90_in_order_and_exactly_the_limit_100(house: House) -> None:
    house.give("plan")
    house.use("calls", 95)
    assert house.alerts() == [("calls", 80), ("calls", 90)]
    house.use("calls", 5)
    assert house.alerts() == [("calls", 80), ("calls", 90), ("calls", 100)]
    warned = next(event for event in house.events["ns_1"] if isinstance(event, LimitWarned))
    assert (warned.used, warned.limit, warned.cycle_start) == (95, 100, START)
    assert (warned.place.workspace_id, warned.place.namespace_id) == ("wks_1", "ns_1")


def test_a_threshold_is_told_once_in_a_cycle_and_again_in_the_next(house: House) -> None:
    house.give("plan")
    house.use("calls", 80)
    house.use("calls", -20)
    house.use("calls", 20)
    assert house.alerts() == [("calls", 80)]
    house.pass_time(days=31)
    house.use("calls", 79)
    assert house.alerts() == [("calls", 80)]
    house.use("calls", 1)
    assert house.alerts() == [("calls", 80), ("calls", 80)]


def test_a_raised_limit_arms_the_thresholds_again_and_a_lowered_one_does_not(house: House) -> None:
    house.give("plan")
    house.use("calls", 85)
    boost = house.boost("calls", quantity=100)
    house.use("calls", 74)
    assert house.alerts() == [("calls", 80)]
    house.use("calls", 1)
    assert house.alerts() == [("calls", 80), ("calls", 80)]
    house.apply("ns_1", *boosts.cancel(house.account(), boost, house.acting))
    house.use("calls", 1, enforce=False)
    assert house.alerts() == [("calls", 80), ("calls", 80), ("calls", 90), ("calls", 100)]


def test_a_pools_thresholds_are_told_behind_the_features_own(house: House) -> None:
    house.give("plan")
    house.use("storage", 500)
    house.use("storage.images", 400)
    assert house.alerts() == [
        ("storage.images", 80), ("storage.images", 90), ("storage.images", 100), ("storage", 80), ("storage", 90),
    ]  # fmt: skip


def test_late_usage_tells_the_thresholds_of_its_own_cycle_once_and_leaves_the_present_ones_armed(house: House) -> None:
    january, february = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    house.give("plan", anchor=january)
    house.use("calls", 80)
    house.now = february + timedelta(hours=12)
    house.use("calls", 90)
    for _ in range(2):
        house.use("calls", 5, ago=timedelta(hours=20))
        house.use("calls", 5, ago=timedelta(hours=20))
        house.use("calls", -10, ago=timedelta(hours=20))
    house.use("calls", 10)
    told = [event for event in house.events["ns_1"] if isinstance(event, LimitWarned | LimitReached)]
    assert [(event.threshold, event.cycle_start) for event in told] == [
        (80, january), (80, february), (90, february), (90, january), (100, february),
    ]  # fmt: skip
