"""Boosts: more of a feature, or a feature, beside what packages grant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from atrium_common.errors import NotFound, StateConflict, ValidationFailed
from atrium_common.eventing.event import Event
from atrium_entitlements.domain.account import Account
from atrium_entitlements.domain.catalogue import Feature
from atrium_entitlements.domain.events import BoostCancelled, BoostCreated, BoostDuration, BoostExpired, BoostType
from atrium_entitlements.domain.provisioning import Acting


@dataclass(frozen=True, slots=True)
class Boosting:
    """A boost that a holder shall have.

    Attributes:
        quantity: for `add_limit` only.
        expires_at: for `duration` only; `cycle_bound` ends with the monthly cycle in which it is created.
    """

    boost_id: str
    feature: Feature
    kind: BoostType
    duration: BoostDuration
    quantity: int | None = None
    expires_at: datetime | None = None
    source: str = "api"
    zone: str = "UTC"


def create(account: Account, wanted: Boosting, acting: Acting) -> tuple[Event, ...]:
    """Give the holder a boost.

    Raises:
        ValidationFailed: its type does not suit the feature, or its end its duration.
    """
    faults = _faults(wanted, acting.at)
    if faults:
        raise ValidationFailed(faults)
    expires_at = wanted.expires_at
    if wanted.duration == "cycle_bound":
        expires_at = account.calendar_at(acting.at, wanted.zone).cycle(acting.at).end
    return (
        BoostCreated(
            boost_id=wanted.boost_id,
            feature=wanted.feature.code,
            kind=wanted.kind,
            duration=wanted.duration,
            quantity=wanted.quantity,
            starts_at=acting.at,
            expires_at=expires_at,
            source=wanted.source,
            place=acting.place,
            at=acting.at,
            actor=acting.actor,
        ),
    )


def cancel(account: Account, boost_id: str, acting: Acting) -> tuple[Event, ...]:
    """Take a boost away.

    Raises:
        NotFound: there is none.
        StateConflict: it has ended before.
    """
    boost = account.boosts.get(boost_id)
    if boost is None:
        raise NotFound("boost", boost_id)
    status = boost.status(acting.at)
    if status != "active":
        raise StateConflict(status, "cancel")
    return (BoostCancelled(boost_id=boost_id, place=acting.place, at=acting.at, actor=acting.actor),)


def expire(account: Account, at: datetime) -> tuple[Event, ...]:
    """Tell of every boost whose end is past and has not been told of."""
    return tuple(
        BoostExpired(
            boost_id=boost_id,
            expired_at=boost.period.end or at,
            place=boost.made.place,
            at=at,
            actor="service/entitlements",
        )
        for boost_id, boost in account.boosts.items()
        if boost.status(at) == "expired" and not boost.told
    )


def _faults(wanted: Boosting, at: datetime) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if wanted.feature.is_boolean != (wanted.kind == "enable"):
        fitting = "enable" if wanted.feature.is_boolean else "add_limit or unlimited"
        faults["type"] = [f"For a feature of type {wanted.feature.type}: {fitting}."]
    if (wanted.kind == "add_limit") != (wanted.quantity is not None):
        faults["quantity"] = ["Give it with the type add_limit, and with no other."]
    if (wanted.duration == "duration") != (wanted.expires_at is not None):
        faults["expires_at"] = ["Give it with the duration duration, and with no other."]
    elif wanted.expires_at is not None and wanted.expires_at <= at:
        faults["expires_at"] = ["Must lie in the future."]
    return faults
