"""What the gateway asks: who holds a key, and in which context (the internal API)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from atrium_common.clock import rfc3339
from atrium_common.errors import NotFound
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.scopes import OPERATOR
from atrium_tenancy.application.access import capped, membership, permissions_of
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain.api_key import ApiKey
from atrium_tenancy.domain.member import key_of
from atrium_tenancy.domain.tiers import Tier, lower
from atrium_tenancy.domain.workspace import Workspace, is_gone
from atrium_tenancy.rows import API_KEY, MEMBER, NAMESPACE, USER, WORKSPACE

S = TypeVar("S")


async def resolve(tenancy: Tenancy, digest: str, *, workspace_id: str | None, namespace_id: str | None) -> JSONObject:
    """Who holds the key of this digest, and what the context allows.

    `position` is read first, so that what follows is at least as new. `key.only_restore` marks the key of an owner
    whose workspace is deleted: it may bring it back, and do nothing else.

    Raises:
        NotFound: no key of this digest is in force.
    """
    position = await tenancy.store.log.tail()
    key_id = await tenancy.claimant(f"digest/{digest}")
    key = None if key_id is None else (await tenancy.repository.load(API_KEY, key_id)).state
    if key_id is None or key is None or key.revoked:
        raise NotFound("api_key", "given")
    user = (await tenancy.repository.load(USER, key.created.user_id)).state
    home = (await tenancy.repository.load(WORKSPACE, key.created.workspace_id)).state
    if user is None or user.erased or home is None:
        raise NotFound("api_key", "given")
    only_restore = is_gone(home)
    if only_restore and not await _owns(tenancy, key):
        raise NotFound("api_key", "given")
    return {
        "position": position,
        "key": {**_key_facts(key_id, key, home), "only_restore": only_restore},
        "user": {"id": key.created.user_id, "tier": user.tier},
        "context": await _context(tenancy, key, workspace_id, namespace_id, only_restore=only_restore),
    }


async def holders(
    tenancy: Tenancy, namespace_ids: Sequence[str], workspace_ids: Sequence[str], *, as_of: datetime | None = None
) -> JSONObject:
    """Versioned facts on holders of entitlements, as they are or were at a moment; unknown ids are absent.

    Which workspace pays for a user's own namespaces is looked for among the memberships that last to this day.
    """
    position = await tenancy.store.log.tail()
    namespaces: JSONObject = {}
    workspaces: JSONObject = {}
    for namespace_id in namespace_ids:
        facts = await namespace_facts(tenancy, namespace_id, as_of=as_of)
        if facts is not None:
            namespaces[namespace_id] = facts
    for workspace_id in workspace_ids:
        known = await workspace_facts(tenancy, workspace_id, as_of=as_of)
        if known is not None:
            workspaces[workspace_id] = known
    return {"position": position, "namespaces": namespaces, "workspaces": workspaces}


async def namespace_facts(tenancy: Tenancy, namespace_id: str, *, as_of: datetime | None = None) -> JSONObject | None:
    """What entitlements must know of a namespace, its billing workspace and its owner; None where there is none."""
    loaded = await _load(tenancy, NAMESPACE, namespace_id, as_of)
    namespace = loaded.state
    if namespace is None:
        return None
    workspace_id = billing = namespace.workspace_id
    user = None
    if namespace.owner_type == "User":
        user = await user_facts(tenancy, namespace.owner_id, as_of=as_of)
        if workspace_id is not None and not await _belongs(tenancy, namespace.owner_id, workspace_id, as_of):
            # Made while its owner was leaving: nobody saw it to take it along.
            workspace_id = None
        billing = workspace_id or await tenancy.default_workspace(namespace.owner_id, as_of=as_of)
    workspace = await workspace_facts(tenancy, billing, as_of=as_of)
    owner = user if namespace.owner_type == "User" else workspace
    return {
        "id": namespace_id,
        "version": loaded.version,
        "owner_type": namespace.owner_type,
        "owner_id": namespace.owner_id,
        "workspace_id": workspace_id,
        "billing_workspace_id": billing,
        "owner_tier": "free" if owner is None else owner["tier"],
        "deleted": namespace.deleted,
        "workspace": workspace,
        "user": user,
    }


async def workspace_facts(
    tenancy: Tenancy, workspace_id: str | None, *, as_of: datetime | None = None
) -> JSONObject | None:
    """What other services must know of a workspace, or None where there is none."""
    if workspace_id is None:
        return None
    loaded = await _load(tenancy, WORKSPACE, workspace_id, as_of)
    workspace = loaded.state
    if workspace is None:
        return None
    return {
        "id": loaded.id,
        "version": loaded.version,
        "tier": workspace.tier,
        "status": workspace.status,
        "owner_id": workspace.owner_id,
        "timezone": workspace.settings.get("timezone"),
        "deleted": is_gone(workspace),
    }


async def user_facts(tenancy: Tenancy, user_id: str, *, as_of: datetime | None = None) -> JSONObject | None:
    """What other services must know of a user, or None where there is none."""
    loaded = await _load(tenancy, USER, user_id, as_of)
    if loaded.state is None:
        return None
    return {"id": user_id, "version": loaded.version, "tier": loaded.state.tier, "deleted": loaded.state.erased}


async def _load(tenancy: Tenancy, decider: Decider[S], aggregate_id: str, as_of: datetime | None) -> Loaded[S]:
    if as_of is None:
        return await tenancy.repository.load(decider, aggregate_id)
    return await tenancy.repository.as_of(decider, aggregate_id, as_of)


async def _belongs(tenancy: Tenancy, user_id: str, workspace_id: str, as_of: datetime | None) -> bool:
    member = (await _load(tenancy, MEMBER, key_of(workspace_id, user_id), as_of)).state
    return member is not None and not member.removed


async def _owns(tenancy: Tenancy, key: ApiKey) -> bool:
    member = await membership(tenancy.repository, key.created.workspace_id, key.created.user_id)
    return member is not None and member.role == "owner"


def _key_facts(key_id: str, key: ApiKey, home: Workspace) -> JSONObject:
    made, settings = key.created, key.settings
    # A workspace's tier may have been lowered since the key was made.
    tier: Tier = lower(settings.rate_limit_tier, home.tier)
    limit: JSON = None
    if settings.rate_limit is not None and tier == "enterprise":
        limit = dict(settings.rate_limit.model_dump())
    return {
        "id": key_id,
        "workspace_id": made.workspace_id,
        "bound": made.bound,
        "within": None if made.within is None else list(made.within),
        "user_id": made.user_id,
        "scopes": list(settings.scopes),
        "environment": made.environment,
        "rate_limit_tier": tier,
        "rate_limit": limit,
        "ip_allowlist": list(settings.ip_allowlist),
        "expires_at": None if settings.expires_at is None else rfc3339(settings.expires_at),
    }


async def _context(
    tenancy: Tenancy, key: ApiKey, workspace_id: str | None, namespace_id: str | None, *, only_restore: bool
) -> JSONObject:
    made = key.created
    wanted = workspace_id or made.workspace_id
    workspace = (await tenancy.repository.load(WORKSPACE, wanted)).state
    operator = OPERATOR in key.settings.scopes
    member = await membership(tenancy.repository, wanted, made.user_id)
    gone = workspace is None or is_gone(workspace)
    foreign = made.bound and wanted != made.workspace_id
    denied = (gone and not only_restore) or foreign or (member is None and not operator)
    if only_restore and wanted != made.workspace_id:
        denied = True
    facts: JSON = None
    if workspace is not None and not denied:
        facts = {
            **(await workspace_facts(tenancy, wanted) or {}),
            "suspended_at": None if workspace.suspended_at is None else rfc3339(workspace.suspended_at),
            "suspended_reason": workspace.suspended_reason,
        }
    namespace = None if namespace_id is None else await namespace_facts(tenancy, namespace_id)
    permissions: list[JSON] = []
    if member is not None:
        permissions = list(capped(await permissions_of(tenancy.repository, member), made.within))
    return {
        "access": "denied" if denied else "ok",
        "workspace": facts,
        "role": None if member is None else member.role,
        "permissions": permissions,
        "namespace": namespace,
        "namespace_access": _namespace_access(key, wanted, namespace_id, namespace, operator=operator),
    }


def _namespace_access(
    key: ApiKey, workspace_id: str, namespace_id: str | None, facts: JSONObject | None, *, operator: bool
) -> str:
    """Whether the namespace in context is the caller's to use: `ok` or `denied`, missing or foreign alike."""
    if namespace_id is None:
        return "ok"
    if facts is None or facts["deleted"]:
        return "denied"
    workspace = facts["workspace"]
    if facts["owner_type"] == "Workspace" and (not isinstance(workspace, dict) or workspace["deleted"]):
        return "denied"
    own = facts["owner_id"] == key.created.user_id and not key.created.bound
    return "ok" if operator or own or facts["workspace_id"] == workspace_id else "denied"
