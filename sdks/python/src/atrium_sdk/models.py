"""Made from the OpenAPI document by `make sdks`; edit the generator, not this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from atrium_sdk._model import Model, absent


@dataclass(frozen=True, kw_only=True)
class ApiKey(Model):
    """An API key, without the key."""

    created_at: datetime = absent()
    environment: str = absent()
    expires_at: datetime | None = absent()
    id: str = absent()
    ip_allowlist: Sequence[str] = absent()
    last4: str = absent()
    last_used_at: datetime | None = absent()
    name: str = absent()
    prefix: str = absent()
    rate_limit: RateLimit | None = absent()
    rate_limit_tier: str = absent()
    scopes: Sequence[str] = absent()
    updated_at: datetime = absent()
    user_id: str = absent()
    workspace_id: str = absent()


@dataclass(frozen=True, kw_only=True)
class BatchOperation(Model):
    """One operation: `create` takes data, `update` id and data, `delete` id."""

    action: str = absent()
    data: dict[str, Any] | None = absent()
    id: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Delivery(Model):
    """An event's way to an endpoint."""

    attempts: int = absent()
    created_at: datetime = absent()
    delivered_at: datetime | None = absent()
    event_id: str = absent()
    event_type: str = absent()
    id: str = absent()
    livemode: bool = absent()
    next_attempt_at: datetime | None = absent()
    status: str = absent()
    status_code: int | None = absent()
    updated_at: datetime = absent()
    history: Sequence[dict[str, Any]] | None = absent()


@dataclass(frozen=True, kw_only=True)
class Entitlement(Model):
    """A package that a holder was given."""

    created_at: datetime = absent()
    expires_at: datetime | None = absent()
    holder_id: str = absent()
    id: str = absent()
    package: str = absent()
    source: str = absent()
    status: str = absent()


@dataclass(frozen=True, kw_only=True)
class Feature(Model):
    """Something that plans include or limit."""

    category: str = absent()
    code: str = absent()
    name: str = absent()
    reset: str = absent()
    type: str = absent()
    unit: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Namespace(Model):
    """An isolated context."""

    created_at: datetime = absent()
    description: str | None = absent()
    id: str = absent()
    is_active: bool = absent()
    is_default: bool = absent()
    name: str = absent()
    owner_id: str = absent()
    owner_type: str = absent()
    slug: str = absent()
    updated_at: datetime = absent()
    uuid: str = absent()
    workspace_id: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Package(Model):
    """A plan."""

    code: str = absent()
    features: Sequence[PackageFeature] = absent()
    is_base: bool = absent()
    is_stackable: bool = absent()
    name: str = absent()
    tier: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class PackageFeature(Model):
    """A package's limit of a feature; null: no limit."""

    feature: str = absent()
    limit: int | None = absent()


@dataclass(frozen=True, kw_only=True)
class RateLimit(Model):
    """A limit of the key's own: requests an hour, and burst."""

    burst: int = absent()
    requests: int = absent()


@dataclass(frozen=True, kw_only=True)
class RateLimitBody(Model):
    """An enterprise key's own limit: requests an hour, and burst."""

    burst: int = absent()
    requests: int = absent()


@dataclass(frozen=True, kw_only=True)
class Recorded(Model):
    """The answer to usage."""

    allowed: bool = absent()
    available: int | None = absent()
    current_usage: int = absent()
    limit: int | None = absent()
    recorded: bool = absent()
    feature: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Summary(Model):
    """All figures of a holder."""

    entitlements: dict[str, dict[str, Any]] = absent()
    namespace_id: str | None = absent()
    tier: str = absent()
    workspace_id: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Tested(Model):
    """What came of a test delivery."""

    response_time_ms: int = absent()
    status_code: int | None = absent()
    success: bool = absent()
    error: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class User(Model):
    """A person."""

    created_at: datetime = absent()
    email: str | None = absent()
    email_verified_at: datetime | None = absent()
    id: str = absent()
    name: str | None = absent()
    tier: str = absent()
    updated_at: datetime = absent()


@dataclass(frozen=True, kw_only=True)
class Verdict(Model):
    """The answer to a check."""

    allowed: bool = absent()
    available: int | None = absent()
    current_usage: int = absent()
    limit: int | None = absent()
    message: str = absent()
    reason: str | None = absent()


@dataclass(frozen=True, kw_only=True)
class Webhook(Model):
    """An endpoint."""

    created_at: datetime = absent()
    description: str | None = absent()
    disabled_reason: str | None = absent()
    events: Sequence[str] = absent()
    id: str = absent()
    is_active: bool = absent()
    livemode: bool = absent()
    updated_at: datetime = absent()
    url: str = absent()


@dataclass(frozen=True, kw_only=True)
class Workspace(Model):
    """A tenant."""

    created_at: datetime = absent()
    id: str = absent()
    name: str = absent()
    owner_id: str = absent()
    settings: dict[str, Any] = absent()
    slug: str = absent()
    status: str = absent()
    tier: str = absent()
    updated_at: datetime = absent()
