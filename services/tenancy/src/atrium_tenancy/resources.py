"""Resources of tenancy as clients and subscribers see them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, JsonValue

from atrium_common.api_keys import Environment
from atrium_tenancy.domain.api_key import RateLimit
from atrium_tenancy.domain.invitation import Status as InvitationStatus
from atrium_tenancy.domain.namespace import OwnerType
from atrium_tenancy.domain.roles import Role
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


class Member(BaseModel):
    """A user's membership in a workspace; its id is the user's."""

    id: str
    user_id: str
    workspace_id: str
    role: Role
    team_id: str
    custom_permissions: list[str] | None
    joined_at: datetime
    invited_by: str | None


class Team(BaseModel):
    """Permissions that its members have beyond their role's."""

    id: str
    workspace_id: str
    name: str
    description: str | None
    permissions: list[str]
    is_system: bool
    created_at: datetime
    updated_at: datetime


class Invitation(BaseModel):
    """An invitation, without its token."""

    id: str
    workspace_id: str
    email: str | None
    role: Role
    team_id: str | None
    status: InvitationStatus
    invited_by: str
    accepted_by: str | None
    expires_at: datetime
    created_at: datetime
    updated_at: datetime


class NewInvitation(Invitation):
    """An invitation with its token, which is shown once."""

    token: str | None


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
    icon: str | None
    color: str | None
    owner_type: OwnerType
    owner_id: str
    workspace_id: str | None
    is_default: bool
    is_active: bool
    settings: dict[str, JsonValue]
    sort_order: int
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


class NewApiKey(ApiKey):
    """An API key with the key itself, which is shown once."""

    key: str | None


class RotatedApiKey(NewApiKey):
    """The new key, and until when the one before it works."""

    previous_key_id: str
    previous_expires_at: datetime


class Acceptance(Member):
    """A membership that began with an invitation; for a new user also its first key, shown once."""

    user: User
    api_key: ApiKey | None = None
    key: str | None = None
