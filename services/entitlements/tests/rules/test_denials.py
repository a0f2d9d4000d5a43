"""Rules 8 and 9 (design/entitlements.md): what is denied after a downgrade and by default, and how that is told."""

from datetime import timedelta

import pytest

from atrium_common.errors import ValidationFailed
from atrium_entitlements.domain import provisioning
from services.entitlements.tests.house import START, House, figures

GB = 1024**3


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
