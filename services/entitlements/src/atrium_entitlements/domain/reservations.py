"""Reservations: so much is held for a while, and counts as used until it is committed, released or past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from atrium_common.errors import NotFound, StateConflict
from atrium_common.eventing.event import Event
from atrium_entitlements.domain.account import Account, Reservation
from atrium_entitlements.domain.events import Place, ReservationEnded, ReservationMade
from atrium_entitlements.domain.standing import View, cascade
from atrium_entitlements.domain.thresholds import alerts
from atrium_entitlements.domain.usage import Recording, Use, debits, opened, record


def reserve(views: Sequence[View], use: Use, reservation_id: str, *, expires_at: datetime) -> Recording:
    """Hold so much on the first level that has all of it; denied where none has."""
    found = cascade(views, use.chain, at=use.at, zone=use.zone)
    for number, standing in enumerate(found.standings):
        if not replace(found, standings=(standing,)).allows(use.quantity):
            continue
        made = ReservationMade(
            reservation_id=reservation_id,
            feature=use.feature.code,
            quantity=use.quantity,
            debits=debits(standing.view, use.chain, moment=use.at, late=False, zone=use.zone),
            expires_at=expires_at,
            metadata=use.metadata,
            place=use.place,
            at=use.at,
            actor=use.actor,
        )
        events: list[Event] = [*opened(standing.view, at=use.at, zone=use.zone), made]
        events += alerts(standing, use.quantity, place=use.place, at=use.at)
        after = list(found.standings)
        after[number] = standing.plus(use.quantity)
        return Recording(replace(found, standings=tuple(after)), [(standing.view, events)])
    return Recording(found)


def standing_reservation(account: Account, reservation_id: str, *, wanted: str, at: datetime) -> Reservation:
    """The reservation, if it still holds.

    Raises:
        StateConflict: it was committed or released before, or is past.
    """
    reservation = account.reservations.get(reservation_id)
    if reservation is None or reservation.expires_at <= at:
        state = account.ended.get(reservation_id, "expired")
        raise StateConflict(state, wanted, f"The reservation holds nothing any more: it is {state}.")
    return reservation


def commit(view: View, use: Use, reservation_id: str) -> Recording:
    """Use what a reservation holds, or less, or, where it is allowed, more; `use` says how much.

    Raises:
        StateConflict: the reservation does not hold any more.
        NotFound: it was for another feature.
    """
    reservation = standing_reservation(view.usage, reservation_id, wanted="commit", at=use.at)
    if reservation.feature != use.feature.code:
        raise NotFound("reservation", reservation_id)
    use = replace(use, enforce=True, reservation_id=reservation_id)
    recording = record([view], use, granted=reservation.quantity)
    if recording.denied:
        return recording
    ended = ReservationEnded(
        reservation_id=reservation_id, how="committed", place=use.place, at=use.at, actor=use.actor
    )
    ((level, events),) = recording.events
    # It ends first, so that nobody who folds the stream halfway counts it twice.
    return replace(recording, events=[(level, (ended, *events))])


def release(account: Account, reservation_id: str, *, place: Place, at: datetime, actor: str) -> tuple[Event, ...]:
    """Give up what a reservation holds.

    Raises:
        StateConflict: it does not hold any more.
    """
    standing_reservation(account, reservation_id, wanted="release", at=at)
    return (ReservationEnded(reservation_id=reservation_id, how="released", place=place, at=at, actor=actor),)
