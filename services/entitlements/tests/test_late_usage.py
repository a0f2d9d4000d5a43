"""Usage that comes in late, or decided behind the next cycle's: every cycle keeps its own sum and its own limit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from atrium_entitlements.domain.catalogue import Feature
from services.entitlements.tests.house import House

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
BACK = timedelta(hours=2)


def test_a_cycle_whose_first_use_came_late_keeps_its_sum_when_the_next_one_is_used(house: House) -> None:
    house.give("plan", anchor=FIRST)
    house.use("calls", 1)
    house.now = datetime(2026, 3, 1, 1, tzinfo=UTC)
    assert not house.use("calls", 100, ago=BACK).denied
    house.use("calls", 1)
    assert house.use("calls", 1, ago=BACK).denied


def test_a_use_that_is_decided_behind_one_of_the_next_cycle_takes_nothing_of_that_one_away(house: House) -> None:
    house.give("plan", anchor=FIRST)
    house.now = datetime(2026, 2, 1, tzinfo=UTC)
    house.use("minutes", 60)
    house.now -= timedelta(milliseconds=1)
    house.use("minutes", 20)
    house.now = datetime(2026, 3, 1, tzinfo=UTC)
    house.use("minutes", 1)
    counter = house.account().counters["minutes"]
    assert [booked and booked.used for booked in (counter.present, counter.before)] == [1, 60]


def test_what_is_used_late_does_not_roll_over_as_well(house: House) -> None:
    house.give("plan", anchor=FIRST)
    house.now = datetime(2026, 2, 1, 1, tzinfo=UTC)
    house.use("minutes", 1)
    assert house.stand("minutes").limit == 120
    assert not house.use("minutes", 50, ago=BACK).denied
    assert house.stand("minutes").limit == 70
    house.use("minutes", -20, ago=BACK)
    assert house.stand("minutes").limit == 90


def test_a_reservation_of_this_cycle_holds_nothing_of_the_one_before(house: House) -> None:
    house.give("plan", anchor=FIRST)
    house.use("calls", 40)
    house.now = datetime(2026, 2, 1, 1, tzinfo=UTC)
    house.reserve("calls", 80)
    assert not house.use("calls", 60, ago=BACK).denied
    assert house.use("calls", 1, ago=BACK).denied
    assert house.stand("calls").available == 20


def test_a_feature_that_comes_into_a_pool_with_another_window_counts_by_that_one(house: House) -> None:
    house.features += [
        Feature("feat_20", "posts", "Posts", "limit", "rolling", rolling_window_days=7),
        Feature("feat_21", "posts.big", "Big posts", "limit", "rolling", rolling_window_days=30),
    ]
    house.packages[0] = replace(house.packages[0], features={"posts": 100, "posts.big": 100})
    house.give("plan")
    house.use("posts.big", 10)
    house.features[-1] = replace(house.features[-1], parent="posts")
    house.pass_time(days=3)
    house.use("posts.big", 20)
    assert house.stand("posts.big").used == 30
    house.pass_time(days=5)
    assert house.stand("posts.big").used == 20
    house.pass_time(days=3)
    assert house.stand("posts.big").used == 0
