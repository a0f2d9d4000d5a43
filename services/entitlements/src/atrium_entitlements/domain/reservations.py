"""Reservations: so much is held for a while, and counts as used until it is committed, released or past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal, TypeAlias

from atrium_common.errors import ConcurrentLimitExceeded, StateConflict
from atrium_common.eventing.event import Event
from atrium_entitlements.domain.account import REMEMBERED, Reservation
from atrium_entitlements.domain.events import ReservationEnded, ReservationMade
from atrium_entitlements.domain.standing import View, cascade
from atrium_entitlements.domain.thresholds import alerts
from atrium_entitlements.domain.usage import Recording, Use, added, debits, divided, opened, record

MOST_HELD = 10_000
"""How many reservations an account may have at a time: each is a part of its state, and is looked at by every check."""

Status: TypeAlias = Literal["held", "committed", "released", "expired", "ended"]


def reserve(views: Sequence[View], use: Use, reservation_id: str, *, expires_at: datetime) -> Recording:
    """Hold so much on the levels that answer, each what it has left; denied where that is not enough.

    Raises:
        ConcurrentLimitExceeded: one of them has `MOST_HELD` already.
    """
    found = cascade(views, use.chain, at=use.at, zone=use.zone)
    if not found.allows(use.quantity):
        return Recording(found)
    parts = tuple(divided(found.standings, use))
    for standing, _ in parts:
        _check_held(standing.view, use.at)
    events: list[tuple[View, Sequence[Event]]] = []
    for standing, share in parts:
        made = ReservationMade(
            reservation_id=reservation_id,
            feature=use.feature.code,
            quantity=share,
            debits=debits(standing, use.chain[-1]),
            expires_at=expires_at,
            metadata=use.metadata,
            place=use.place,
            at=use.at,
            actor=use.actor,
        )
        before = opened(standing.view, at=use.at, zone=use.zone)
        events.append((standing.view, (*before, made, *alerts(standing, share, place=use.place, at=use.at))))
    return Recording(added(found, parts), events)


def held(
    views: Sequence[View], reservation_id: str, *, wanted: str, at: datetime
) -> Sequence[tuple[View, Reservation]]:
    """What the reservation holds, by the account that holds it.

    Raises:
        StateConflict: it was committed or released before, or is past.
    """
    accounts = {view.level.account: view for view in views}.values()
    found = [
        (view, reservation)
        for view in accounts
        if (reservation := view.usage.reservations.get(reservation_id)) is not None and at < reservation.expires_at
    ]
    if not found:
        ended = [view.usage.ended[reservation_id] for view in accounts if reservation_id in view.usage.ended]
        state = ended[0] if ended else "expired"
        raise StateConflict(state, wanted, f"The reservation holds nothing any more: it is {state}.")
    return found


def status(views: Sequence[View], reservation_id: str, *, expires_at: datetime, at: datetime) -> Status:
    """What has become of a reservation; how it ended is remembered of the last ones of an account alone."""
    accounts = {view.level.account: view.usage for view in views}.values()
    if any(reservation_id in account.reservations for account in accounts):
        return "held" if at < expires_at else "expired"
    for account in accounts:
        if (how := account.ended.get(reservation_id)) is not None:
            return "committed" if how == "committed" else "released"
    all_remembered = all(len(account.ended) < REMEMBERED for account in accounts)
    return "expired" if at >= expires_at and all_remembered else "ended"


def commit(views: Sequence[View], use: Use, reservation_id: str) -> Recording:
    """Use what a reservation holds, or less, or, where it is allowed, more; `use` says how much.

    Raises:
        StateConflict: the reservation does not hold any more.
        ValidationFailed: see `record`.
    """
    holding = held(views, reservation_id, wanted="commit", at=use.at)
    use = replace(use, enforce=True, reservation_id=reservation_id)
    total = sum(reservation.quantity for _, reservation in holding)
    recording = record(views, use, granted=total, otherwise=holding[0][0])
    if recording.denied:
        return recording
    # It ends first, so that nobody who folds the streams halfway counts it twice.
    ended = [(view, _ended(reservation_id, "committed", use)) for view, _ in holding]
    return replace(recording, events=[*ended, *recording.events])


def release(views: Sequence[View], use: Use, reservation_id: str) -> Sequence[tuple[View, Sequence[Event]]]:
    """Give up what a reservation holds.

    Raises:
        StateConflict: it does not hold any more.
    """
    holding = held(views, reservation_id, wanted="release", at=use.at)
    return [(view, _ended(reservation_id, "released", use)) for view, _ in holding]


def _check_held(view: View, at: datetime) -> None:
    there = view.usage.reservations.values()
    # Those that are past are among them until the next one is made.
    if len(there) >= MOST_HELD and sum(at < each.expires_at for each in there) >= MOST_HELD:
        wanted = "Commit or release some, or give them a shorter ttl_seconds."
        raise ConcurrentLimitExceeded(f"{MOST_HELD} reservations are held already. {wanted}")


def _ended(reservation_id: str, how: Literal["committed", "released"], use: Use) -> tuple[Event, ...]:
    return (ReservationEnded(reservation_id=reservation_id, how=how, place=use.place, at=use.at, actor=use.actor),)
