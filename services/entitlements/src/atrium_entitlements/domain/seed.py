"""The catalogue that an installation starts with: five features, the four tiers, a plan and an add-on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from atrium_entitlements.domain.feature_entry import FeatureCreated
from atrium_entitlements.domain.package_entry import Included, PackageCreated

GIB = 1024**3
_UNLIMITED: None = None


def features(at: datetime) -> tuple[FeatureCreated, ...]:
    """The features of the start."""
    return (
        FeatureCreated(code="api_calls", name="API calls", kind="limit", reset="monthly", category="api", at=at),
        FeatureCreated(code="storage", name="Storage", kind="limit", unit="bytes", category="storage", at=at),
        FeatureCreated(code="seats", name="Seats", kind="limit", unit="seats", category="team", at=at),
        FeatureCreated(code="webhooks", name="Webhooks", kind="boolean", category="api", at=at),
        FeatureCreated(code="sso", name="Single sign-on", kind="boolean", category="security", at=at),
    )


def packages(at: datetime) -> tuple[PackageCreated, ...]:
    """The packages of the start."""
    return (
        _tier("free", calls=10_000, storage=1 * GIB, seats=3, more=("webhooks",), at=at),
        _tier("pro", calls=100_000, storage=50 * GIB, seats=20, more=("webhooks",), at=at),
        _tier("business", calls=1_000_000, storage=500 * GIB, seats=200, more=("webhooks", "sso"), at=at),
        _tier("enterprise", calls=_UNLIMITED, storage=_UNLIMITED, seats=_UNLIMITED, more=("webhooks", "sso"), at=at),
        PackageCreated(
            code="starter",
            name="Starter Package",
            features=_included({"storage": 5 * GIB, "api_calls": 10_000}),
            is_base=True,
            is_stackable=False,
            at=at,
        ),
        PackageCreated(
            code="storage.extra",
            name="Extra storage",
            features=_included({"storage": 5 * GIB}),
            is_base=False,
            is_stackable=True,
            at=at,
        ),
    )


def _tier(
    tier: str, *, calls: int | None, storage: int | None, seats: int | None, more: tuple[str, ...], at: datetime
) -> PackageCreated:
    limited = _included({"api_calls": calls, "storage": storage, "seats": seats})
    return PackageCreated(
        code=f"tier.{tier}",
        name=f"{tier.capitalize()} tier",
        features=(*limited, *(Included(feature=code, boolean=True) for code in more)),
        is_base=True,
        is_stackable=False,
        tier=tier,
        at=at,
    )


def _included(limits: Mapping[str, int | None]) -> tuple[Included, ...]:
    return tuple(Included(feature=code, limit=limit) for code, limit in limits.items())
