"""What can be granted, as the account sees it: features by code or id, their pools, and packages by version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

FeatureType: TypeAlias = Literal["boolean", "limit", "unlimited"]
Reset: TypeAlias = Literal["none", "monthly", "rolling"]


@dataclass(frozen=True, slots=True)
class Feature:
    """What plans are made of. Quantities are integers.

    Attributes:
        id: `feat_…`.
        code: dot notation, like `storage.images`; never changes.
        type: `boolean` has no quantity; `unlimited` is counted and never limited where it is granted.
        reset: when usage starts at zero again; within a pool the root's counts.
        rolling_window_days: the window of `rolling`, in days.
        parent: the code of the pool that this feature's usage counts on as well.
        unit: like `bytes`; messages about bytes speak in GB.
        scale: how many of the integer's last digits are decimals.
        spill: whether use goes on at the next level of the cascade where one is exhausted.
        rolls_over: whether what a package leaves unused in a cycle may be used in the next one.
    """

    id: str
    code: str
    name: str
    type: FeatureType
    reset: Reset = "none"
    rolling_window_days: int | None = None
    parent: str | None = None
    unit: str | None = None
    category: str = "general"
    scale: int = 0
    spill: bool = False
    rolls_over: bool = False

    @property
    def is_boolean(self) -> bool:
        """Whether it is included or not, without a quantity."""
        return self.type == "boolean"


@dataclass(frozen=True, slots=True)
class PackageVersion:
    """A package as it was from one change to the next; holders keep theirs until they are moved.

    Attributes:
        id: `pkg_…`, the same for all versions.
        is_base: a holder has one base package at a time; others are add-ons.
        is_stackable: whether a holder may have the add-on several times.
        is_active: whether it can be given to holders.
        is_public: whether tenants see it in the list.
        tier: the tier that grants it in the cascade, while it is active.
        features: limits by feature code; None: no limit, and for a boolean feature just included.
    """

    id: str
    code: str
    name: str
    features: Mapping[str, int | None] = field(default_factory=dict)
    version: int = 1
    is_base: bool = True
    is_stackable: bool = False
    is_active: bool = True
    is_public: bool = True
    tier: str | None = None


class Catalogue(Protocol):
    """All features and packages at one moment: a value, read without waiting."""

    def feature(self, reference: str) -> Feature | None:
        """The feature with this code or id."""
        ...

    def features(self) -> Sequence[Feature]:
        """Every feature, by code."""
        ...

    def chain(self, feature: Feature) -> Sequence[Feature]:
        """The feature, its pool, that one's pool, … up to the root, whose reset counts for all."""
        ...

    def children(self, code: str) -> Sequence[Feature]:
        """The features whose pool this is."""
        ...

    def package(self, reference: str, version: int | None = None) -> PackageVersion | None:
        """The package with this code or id, at this version; the newest where none is named."""
        ...

    def packages(self) -> Sequence[PackageVersion]:
        """Every package in its newest version, by code."""
        ...

    def of_tier(self, tier: str) -> PackageVersion | None:
        """The package that a tier grants."""
        ...


class FixedCatalogue:
    """See `Catalogue`: made of what it is given."""

    def __init__(self, features: Iterable[Feature], packages: Iterable[PackageVersion]) -> None:
        self._features: Mapping[str, Feature] = {feature.code: feature for feature in features}
        self._by_id = {feature.id: feature for feature in self._features.values()}
        self._children: dict[str, list[Feature]] = {}
        for feature in self._features.values():
            if feature.parent is not None:
                self._children.setdefault(feature.parent, []).append(feature)
        self._chains = {feature.code: self._chain(feature) for feature in self._features.values()}
        self._versions: dict[str, dict[int, PackageVersion]] = {}
        for package in packages:
            self._versions.setdefault(package.code, {})[package.version] = package
        self._codes = {package.id: code for code, versions in self._versions.items() for package in versions.values()}
        self._tiers = {package.tier: package for package in self.packages() if package.tier and package.is_active}

    def feature(self, reference: str) -> Feature | None:
        """See `Catalogue.feature`."""
        return self._features.get(reference) or self._by_id.get(reference)

    def features(self) -> Sequence[Feature]:
        """See `Catalogue.features`."""
        return sorted(self._features.values(), key=lambda feature: feature.code)

    def chain(self, feature: Feature) -> Sequence[Feature]:
        """See `Catalogue.chain`."""
        return self._chains.get(feature.code, (feature,))

    def children(self, code: str) -> Sequence[Feature]:
        """See `Catalogue.children`."""
        return self._children.get(code, [])

    def package(self, reference: str, version: int | None = None) -> PackageVersion | None:
        """See `Catalogue.package`."""
        versions = self._versions.get(reference) or self._versions.get(self._codes.get(reference, ""), {})
        return versions.get(max(versions, default=0) if version is None else version)

    def packages(self) -> Sequence[PackageVersion]:
        """See `Catalogue.packages`."""
        newest = (versions[max(versions)] for versions in self._versions.values())
        return sorted(newest, key=lambda package: package.code)

    def of_tier(self, tier: str) -> PackageVersion | None:
        """See `Catalogue.of_tier`."""
        return self._tiers.get(tier)

    def _chain(self, feature: Feature) -> Sequence[Feature]:
        chain = [feature]
        while (parent := self._features.get(chain[-1].parent or "")) is not None and parent not in chain:
            chain.append(parent)
        return tuple(chain)
