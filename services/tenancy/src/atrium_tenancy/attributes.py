"""The attributes of the aggregates, as clients and subscribers see them."""

from __future__ import annotations

from datetime import datetime

from atrium_common.clock import rfc3339
from atrium_common.jsontypes import JSON, JSONObject
from atrium_tenancy.domain.api_key import ApiKey
from atrium_tenancy.domain.invitation import Invitation
from atrium_tenancy.domain.member import Member
from atrium_tenancy.domain.namespace import Namespace
from atrium_tenancy.domain.team import Team
from atrium_tenancy.domain.user import User
from atrium_tenancy.domain.workspace import Workspace


def of_user(user_id: str, state: User) -> JSONObject:
    """A user, personal values in the clear."""
    return {
        "id": user_id,
        "name": state.name.value,
        "email": state.email.value,
        "tier": state.tier,
        "email_verified_at": _moment(state.email_verified_at),
        "created_at": rfc3339(state.created_at),
        "updated_at": rfc3339(state.updated_at),
    }


def of_workspace(workspace_id: str, state: Workspace) -> JSONObject:
    """A workspace."""
    return {
        "id": workspace_id,
        "name": state.name,
        "slug": state.slug,
        "tier": state.tier,
        "status": state.status,
        "settings": dict(state.settings),
        "owner_id": state.owner_id,
        "created_at": rfc3339(state.created_at),
        "updated_at": rfc3339(state.updated_at),
    }


def of_member(state: Member) -> JSONObject:
    """A membership; its id is the user's."""
    return {
        "id": state.user_id,
        "user_id": state.user_id,
        "workspace_id": state.workspace_id,
        "role": state.role,
        "team_id": state.team_id,
        "custom_permissions": None if state.custom_permissions is None else list(state.custom_permissions),
        "joined_at": rfc3339(state.joined_at),
        "invited_by": state.invited_by,
    }


def of_team(team_id: str, state: Team) -> JSONObject:
    """A team."""
    return {
        "id": team_id,
        "workspace_id": state.workspace_id,
        "name": state.name,
        "description": state.description,
        "permissions": list(state.permissions),
        "is_system": state.is_system,
        "created_at": rfc3339(state.created_at),
        "updated_at": rfc3339(state.updated_at),
    }


def of_invitation(invitation_id: str, state: Invitation, *, now: datetime) -> JSONObject:
    """An invitation as it stands now, the address in the clear; the token never."""
    return {
        "id": invitation_id,
        "workspace_id": state.workspace_id,
        "email": state.email.value,
        "role": state.role,
        "team_id": state.team_id,
        "status": state.status(now),
        "invited_by": state.invited_by,
        "accepted_by": state.accepted_by,
        "expires_at": rfc3339(state.expires_at),
        "created_at": rfc3339(state.created_at),
        "updated_at": rfc3339(state.updated_at),
    }


def of_namespace(namespace_id: str, state: Namespace) -> JSONObject:
    """A namespace."""
    return {
        "id": namespace_id,
        "uuid": state.uuid,
        "name": state.name,
        "slug": state.slug,
        "description": state.description,
        "icon": state.icon,
        "color": state.color,
        "owner_type": state.owner_type,
        "owner_id": state.owner_id,
        "workspace_id": state.workspace_id,
        "is_default": state.is_default,
        "is_active": state.is_active,
        "settings": dict(state.settings),
        "sort_order": state.sort_order,
        "created_at": rfc3339(state.created_at),
        "updated_at": rfc3339(state.updated_at),
    }


def of_api_key(key_id: str, state: ApiKey, *, last_used_at: JSON = None) -> JSONObject:
    """An API key: everything but the key."""
    made, settings = state.created, state.settings
    limit: JSON = None if settings.rate_limit is None else dict(settings.rate_limit.model_dump())
    return {
        "id": key_id,
        "name": settings.name,
        "prefix": f"sk_{made.environment}_",
        "last4": made.last4,
        "environment": made.environment,
        "user_id": made.user_id,
        "workspace_id": made.workspace_id,
        "scopes": list(settings.scopes),
        "rate_limit_tier": settings.rate_limit_tier,
        "rate_limit": limit,
        "ip_allowlist": list(settings.ip_allowlist),
        "last_used_at": last_used_at,
        "expires_at": _moment(settings.expires_at),
        "created_at": rfc3339(made.at),
        "updated_at": rfc3339(state.updated_at),
    }


def _moment(moment: datetime | None) -> JSON:
    return None if moment is None else rfc3339(moment)
