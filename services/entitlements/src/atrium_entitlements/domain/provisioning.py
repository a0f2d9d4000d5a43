"""Provisioning: what becomes of the packages that a holder is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from pydantic import JsonValue

from atrium_common.errors import NotFound, StateConflict, ValidationFailed
from atrium_common.eventing.event import Event
from atrium_entitlements.domain.account import Account, Entitlement, evolve
from atrium_entitlements.domain.catalogue import PackageVersion
from atrium_entitlements.domain.events import (
    NOWHERE,
    AccountBlocked,
    AccountUnblocked,
    EntitlementCancelled,
    EntitlementExpired,
    EntitlementProvisioned,
    EntitlementRenewed,
    EntitlementSuspended,
    EntitlementUnsuspended,
    Place,
)
from atrium_entitlements.domain.periods import Period, earliest


@dataclass(frozen=True, slots=True)
class Acting:
    """Who does something to an account, when, and whom it is about."""

    at: datetime
    actor: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Provisioning:
    """A package that a holder shall have.

    Attributes:
        anchor: what its monthly cycles are counted from, as soon as it begins; None: the account's calendar, or else
            the start.
        replace: whether it takes the place of what stands in its way.
    """

    entitlement_id: str
    package: PackageVersion
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    trial_ends_at: datetime | None = None
    anchor: datetime | None = None
    zone: str = "UTC"
    source: str = "api"
    metadata: Mapping[str, JsonValue] | None = None
    replace: bool = False


def provision(account: Account, wanted: Provisioning, acting: Acting) -> tuple[Event, ...]:
    """Give the holder a package; with `replace` what it replaces ends in the same commit.

    Raises:
        StateConflict: a base package, or the same add-on that does not stack, is there for that time.
        ValidationFailed: the package is not given any more, or the times contradict each other.
    """
    starts_at = wanted.starts_at or acting.at
    _check_times(wanted, starts_at, acting.at)
    if not wanted.package.is_active:
        raise ValidationFailed({"package": [f"{wanted.package.code} is not given to holders any more."]})
    period = Period(starts_at, earliest(wanted.expires_at, wanted.trial_ends_at))
    rivals = [
        (entitlement_id, entitlement)
        for entitlement_id, entitlement in account.entitlements.items()
        if _rivals(entitlement, wanted.package) and _overlaps(entitlement, period, acting.at)
    ]
    if rivals and not wanted.replace:
        _, rival = rivals[0]
        kind = "base package" if wanted.package.is_base else "add-on"
        raise StateConflict(
            rival.status(acting.at),
            "provision",
            f'The holder has the {kind} {rival.given.package} already. Cancel it, or send "replace": true.',
        )
    cancelled = [
        EntitlementCancelled(
            entitlement_id=entitlement_id,
            effective_at=max(starts_at, rival.given.starts_at),
            reason="replaced",
            place=acting.place,
            at=acting.at,
            actor=acting.actor,
        )
        for entitlement_id, rival in rivals
    ]
    # As it is without what is replaced: the calendar of a package that never begins is none.
    present = reduce(evolve, cancelled, account.settled(acting.at))
    has_calendar = present.awaits_calendar or (present.calendar is not None and present.calendar.given)
    given = EntitlementProvisioned(
        entitlement_id=wanted.entitlement_id,
        package_id=wanted.package.id,
        package=wanted.package.code,
        package_name=wanted.package.name,
        package_version=wanted.package.version,
        is_base=wanted.package.is_base,
        is_stackable=wanted.package.is_stackable,
        limits=dict(wanted.package.features),
        source=wanted.source,
        metadata=None if wanted.metadata is None else dict(wanted.metadata),
        starts_at=starts_at,
        expires_at=wanted.expires_at,
        trial_ends_at=wanted.trial_ends_at,
        anchor=wanted.anchor or (None if has_calendar else starts_at),
        zone=wanted.zone,
        place=acting.place,
        at=acting.at,
        actor=acting.actor,
    )
    return (*cancelled, given)


def suspend(account: Account, entitlement_id: str, reason: str | None, acting: Acting) -> tuple[Event, ...]:
    """Let the package grant nothing for the time being.

    Raises:
        NotFound, StateConflict.
    """
    _in_state(account, entitlement_id, "suspend", acting.at, "active")
    return (
        EntitlementSuspended(
            entitlement_id=entitlement_id, reason=reason, place=acting.place, at=acting.at, actor=acting.actor
        ),
    )


def unsuspend(account: Account, entitlement_id: str, acting: Acting) -> tuple[Event, ...]:
    """Let it grant again.

    Raises:
        NotFound, StateConflict.
    """
    _in_state(account, entitlement_id, "unsuspend", acting.at, "suspended")
    return (
        EntitlementUnsuspended(entitlement_id=entitlement_id, place=acting.place, at=acting.at, actor=acting.actor),
    )


def cancel(account: Account, entitlement_id: str, reason: str | None, acting: Acting) -> tuple[Event, ...]:
    """End the package now.

    Raises:
        NotFound, StateConflict.
    """
    _in_state(account, entitlement_id, "cancel", acting.at, "active", "suspended")
    return (
        EntitlementCancelled(
            entitlement_id=entitlement_id,
            effective_at=acting.at,
            reason=reason,
            place=acting.place,
            at=acting.at,
            actor=acting.actor,
        ),
    )


def renew(
    account: Account, entitlement_id: str, acting: Acting, *, expires_at: datetime | None = None, zone: str = "UTC"
) -> tuple[Event, ...]:
    """Let the package go on until `expires_at`; where that is not said, for one more monthly cycle, or for good where
    it has no end. A trial becomes the real thing. The calendar of its cycles stays.

    Raises:
        NotFound.
        StateConflict: it was cancelled, or has expired and another one is in its place.
        ValidationFailed: the new end is past.
    """
    entitlement = _in_state(account, entitlement_id, "renew", acting.at, "active", "suspended", "expired")
    if expires_at is None and entitlement.expires_at is not None:
        calendar = account.calendar_at(acting.at, zone)
        expires_at = calendar.cycle(max(entitlement.expires_at, acting.at)).end
    if expires_at is not None and expires_at <= max(acting.at, entitlement.given.starts_at):
        raise ValidationFailed({"expires_at": ["Must lie in the future."]})
    gone = entitlement.period.end or acting.at
    period = Period(max(acting.at, gone), expires_at)
    for other_id, other in account.entitlements.items():
        rivals = other_id != entitlement_id and _rivals(other, entitlement.given)
        if rivals and _overlaps(other, period, acting.at):
            raise StateConflict(
                entitlement.status(acting.at), "renew", f"The holder has the package {other.given.package} by then."
            )
    return (
        EntitlementRenewed(
            entitlement_id=entitlement_id,
            expires_at=expires_at,
            place=acting.place,
            at=acting.at,
            actor=acting.actor,
        ),
    )


def expire(account: Account, at: datetime) -> tuple[Event, ...]:
    """Tell of every package whose end is past and has not been told of."""
    return tuple(
        EntitlementExpired(
            entitlement_id=entitlement_id,
            expired_at=entitlement.period.end or at,
            place=entitlement.given.place,
            at=at,
            actor="service/entitlements",
        )
        for entitlement_id, entitlement in account.entitlements.items()
        if entitlement.status(at) == "expired" and not entitlement.told
    )


def block(account: Account, cause: str, reason: str | None, acting: Acting) -> tuple[Event, ...]:
    """Let the account grant nothing while this cause lasts; other causes are not touched."""
    if cause in account.blocked:
        return ()
    return (AccountBlocked(cause=cause, reason=reason, at=acting.at, actor=acting.actor),)


def unblock(account: Account, cause: str, acting: Acting) -> tuple[Event, ...]:
    """This cause is gone: what it alone kept back is granted again."""
    if cause not in account.blocked:
        return ()
    return (AccountUnblocked(cause=cause, at=acting.at, actor=acting.actor),)


def _check_times(wanted: Provisioning, starts_at: datetime, at: datetime) -> None:
    faults: dict[str, list[str]] = {}
    for name, end in (("expires_at", wanted.expires_at), ("trial_ends_at", wanted.trial_ends_at)):
        if end is not None and end <= max(starts_at, at):
            faults[name] = ["Must lie in the future, and after starts_at."]
    if faults:
        raise ValidationFailed(faults)


def _in_state(account: Account, entitlement_id: str, action: str, at: datetime, *states: str) -> Entitlement:
    entitlement = account.entitlements.get(entitlement_id)
    if entitlement is None:
        raise NotFound("entitlement", entitlement_id)
    status = entitlement.status(at)
    if status not in states:
        raise StateConflict(status, action)
    return entitlement


def _rivals(entitlement: Entitlement, other: PackageVersion | EntitlementProvisioned) -> bool:
    """Whether a holder can't have both at one time: base packages, or one add-on that does not stack."""
    if other.is_base:
        return entitlement.given.is_base
    code = other.code if isinstance(other, PackageVersion) else other.package
    return not other.is_stackable and entitlement.given.package == code


def _overlaps(entitlement: Entitlement, period: Period, at: datetime) -> bool:
    return entitlement.status(at) in {"active", "suspended"} and entitlement.period.overlaps(period)
