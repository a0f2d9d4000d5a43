"""Rule 12 (design/entitlements.md): what is reserved counts as used while it holds."""

from datetime import timedelta

import pytest

from atrium_common.errors import ConcurrentLimitExceeded, StateConflict
from atrium_entitlements.domain import provisioning, reservations
from atrium_entitlements.domain.account import REMEMBERED
from services.entitlements.tests.house import House, figures


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
