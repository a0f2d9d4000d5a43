"""Rule 3 (design/entitlements.md): which level of the cascade answers, and is debited."""

import pytest

from atrium_common.errors import ValidationFailed
from services.entitlements.tests.house import House, figures


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
