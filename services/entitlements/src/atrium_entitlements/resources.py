"""Resources of the catalogue as clients and subscribers see them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, JsonValue

from atrium_entitlements.domain.catalogue import FeatureType, Reset


class Feature(BaseModel):
    """Something that packages include or limit; `parent` is the code of the pool that its usage counts on as well."""

    id: str
    code: str
    name: str
    type: FeatureType
    reset: Reset
    rolling_window_days: int | None
    parent: str | None
    unit: str | None
    category: str
    scale: int
    spill: bool
    rolls_over: bool
    created_at: datetime
    updated_at: datetime


class PackageFeature(BaseModel):
    """A feature of a package; `limit` null is no limit, and a boolean feature has none."""

    feature: str
    limit: int | None = None


class Package(BaseModel):
    """A plan. A change makes a new version; holders keep theirs until moved."""

    id: str
    code: str
    name: str
    description: str | None
    is_base: bool
    is_stackable: bool
    is_active: bool
    is_public: bool
    tier: str | None
    features: list[PackageFeature]
    version: int
    created_at: datetime
    updated_at: datetime


class LogEntry(BaseModel):
    """Who changed what of a holder's entitlements, and how that was before and is after."""

    id: str
    action: str
    feature: str | None
    package: str | None
    actor: str | None
    source: str | None
    before: dict[str, JsonValue] | None
    after: dict[str, JsonValue] | None
    created_at: datetime
