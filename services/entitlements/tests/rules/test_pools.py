"""Rule 4 (design/entitlements.md): what a child uses counts in every pool above it."""

import pytest

from atrium_common.errors import ValidationFailed
from atrium_entitlements.domain.events import UsageRecorded
from services.entitlements.tests.house import House


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
