"""Resources of tenancy as clients and subscribers see them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, JsonValue

from atrium_common.api_keys import Environment
from atrium_tenancy.domain.api_key import RateLimit
from atrium_tenancy.domain.namespace import OwnerType
from atrium_tenancy.domain.tiers import Tier


class Workspace(BaseModel):
    """A tenant."""

    id: str
    name: str
    slug: str
    tier: Tier
    status: str
    settings: dict[str, JsonValue]
    owner_id: str
    created_at: datetime
    updated_at: datetime


class User(BaseModel):
    """A person."""

    id: str
    name: str | None
    email: str | None
    tier: Tier
    email_verified_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Namespace(BaseModel):
    """An isolated context."""

    id: str
    uuid: str
    name: str
    slug: str
    description: str | None
    owner_type: OwnerType
    owner_id: str
    workspace_id: str | None
    is_default: bool
    is_active: bool
    created_at: datetime
    updated_at: datetime


class ApiKey(BaseModel):
    """An API key, without the key."""

    id: str
    name: str
    prefix: str
    last4: str
    environment: Environment
    user_id: str
    workspace_id: str
    scopes: list[str]
    rate_limit_tier: Tier
    rate_limit: RateLimit | None
    ip_allowlist: list[str]
    last_used_at: datetime | None
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
