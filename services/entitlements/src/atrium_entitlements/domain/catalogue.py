"""What can be granted: features, and the packages that the tiers are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

FeatureType: TypeAlias = Literal["boolean", "limit", "unlimited"]
Reset: TypeAlias = Literal["none", "monthly"]
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that a plan includes or limits. A boolean feature has no quantity."""

    code: str
    name: str
    type: FeatureType
    reset: Reset = "none"
    unit: str | None = None
    category: str = "general"


@dataclass(frozen=True, slots=True)
class Package:
    """A plan: limits by feature; None is unlimited, and for a boolean feature just included."""

    code: str
    name: str
    limits: Mapping[str, int | None]
    tier: str | None = None
    is_base: bool = True
    is_stackable: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All features and packages."""

    features: Mapping[str, Feature]
    packages: Mapping[str, Package]

    def of_tier(self, tier: str) -> Package | None:
        """The package that a tier grants."""
        return next((package for package in self.packages.values() if package.tier == tier), None)


_FEATURES = (
    Feature("api_calls", "API calls", "limit", "monthly", "calls", "api"),
    Feature("storage", "Storage", "limit", "none", "bytes", "storage"),
    Feature("seats", "Seats", "limit", "none", "seats", "team"),
    Feature("webhooks", "Webhooks", "boolean", category="api"),
    Feature("sso", "Single sign-on", "boolean", category="security"),
)


def _tier(tier: str, *, calls: int | None, storage: int | None, seats: int | None, more: tuple[str, ...]) -> Package:
    limits: dict[str, int | None] = {"api_calls": calls, "storage": storage, "seats": seats}
    return Package(f"tier.{tier}", f"{tier.capitalize()} tier", {**limits, **dict.fromkeys(more)}, tier=tier)


_PACKAGES = (
    _tier("free", calls=10_000, storage=1 * GIB, seats=3, more=("webhooks",)),
    _tier("pro", calls=100_000, storage=50 * GIB, seats=20, more=("webhooks",)),
    _tier("business", calls=1_000_000, storage=500 * GIB, seats=200, more=("webhooks", "sso")),
    _tier("enterprise", calls=None, storage=None, seats=None, more=("webhooks", "sso")),
    Package("starter", "Starter Package", {"storage": 5 * GIB, "api_calls": 10_000}),
    Package("storage.extra", "Extra storage", {"storage": 5 * GIB}, is_base=False, is_stackable=True),
)

CATALOGUE = Catalogue(
    {feature.code: feature for feature in _FEATURES}, {package.code: package for package in _PACKAGES}
)
"""The catalogue that an installation starts with."""
