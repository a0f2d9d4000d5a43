"""The register of the catalogue: which features and packages there are, and how they hang together.

Every change of a feature or a package is entered here in the same commit. So rules that look at more than one of them
(pools without cycles, one package for each tier) are decided in one serial order, and a reader sees by this one stream
whether what it has in memory is current.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from atrium_common.errors import Duplicate, ValidationFailed
from atrium_common.eventing.event import Event
from atrium_entitlements.domain.catalogue import FeatureType

DEEPEST_POOL = 8
"""How many pools may stand above a feature: each of them is debited with it."""


class FeatureEntered(Event, type="register.feature_entered", schema=1):
    """A feature is at this version, with this code, kind and pool."""

    id: str
    version: int
    code: str
    kind: FeatureType
    parent: str | None
    at: datetime


class PackageEntered(Event, type="register.package_entered", schema=1):
    """A package is at this version, with this code; `tier` where it is what a tier grants now."""

    id: str
    version: int
    code: str
    tier: str | None
    at: datetime


EVENTS = (FeatureEntered, PackageEntered)
E = TypeVar("E", FeatureEntered, PackageEntered)


@dataclass(frozen=True, slots=True)
class Register:
    """What there is, by code."""

    features: Mapping[str, FeatureEntered] = field(default_factory=dict)
    packages: Mapping[str, PackageEntered] = field(default_factory=dict)

    def feature(self, code_or_id: str) -> FeatureEntered | None:
        """The feature of this code or id, or None."""
        return _found(self.features, code_or_id)

    def package(self, code_or_id: str) -> PackageEntered | None:
        """The package of this code or id, or None."""
        return _found(self.packages, code_or_id)

    def pools(self, code: str | None) -> Iterator[str]:
        """This pool and every one above it, nearest first."""
        while code is not None:
            yield code
            code = self.features[code].parent


def evolve(register: Register | None, event: Event) -> Register:
    """The register after the event."""
    register = register or Register()
    match event:
        case FeatureEntered():
            return replace(register, features={**register.features, event.code: event})
        case PackageEntered():
            return replace(register, packages={**register.packages, event.code: event})
        case _:
            raise TypeError(f"{event.TYPE} is no event of the register")


def enter_feature(register: Register, wanted: FeatureEntered) -> tuple[Event, ...]:
    """Enter a feature, new or changed.

    Raises:
        Duplicate: another one has its code.
        ValidationFailed: its pool is none, or it would be a pool of itself, or pools stand too deep.
    """
    _check_code(register.features, wanted)
    if wanted.parent is not None:
        above = register.features.get(wanted.parent)
        if above is None or above.kind == "boolean":
            raise ValidationFailed({"parent": ["Must be a feature with a quantity."]})
        pools = list(register.pools(wanted.parent))
        if wanted.code in pools:
            raise ValidationFailed({"parent": [f"{wanted.parent} counts on {wanted.code} itself."]})
        if len(pools) + _height(register, wanted.code) > DEEPEST_POOL:
            raise ValidationFailed({"parent": [f"At most {DEEPEST_POOL} pools may stand above a feature."]})
    return (wanted,)


def enter_package(register: Register, wanted: PackageEntered) -> tuple[Event, ...]:
    """Enter a package, new or changed.

    Raises:
        Duplicate: another one has its code, or its tier.
    """
    _check_code(register.packages, wanted)
    others = (entered for entered in register.packages.values() if entered.id != wanted.id)
    if wanted.tier is not None and any(entered.tier == wanted.tier for entered in others):
        raise Duplicate("tier", f"Another active package is what the tier {wanted.tier} grants.")
    return (wanted,)


def _check_code(known: Mapping[str, E], wanted: E) -> None:
    holder = known.get(wanted.code)
    if holder is not None and holder.id != wanted.id:
        raise Duplicate("code")


def _found(known: Mapping[str, E], wanted: str) -> E | None:
    return known.get(wanted) or next((entered for entered in known.values() if entered.id == wanted), None)


def _height(register: Register, code: str) -> int:
    """How many features stand below this one, at the longest."""
    below = [child.code for child in register.features.values() if child.parent == code]
    return 1 + max(_height(register, child) for child in below) if below else 0
