"""Boosts beside plans on other features of a pool, and on other levels: they only ever add."""

from dataclasses import replace

from atrium_entitlements.domain.catalogue import Feature
from services.entitlements.tests.house import House


def figures(house: House, code: str) -> tuple[int, int | None, int | None, int]:
    found = house.stand(code)
    return found.used, found.limit, found.available, found.overage


def test_a_boost_of_a_feature_without_a_limit_of_its_own_adds_to_what_its_pool_grants(house: House) -> None:
    house.give("plan")
    house.boost("storage.images.small", quantity=50)
    assert figures(house, "storage.images.small") == (0, 450, 450, 0)
    assert figures(house, "storage.images") == (0, 400, 400, 0)
    house.use("storage.images", 400)
    assert house.use("storage.images", 1).denied
    assert not house.use("storage.images.small", 50).denied
    assert house.use("storage.images.small", 1).denied


def test_the_thresholds_of_a_pool_are_those_of_its_own_limit(house: House) -> None:
    house.give("plan")
    house.use("storage.images", 320)
    assert house.alerts() == [("storage.images", 80)]
    house.boost("storage.images.small", quantity=50)
    house.use("storage.images.small", 50)
    assert house.alerts() == [("storage.images", 80), ("storage.images", 90)]


def test_a_boost_of_a_pool_without_a_plan_is_no_limit_for_a_feature_with_one(house: House) -> None:
    house.packages[0] = replace(house.packages[0], features={"storage.images": 400})
    house.give("plan")
    house.boost("storage", quantity=50)
    assert figures(house, "storage.images") == (0, 400, 400, 0)
    assert figures(house, "storage") == (0, 50, 50, 0)


def test_granted_and_overage_are_used_and_remaining_over_all_levels_together(house: House) -> None:
    house.use("seats", 5, enforce=False)
    house.boost("seats", quantity=3)
    assert figures(house, "seats") == (5, 5, 3, 3)


def test_a_feature_in_a_pool_with_a_rolling_window_is_armed_again_below_its_lowest_threshold(house: House) -> None:
    house.features.append(Feature("feat_20", "mails.big", "Big mails", "limit", parent="mails"))
    house.packages[0] = replace(house.packages[0], features={"mails": 50, "mails.big": 10})
    house.give("plan")
    house.use("mails.big", 9)
    house.pass_time(days=31)
    house.use("mails.big", 8)
    assert house.alerts() == [("mails.big", 80), ("mails.big", 90), ("mails.big", 80)]


def test_a_feature_that_rolls_by_itself_tells_once_a_cycle_in_a_monthly_pool(house: House) -> None:
    house.features.append(
        Feature("feat_20", "calls.big", "Big calls", "limit", "rolling", rolling_window_days=7, parent="calls")
    )
    house.packages[0] = replace(house.packages[0], features={"calls": 100, "calls.big": 10})
    house.give("plan")
    for quantity in (8, -8, 8):
        house.use("calls.big", quantity)
    assert house.alerts() == [("calls.big", 80)]
