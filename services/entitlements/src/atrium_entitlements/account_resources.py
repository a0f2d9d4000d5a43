"""Resources of accounts as clients and subscribers see them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, JsonValue

from atrium_entitlements.domain.account import BoostStatus, EntitlementStatus
from atrium_entitlements.domain.events import BoostDuration, BoostType


class GrantedFeature(BaseModel):
    """A feature of the package and its limit as the holder has it; null is no limit."""

    feature: str
    limit: int | None = None


class Entitlement(BaseModel):
    """A package that a holder was given. `package` is its code; what it grants is that of `package_version`."""

    id: str
    namespace_id: str | None
    workspace_id: str | None
    package: str
    package_id: str
    package_name: str
    package_version: int
    is_base: bool
    features: list[GrantedFeature]
    status: EntitlementStatus
    suspended_reason: str | None
    starts_at: datetime
    expires_at: datetime | None
    trial_ends_at: datetime | None
    billing_cycle_anchor: datetime | None
    cancelled_at: datetime | None
    source: str
    metadata: dict[str, JsonValue] | None
    created_at: datetime
    updated_at: datetime


class Boost(BaseModel):
    """More of a feature, or a feature, that a holder was given beside its packages."""

    id: str
    namespace_id: str | None
    workspace_id: str | None
    feature: str
    type: BoostType
    duration: BoostDuration
    quantity: int | None
    status: BoostStatus
    starts_at: datetime
    expires_at: datetime | None
    source: str
    created_at: datetime
    updated_at: datetime


class LimitAlert(BaseModel):
    """Usage has crossed 80, 90 or 100 % of a limit."""

    feature: str
    threshold: int
    used: int
    limit: int
    workspace_id: str | None
    namespace_id: str | None
    cycle_start: datetime | None
