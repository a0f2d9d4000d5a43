"""Rule 11 (design/entitlements.md): packages are suspended, replaced, scheduled, and end."""

from datetime import UTC, datetime, timedelta

import pytest

from atrium_common.errors import StateConflict, ValidationFailed
from atrium_entitlements.domain import provisioning
from services.entitlements.tests.house import START, House


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
