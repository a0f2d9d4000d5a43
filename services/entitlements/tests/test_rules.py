"""The rules of accounts (design/entitlements.md), each under its own words."""

from datetime import UTC, datetime, timedelta

import pytest

from atrium_common.errors import ConcurrentLimitExceeded, StateConflict, ValidationFailed
from atrium_entitlements.domain import boosts, provisioning, reservations
from atrium_entitlements.domain.account import NEW, REMEMBERED, evolve
from atrium_entitlements.domain.catalogue import Feature
from atrium_entitlements.domain.events import LimitReached, LimitWarned, UsageRecorded
from services.entitlements.tests.house import START, House

GB = 1024**3


def figures(house: House, code: str) -> tuple[int, int | None, int | None, int]:
    found = house.stand(code)
    return found.used, found.limit, found.available, found.overage


# Rule 2: grants.


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


# Rule 3: the cascade.


def test_the_first_level_that_grants_the_feature_answers_and_is_debited(house: House) -> None:
    assert house.explain("seats")["level"] == "tier"
    house.give("plan", to="wks_1")
    assert house.explain("seats")["level"] == "workspace"
    house.use("seats", 4)
    house.give("extra")
    assert house.explain("seats")["level"] == "namespace"
    house.use("seats", 1)
    assert (house.account("wks_1").counters["seats"].total, house.account().counters["seats"].total) == (4, 1)


def test_an_exhausted_level_does_not_fall_through(house: House) -> None:
    house.give("plan", to="wks_1")
    house.give("once")
    house.use("seats", 1)
    assert house.check("seats")["reason"] == "LIMIT_EXCEEDED"


def test_a_feature_that_spills_goes_on_where_a_level_is_exhausted(house: House) -> None:
    house.give("extra")
    assert figures(house, "credits") == (0, 15, 15, 0)
    assert not house.use("credits", 12).denied
    assert figures(house, "credits") == (12, 15, 3, 0)
    assert house.account("wks_1").counters["credits"].present is not None
    assert house.use("credits", 4).denied
    assert not house.use("credits", 3).denied
    # Returns come from the last level on.
    house.use("credits", -6)
    assert house.explain("credits")["levels"][1]["nodes"][0]["used"] == 0
    assert figures(house, "credits") == (9, 15, 6, 0)
    with pytest.raises(ValidationFailed):
        house.use("credits", -10)


def test_where_a_workspace_spills_into_its_own_tier_its_usage_counts_once(house: House) -> None:
    house.give("extra", to="wks_1")
    house.use("credits", 12)
    assert figures(house, "credits") == (12, 15, 3, 0)


def test_explain_shows_levels_packages_boosts_and_grants_with_their_figures(house: House) -> None:
    entitlement = house.give("plan")
    boost = house.boost("calls", quantity=20)
    house.use("calls", 110)
    told = house.explain("calls")
    assert (told["level"], told["used"], told["limit"], told["available"]) == ("namespace", 110, 120, 10)
    first = told["levels"][0]
    assert [each["level"] for each in told["levels"]] == ["namespace", "workspace", "tier"]
    assert (first["packages"][0]["id"], first["boosts"][0]["id"]) == (entitlement, boost)
    assert [(grant["id"], grant["used"], grant["remaining"]) for grant in first["nodes"][0]["grants"]] == [
        (entitlement, 100, 0),
        (boost, 10, 10),
    ]


# Rule 4: pools.


def test_a_childs_use_debits_every_pool_above_it_and_keeps_its_own_name(house: House) -> None:
    house.give("plan")
    house.use("storage.images.small", 10)
    counters = house.account().counters
    assert {code: counter.total for code, counter in counters.items()} == {
        "storage.images.small": 10, "storage.images": 10, "storage": 10,
    }  # fmt: skip
    recorded = [event for event in house.events["ns_1"] if isinstance(event, UsageRecorded)]
    assert [event.feature for event in recorded] == ["storage.images.small"]


def test_what_is_allowed_is_the_least_over_the_pools_and_the_childs_own_cap(house: House) -> None:
    house.give("plan")
    assert house.stand("storage.images").available == 400
    house.use("storage", 700)
    assert house.stand("storage.images").available == 300
    assert house.use("storage.images", 301).denied
    assert not house.use("storage.images", 300).denied
    assert house.stand("storage").available == 0
    house.use("storage", -200)
    assert house.stand("storage.images").available == 100
    assert house.stand("storage").available == 200


def test_what_a_child_used_is_given_back_on_the_child_and_not_on_its_pool(house: House) -> None:
    house.give("plan")
    house.use("storage.images", 300)
    house.use("storage", 50)
    with pytest.raises(ValidationFailed, match="which is 50"):
        house.use("storage", -51)
    house.use("storage", -50)
    assert (house.stand("storage").used, house.account().counters["storage.images"].total) == (300, 300)
    house.use("storage.images", -300)
    assert {counter.total for counter in house.account().counters.values()} == {0}


def test_a_boost_of_the_pool_lifts_its_children(house: House) -> None:
    house.give("plan")
    house.use("storage", 1000)
    assert house.check("storage.images")["reason"] == "LIMIT_EXCEEDED"
    house.boost("storage", quantity=50)
    assert house.stand("storage.images").available == 50


# Rule 5: cycles on accounts.


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


# Rule 6: rolling windows.


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


# Rule 7: thresholds.


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


# Rule 8: downgrade.


def test_below_usage_available_is_0_overage_apart_increases_denied_decreases_allowed(house: House) -> None:
    house.give("bigger")
    house.use("seats", 30)
    house.give("plan", replace=True)
    assert figures(house, "seats") == (30, 10, 0, 20)
    assert house.use("seats", 1).denied
    assert not house.use("seats", -5).denied
    assert figures(house, "seats") == (25, 10, 0, 15)
    with pytest.raises(ValidationFailed):
        house.use("seats", -26)


# Rule 9: deny by default.


def test_each_denial_has_its_own_reason(house: House) -> None:
    assert house.check("sso")["reason"] == "FEATURE_NOT_INCLUDED"
    entitlement = house.give("plan", expires_at=START + timedelta(days=10))
    assert house.check("sso")["allowed"]
    house.use("seats", 10)
    assert house.check("seats")["reason"] == "LIMIT_EXCEEDED"
    house.apply("ns_1", *provisioning.suspend(house.account(), entitlement, None, house.acting))
    assert house.check("sso")["reason"] == "PACKAGE_SUSPENDED"
    # Also where a level further on would grant it: nobody falls through to another plan by not paying.
    assert house.check("seats")["reason"] == "PACKAGE_SUSPENDED"
    house.apply("ns_1", *provisioning.unsuspend(house.account(), entitlement, house.acting))
    house.pass_time(days=11)
    denied = house.check("sso")
    assert denied["reason"] == "FEATURE_NOT_INCLUDED"
    assert "expired at 2026-01-25T10:30:00.000Z" in denied["message"]


def test_a_blocked_account_grants_nothing_until_every_cause_is_gone(house: House) -> None:
    house.give("plan", to="wks_1")
    for cause in ("workspace.suspended", "workspace.deleted"):
        house.apply("wks_1", *provisioning.block(house.account("wks_1"), cause, None, house.acting))
    assert not provisioning.block(house.account("wks_1"), "workspace.deleted", None, house.acting)
    assert house.check("seats")["reason"] == "PACKAGE_SUSPENDED"
    house.apply("wks_1", *provisioning.unblock(house.account("wks_1"), "workspace.deleted", house.acting))
    assert house.check("seats")["reason"] == "PACKAGE_SUSPENDED"
    house.apply("wks_1", *provisioning.unblock(house.account("wks_1"), "workspace.suspended", house.acting))
    assert house.check("seats")["allowed"]


def test_the_message_speaks_of_bytes_in_gb_as_in_the_reference(house: House) -> None:
    house.boost("storage", quantity=5 * GB)
    house.use("storage", 5 * GB - 536870912)
    answer = house.check("storage", GB)
    assert answer["message"] == "Storage limit exceeded. Used: 4.50 GB, Available: 0.50 GB, Requested: 1.00 GB"
    assert (answer["current_usage"], answer["limit"], answer["available"]) == (4831838208, 5368709120, 536870912)


def test_a_scaled_feature_is_shown_with_its_decimals(house: House) -> None:
    house.give("plan")
    house.use("money", 950)
    assert house.check("money", 100)["message"] == (
        "Money limit exceeded. Used: 9.50 EUR, Available: 0.50 EUR, Requested: 1.00 EUR"
    )


# Rule 10: late usage.


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


# Rule 11: suspension and replacement.


def test_suspension_leaves_usage_and_anchor_alone(house: House) -> None:
    entitlement = house.give("plan", anchor=datetime(2026, 1, 10, tzinfo=UTC))
    house.use("calls", 42)
    house.apply("ns_1", *provisioning.suspend(house.account(), entitlement, "unpaid", house.acting))
    house.pass_time(days=2)
    house.apply("ns_1", *provisioning.unsuspend(house.account(), entitlement, house.acting))
    assert house.stand("calls").used == 42
    assert house.stand("calls").reset_at == datetime(2026, 2, 10, tzinfo=UTC)


def test_one_base_package_at_a_time_and_replacing_is_cancel_and_provision_at_once(house: House) -> None:
    first = house.give("plan")
    house.use("calls", 30)
    with pytest.raises(StateConflict):
        house.give("bigger")
    house.pass_time(days=3)
    package = house.catalogue.package("bigger")
    assert package is not None
    wanted = provisioning.Provisioning("ent_x", package, replace=True)
    events = provisioning.provision(house.account(), wanted, house.acting)
    assert [event.TYPE for event in events] == ["entitlement.cancelled", "entitlement.provisioned"]
    house.apply("ns_1", *events)
    assert house.account().entitlements[first].status(house.now) == "cancelled"
    # Usage and cycles go on as they were.
    assert (house.stand("calls").used, house.stand("calls").limit) == (30, 500)
    assert house.stand("calls").reset_at == datetime(2026, 2, 15, 10, 30, tzinfo=UTC)


def test_add_ons_stack_where_they_may(house: House) -> None:
    house.give("extra")
    house.give("extra")
    house.give("once")
    with pytest.raises(StateConflict):
        house.give("once")
    with pytest.raises(ValidationFailed):
        house.give("gone")


def test_a_package_may_be_scheduled_behind_the_present_one(house: House) -> None:
    change = START + timedelta(days=30)
    house.give("plan", expires_at=change)
    house.give("bigger", starts_at=change)
    assert house.stand("seats").limit == 10
    house.now = change
    assert house.stand("seats").limit == 50
    with pytest.raises(StateConflict):
        house.give("plan", starts_at=change + timedelta(days=1))


def test_a_scheduled_replacement_ends_the_present_package_only_then(house: House) -> None:
    change = START + timedelta(days=30)
    house.give("plan")
    house.give("bigger", starts_at=change, replace=True)
    house.now = change - timedelta(seconds=1)
    assert house.stand("seats").limit == 10
    house.now = change
    assert house.stand("seats").limit == 50


def test_a_trial_ends_by_itself_unless_it_is_renewed(house: House) -> None:
    trial = house.give("plan", trial_ends_at=START + timedelta(days=14))
    other = house.give("bigger", to="wks_1", trial_ends_at=START + timedelta(days=14))
    house.pass_time(days=13)
    assert house.stand("seats").limit == 10
    house.apply("wks_1", *provisioning.renew(house.account("wks_1"), other, house.acting))
    house.pass_time(days=2)
    assert house.account().entitlements[trial].status(house.now) == "expired"
    assert house.stand("seats").limit == 50


def test_a_package_expires_by_itself_and_is_told_of_once(house: House) -> None:
    entitlement = house.give("plan", expires_at=START + timedelta(days=1))
    assert not provisioning.expire(house.account(), house.now)
    house.pass_time(days=1)
    assert house.stand("sso").standings == ()
    (told,) = provisioning.expire(house.account(), house.now)
    house.apply("ns_1", told)
    assert not provisioning.expire(house.account(), house.now)
    house.apply("ns_1", *provisioning.renew(house.account(), entitlement, house.acting))
    assert house.account().entitlements[entitlement].status(house.now) == "active"


def test_a_package_whose_scheduled_replacement_is_taken_back_goes_on_where_it_is_renewed(house: House) -> None:
    plan = house.give("plan")
    bigger = house.give("bigger", replace=True, starts_at=house.now + timedelta(days=10))
    with pytest.raises(StateConflict):
        provisioning.renew(house.account(), plan, house.acting)
    house.apply("ns_1", *provisioning.cancel(house.account(), bigger, None, house.acting))
    house.apply("ns_1", *provisioning.renew(house.account(), plan, house.acting))
    house.pass_time(days=11)
    assert house.account().entitlements[plan].status(house.now) == "active"
    assert house.stand("seats").limit == 10


def test_cancelled_is_for_good(house: House) -> None:
    entitlement = house.give("plan")
    house.apply("ns_1", *provisioning.cancel(house.account(), entitlement, "moved away", house.acting))
    assert house.account().entitlements[entitlement].status(house.now) == "cancelled"
    for refused in (provisioning.renew, provisioning.unsuspend):
        with pytest.raises(StateConflict):
            refused(house.account(), entitlement, house.acting)
    with pytest.raises(StateConflict):
        provisioning.suspend(house.account(), entitlement, None, house.acting)


# Rule 12: reservations.


def test_a_reservation_counts_as_used_while_it_holds_and_expires_by_itself(house: House) -> None:
    house.give("plan")
    assert house.reserve("seats", 8, seconds=60)
    assert figures(house, "seats") == (8, 10, 2, 0)
    assert house.reserve("seats", 3) is None
    assert house.use("seats", 3).denied
    house.pass_time(seconds=60)
    assert figures(house, "seats") == (0, 10, 10, 0)


def test_so_many_reservations_are_held_at_a_time_and_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reservations, "MOST_HELD", 3)
    house.give("plan")
    first = house.reserve("logs", seconds=60)
    assert first
    assert house.reserve("seats", seconds=60)
    assert house.reserve("seats", seconds=120)
    with pytest.raises(ConcurrentLimitExceeded, match="Commit or release"):
        house.reserve("seats")
    house.release(first)
    assert house.reserve("seats", seconds=120)
    house.pass_time(seconds=60)
    assert house.reserve("seats", seconds=120)
    with pytest.raises(ConcurrentLimitExceeded):
        house.reserve("seats")


def test_a_commit_uses_the_actual_amount_and_more_only_where_it_is_allowed(house: House) -> None:
    house.give("plan")
    first, second = house.reserve("seats", 4), house.reserve("seats", 4)
    assert first
    assert second
    assert not house.commit(first, 3).denied
    assert figures(house, "seats") == (7, 10, 3, 0)
    assert house.commit(second, 8).denied
    assert figures(house, "seats") == (7, 10, 3, 0)
    assert not house.commit(second, 7).denied
    assert figures(house, "seats") == (10, 10, 0, 0)
    with pytest.raises(StateConflict) as refused:
        house.commit(first, 1)
    assert refused.value.current_state == "committed"


def test_a_commit_within_what_is_held_is_never_refused(house: House) -> None:
    plan = house.give("plan")
    reservation = house.reserve("seats", 10)
    assert reservation
    house.apply("ns_1", *provisioning.cancel(house.account(), plan, None, house.acting))
    assert not house.commit(reservation, 10).denied


def test_a_reservation_may_be_held_on_several_levels_at_once(house: House) -> None:
    house.boost("seats", quantity=3)
    reservation = house.reserve("seats", 5)
    assert reservation
    assert house.check("seats")["reason"] == "LIMIT_EXCEEDED"
    house.commit(reservation, 4)
    assert figures(house, "seats") == (4, 5, 1, 0)
    assert not house.account().reservations
    assert not house.account("wks_1").reservations


def test_a_released_reservation_holds_nothing_and_can_not_be_committed(house: House) -> None:
    house.give("plan")
    reservation = house.reserve("seats", 10)
    assert reservation
    house.release(reservation)
    assert figures(house, "seats") == (0, 10, 10, 0)
    with pytest.raises(StateConflict):
        house.commit(reservation, 1)


def test_a_reservation_that_is_past_can_not_be_committed(house: House) -> None:
    house.give("plan")
    reservation = house.reserve("seats", 1, seconds=5)
    assert reservation
    house.pass_time(seconds=5)
    with pytest.raises(StateConflict) as refused:
        house.commit(reservation, 1)
    assert refused.value.current_state == "expired"


def test_it_is_told_what_has_become_of_a_reservation(house: House) -> None:
    house.give("plan")
    until = house.now + timedelta(seconds=60)

    def status(name: str) -> str:
        return reservations.status(house.views(), name, expires_at=until, at=house.now)

    names = [house.reserve("calls", 1) or "" for _ in range(3)]
    house.commit(names[0], 1)
    house.release(names[1])
    assert [status(name) for name in names] == ["committed", "released", "held"]
    house.pass_time(seconds=60)
    assert status(names[2]) == "expired"
    house.reserve("calls", 1)
    assert [status(name) for name in names] == ["committed", "released", "expired"]
    for _ in range(REMEMBERED):
        house.release(house.reserve("calls", 1) or "")
    # How it ended was too long ago.
    assert {status(name) for name in names} == {"ended"}


def test_a_reservation_crosses_thresholds_like_usage_and_its_commit_tells_none_again(house: House) -> None:
    house.give("plan")
    reservation = house.reserve("seats", 9)
    assert reservation
    assert house.alerts() == [("seats", 80), ("seats", 90)]
    house.commit(reservation, 9)
    assert house.alerts() == [("seats", 80), ("seats", 90)]


# Test mode.


def test_test_mode_is_an_account_of_its_own_under_the_same_limits(house: House) -> None:
    house.give("plan")
    house.use("seats", 10)
    house.livemode = False
    assert figures(house, "seats") == (0, 10, 10, 0)
    house.use("seats", 4)
    assert figures(house, "seats") == (4, 10, 6, 0)
    house.livemode = True
    assert figures(house, "seats") == (10, 10, 0, 0)


# Usage without a grant, and other edges.


def test_usage_that_is_not_enforced_is_recorded_also_beyond_the_limit_and_without_a_grant(house: House) -> None:
    house.give("plan")
    assert not house.use("seats", 25, enforce=False).denied
    assert figures(house, "seats") == (25, 10, 0, 15)
    assert not house.use("credits", 30, enforce=False).denied
    house.packages = [package for package in house.packages if package.tier is None]
    recording = house.use("minutes", 5, enforce=False)
    assert not recording.denied
    assert house.use("credits", 1).denied


def test_no_sum_passes_what_every_client_reads_exactly(house: House) -> None:
    house.use("storage.images", 2**53 - 1, enforce=False)
    for code in ("storage.images", "storage"):
        with pytest.raises(ValidationFailed):
            house.use(code, 1, enforce=False)
    house.use("storage.images", -1)
    house.use("storage", 1, enforce=False)


def test_an_unlimited_feature_is_counted_and_never_denied(house: House) -> None:
    house.give("plan")
    assert not house.use("logs", 10**15).denied
    assert figures(house, "logs") == (10**15, None, None, 0)


def test_a_feature_of_the_catalogue_that_is_gone_does_not_break_an_account(house: House) -> None:
    house.give("plan")
    house.use("seats", 1)
    house.features = [feature for feature in house.features if feature.code != "seats"]
    assert house.stand("calls").limit == 100
    assert isinstance(house.features[0], Feature)


def test_the_account_of_an_event_that_is_none_of_its_own_is_refused() -> None:
    from atrium_entitlements.domain.register import FeatureEntered

    event = FeatureEntered(id="feat_1", version=1, code="x", kind="limit", parent=None, at=START)
    with pytest.raises(TypeError):
        evolve(NEW, event)
