"""Grants: the one primitive. A package's limit, a boost and a roll-over are each a grant of a feature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from atrium_entitlements.domain.account import Account, Boost, Entitlement
from atrium_entitlements.domain.catalogue import Feature, PackageVersion
from atrium_entitlements.domain.periods import Period

Source: TypeAlias = Literal["roll_over", "package", "tier", "boost"]
_ORDER = {"roll_over": 0, "package": 1, "tier": 1, "cycle_bound": 2, "duration": 3, "permanent": 4}


@dataclass(frozen=True, slots=True)
class Grant:
    """So much of a feature, for a time.

    Attributes:
        id: the entitlement's or boost's; the package's for a tier; empty for a roll-over.
        label: the package's code, or the boost's type.
        quantity: None where there is no limit.
        period: when it may be used; None: for good.
        rank: soonest lost first: consumption order.
    """

    source: Source
    id: str
    label: str
    quantity: int | None
    period: Period | None
    rank: tuple[int, float, float, str]


@dataclass(frozen=True, slots=True)
class Consumed:
    """A grant with the part of the usage that falls on it."""

    grant: Grant
    used: int

    @property
    def remaining(self) -> int | None:
        """What is left of it; None where there is no limit."""
        return None if self.grant.quantity is None else self.grant.quantity - self.used


def grants_of(
    account: Account, feature: Feature, at: datetime, *, cycle: Period | None, rolled: int, tier: PackageVersion | None
) -> Sequence[Grant]:
    """What the account grants of the feature then, in the order in which it is consumed.

    `cycle` is the monthly one, for features that start at zero with it; `rolled` is what the cycle before has left
    over; `tier` what the owner's tier grants on this account.
    """
    if account.blocked:
        return ()
    grants = [
        _package(entitlement, feature, cycle)
        for entitlement in account.entitlements.values()
        if feature.code in entitlement.given.limits and entitlement.in_force(at)
    ]
    if tier is not None and feature.code in tier.features:
        quantity = _quantity(feature, tier.features[feature.code])
        grants.append(Grant("tier", tier.id, tier.code, quantity, cycle, (_ORDER["tier"], 0.0, 0.0, tier.id)))
    grants += [
        _boost(boost, feature)
        for boost in account.boosts.values()
        if boost.made.feature == feature.code and boost.in_force(at)
    ]
    if rolled and grants:
        grants.append(Grant("roll_over", "", "roll_over", rolled, cycle, (_ORDER["roll_over"], 0.0, 0.0, "")))
    return sorted(grants, key=lambda grant: grant.rank)


def limit_of(grants: Sequence[Grant]) -> int | None:
    """The sum of the grants; None where one has no limit."""
    total = 0
    for grant in grants:
        if grant.quantity is None:
            return None
        total += grant.quantity
    return total


def consumed(grants: Sequence[Grant], used: int) -> Iterator[Consumed]:
    """The grants with the usage laid over them in order; what is over the last is overage."""
    left = used
    for grant in grants:
        taken = left if grant.quantity is None else min(left, grant.quantity)
        left -= taken
        yield Consumed(grant, taken)


def suspended(account: Account, feature: Feature, at: datetime) -> Entitlement | None:
    """A package that would grant the feature if it were not suspended."""
    for entitlement in account.entitlements.values():
        grants = feature.code in entitlement.given.limits and at in entitlement.period
        if grants and (entitlement.status(at) == "suspended" or account.blocked):
            return entitlement
    return None


def expired(account: Account, feature: Feature, at: datetime) -> Entitlement | None:
    """The package that granted the feature last, where it has expired."""
    past = [
        entitlement
        for entitlement in account.entitlements.values()
        if feature.code in entitlement.given.limits and entitlement.status(at) == "expired"
    ]
    return max(past, key=lambda entitlement: entitlement.period.end or at, default=None)


def _package(entitlement: Entitlement, feature: Feature, cycle: Period | None) -> Grant:
    given = entitlement.given
    quantity = _quantity(feature, given.limits[feature.code])
    rank = (_ORDER["package"], 0.0, given.at.timestamp(), given.entitlement_id)
    return Grant("package", given.entitlement_id, given.package, quantity, cycle or entitlement.period, rank)


def _boost(boost: Boost, feature: Feature) -> Grant:
    made = boost.made
    quantity = None if made.kind != "add_limit" or feature.type == "unlimited" else made.quantity or 0
    end = boost.period.end
    by_end = end.timestamp() if made.duration == "duration" and end is not None else 0.0
    rank = (_ORDER[made.duration], by_end, made.at.timestamp(), made.boost_id)
    return Grant("boost", made.boost_id, made.kind, quantity, boost.period, rank)


def _quantity(feature: Feature, limit: int | None) -> int | None:
    return None if feature.type == "unlimited" else limit
