"""An account: what one holder was given and has used. Its stream is the one place where a limit is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pydantic import JsonValue

from atrium_common.errors import StateConflict, ValidationFailed
from atrium_common.eventing.event import Event


class EntitlementProvisioned(Event, type="entitlement.provisioned", schema=1):
    """The holder was given a package, with the limits that it had then."""

    entitlement_id: str
    package: str
    is_base: bool
    limits: dict[str, int | None]
    source: str = "api"
    expires_at: datetime | None = None
    at: datetime


class UsageRecorded(Event, type="usage.recorded", schema=1):
    """So much of a feature was used (or, negative, given back) in a cycle."""

    feature: str
    quantity: int
    cycle: str
    metadata: dict[str, JsonValue] | None = None
    at: datetime


EVENTS = (EntitlementProvisioned, UsageRecorded)
NO_CYCLE = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account's state: packages by entitlement id, and usage by feature and cycle (the present one only)."""

    packages: Mapping[str, EntitlementProvisioned] = field(default_factory=dict)
    used: Mapping[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an account grants of a feature: a limit, or None for no limit."""

    limit: int | None


def evolve(account: Account | None, event: Event) -> Account:
    """The account after the event."""
    account = account or Account()
    match event:
        case EntitlementProvisioned():
            return replace(account, packages={**account.packages, event.entitlement_id: event})
        case UsageRecorded():
            used = used_in(account, event.feature, event.cycle)
            return replace(account, used={**account.used, event.feature: (event.cycle, used + event.quantity)})
        case _:
            raise TypeError(f"{event.TYPE} is no event of an account")


def used_in(account: Account, feature: str, cycle: str) -> int:
    """How much of the feature has been used in this cycle."""
    known, quantity = account.used.get(feature, (cycle, 0))
    return quantity if known == cycle else 0


def granted(account: Account, feature: str, *, at: datetime) -> Grant | None:
    """The sum over the packages that are in force, or None where none has the feature."""
    limits = [
        package.limits[feature]
        for package in account.packages.values()
        if feature in package.limits and (package.expires_at is None or at < package.expires_at)
    ]
    if not limits:
        return None
    return Grant(None) if None in limits else Grant(sum(limit for limit in limits if limit is not None))


def provision(account: Account, wanted: EntitlementProvisioned) -> tuple[Event, ...]:
    """Give the holder a package.

    Raises:
        StateConflict: a base package is in force already.
    """
    in_force = [
        package
        for package in account.packages.values()
        if package.is_base and (package.expires_at is None or wanted.at < package.expires_at)
    ]
    if wanted.is_base and in_force:
        raise StateConflict("active", "provision", f"The holder has the base package {in_force[0].package} already.")
    return (wanted,)


def record(
    account: Account,
    feature: str,
    quantity: int,
    *,
    cycle: str,
    metadata: dict[str, JsonValue] | None,
    at: datetime,
) -> tuple[Event, ...]:
    """Note usage; the caller has decided that it may be.

    Raises:
        ValidationFailed: more would be given back than is used.
    """
    if used_in(account, feature, cycle) + quantity < 0:
        raise ValidationFailed({"quantity": ["Gives back more than is used."]})
    return (UsageRecorded(feature=feature, quantity=quantity, cycle=cycle, metadata=metadata, at=at),)


def month_of(at: datetime) -> str:
    """The monthly cycle of a moment."""
    return at.astimezone(UTC).strftime("%Y-%m")


def month_end(at: datetime) -> datetime:
    """The moment at which that cycle ends."""
    first = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.replace(year=first.year + 1, month=1) if first.month == 12 else first.replace(month=first.month + 1)  # noqa: PLR2004
