"""Test mode, usage without a grant, and what else an account must bear."""

import pytest

from atrium_common.errors import ValidationFailed
from atrium_entitlements.domain.account import NEW, evolve
from atrium_entitlements.domain.catalogue import Feature
from services.entitlements.tests.house import START, House, figures


def test_test_mode_is_an_account_of_its_own_under_the_same_limits(house: House) -> None:
    house.give("plan")
    house.use("seats", 10)
    house.livemode = False
    assert figures(house, "seats") == (0, 10, 10, 0)
    house.use("seats", 4)
    assert figures(house, "seats") == (4, 10, 6, 0)
    house.livemode = True
    assert figures(house, "seats") == (10, 10, 0, 0)


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
