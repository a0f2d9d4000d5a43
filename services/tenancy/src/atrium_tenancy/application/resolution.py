"""What the gateway asks: who holds a key, and in which context (the internal API)."""

from __future__ import annotations

from atrium_common.clock import rfc3339
from atrium_common.errors import NotFound
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.scopes import OPERATOR
from atrium_common.store.ports import Store
from atrium_tenancy.application.context import Tenancy
from atrium_tenancy.domain.api_key import ApiKey
from atrium_tenancy.domain.namespace import Namespace
from atrium_tenancy.domain.workspace import Workspace
from atrium_tenancy.rows import API_KEY, NAMESPACE, USER, WORKSPACE

_PERMISSIONS: dict[str, list[JSON]] = {
    "owner": ["*"],
    "admin": ["*"],
    "member": ["*:read", "namespaces:write", "namespaces:delete", "webhooks:write", "webhooks:delete", "usage:write"],
}


async def resolve(
    tenancy: Tenancy, store: Store, digest: str, *, workspace_id: str | None, namespace_id: str | None
) -> JSONObject:
    """Who holds the key of this digest, and what the context allows.

    `position` is read first, so that what follows is at least as new.

    Raises:
        NotFound: no key of this digest is in force.
    """
    position = await store.log.tail()
    holder = await store.log.holder(f"digest/{digest}")
    key_id = "" if holder is None else _aggregate(holder.proposal.claims, digest)
    loaded = await tenancy.repository.load(API_KEY, key_id)
    key = loaded.state
    if key is None or key.revoked_at is not None:
        raise NotFound("api_key", "given")
    user = await tenancy.repository.load(USER, key.created.user_id)
    return {
        "position": position,
        "key": _key_facts(key_id, key),
        "user": {"id": key.created.user_id, "tier": user.state.tier if user.state else "free"},
        "context": await _context(tenancy, key, workspace_id, namespace_id),
    }


async def holders(tenancy: Tenancy, store: Store, namespace_ids: list[str], workspace_ids: list[str]) -> JSONObject:
    """Versioned facts on holders of entitlements; unknown ids are absent."""
    position = await store.log.tail()
    namespaces: JSONObject = {}
    workspaces: JSONObject = {}
    for namespace_id in namespace_ids:
        facts = await namespace_facts(tenancy, namespace_id)
        if facts is not None:
            namespaces[namespace_id] = facts
    for workspace_id in workspace_ids:
        known = await workspace_facts(tenancy, workspace_id)
        if known is not None:
            workspaces[workspace_id] = known
    return {"position": position, "namespaces": namespaces, "workspaces": workspaces}


async def namespace_facts(tenancy: Tenancy, namespace_id: str) -> JSONObject | None:
    """What entitlements must know of a namespace, its billing workspace and its owner; None where there is none."""
    loaded = await tenancy.repository.load(NAMESPACE, namespace_id)
    namespace: Namespace | None = loaded.state
    if namespace is None:
        return None
    made = namespace.created
    tier = "free"
    if made.owner_type == "Workspace":
        owner = (await tenancy.repository.load(WORKSPACE, made.owner_id)).state
        tier = owner.tier if owner else tier
    else:
        person = (await tenancy.repository.load(USER, made.owner_id)).state
        tier = person.tier if person else tier
    return {
        "version": loaded.version,
        "owner_type": made.owner_type,
        "owner_id": made.owner_id,
        "workspace_id": made.workspace_id,
        "billing_workspace_id": made.workspace_id,
        "owner_tier": tier,
        "deleted": namespace.deleted_at is not None,
        "workspace": await workspace_facts(tenancy, made.workspace_id),
        "user": await user_facts(tenancy, made.owner_id) if made.owner_type == "User" else None,
    }


async def workspace_facts(tenancy: Tenancy, workspace_id: str | None) -> JSONObject | None:
    """What other services must know of a workspace, or None where there is none."""
    loaded = await tenancy.repository.load(WORKSPACE, workspace_id or "")
    workspace: Workspace | None = loaded.state
    if workspace is None:
        return None
    return {
        "id": loaded.id,
        "version": loaded.version,
        "tier": workspace.tier,
        "status": workspace.status,
        "owner_id": workspace.owner_id,
        "timezone": workspace.settings.get("timezone"),
        "deleted": workspace.status == "deleted",
    }


async def user_facts(tenancy: Tenancy, user_id: str) -> JSONObject | None:
    """What other services must know of a user, or None where there is none."""
    loaded = await tenancy.repository.load(USER, user_id)
    return None if loaded.state is None else {"id": user_id, "version": loaded.version, "tier": loaded.state.tier}


def _aggregate(claims: tuple[object, ...], digest: str) -> str:
    for claim in claims:
        if getattr(claim, "key", "") == f"digest/{digest}":
            return str(getattr(claim, "stream", "")).partition("/")[2]
    return ""


def _key_facts(key_id: str, key: ApiKey) -> JSONObject:
    made = key.created
    return {
        "id": key_id,
        "workspace_id": made.workspace_id,
        "bound": made.bound,
        "user_id": made.user_id,
        "scopes": list(made.scopes),
        "environment": made.environment,
        "rate_limit_tier": made.rate_limit_tier,
        "rate_limit": None if made.rate_limit is None else dict(made.rate_limit.model_dump()),
        "ip_allowlist": list(made.ip_allowlist),
        "expires_at": None if made.expires_at is None else rfc3339(made.expires_at),
    }


async def _context(tenancy: Tenancy, key: ApiKey, workspace_id: str | None, namespace_id: str | None) -> JSONObject:
    wanted = workspace_id or key.created.workspace_id
    loaded = await tenancy.repository.load(WORKSPACE, wanted)
    workspace: Workspace | None = loaded.state
    operator = OPERATOR in key.created.scopes
    role = None if workspace is None else workspace.members.get(key.created.user_id)
    foreign = key.created.bound and wanted != key.created.workspace_id
    denied = workspace is None or workspace.status == "deleted" or foreign or (role is None and not operator)
    namespace = None if namespace_id is None else await namespace_facts(tenancy, namespace_id)
    owners = {wanted, key.created.user_id}
    namespace_denied = namespace_id is not None and (
        namespace is None or bool(namespace["deleted"]) or (namespace["owner_id"] not in owners and not operator)
    )
    facts: JSON = None
    if workspace is not None and not denied:
        facts = {
            **(await workspace_facts(tenancy, wanted) or {}),
            "suspended_at": None if workspace.suspended_at is None else rfc3339(workspace.suspended_at),
            "suspended_reason": workspace.suspended_reason,
        }
    return {
        "access": "denied" if denied else "ok",
        "workspace": facts,
        "role": role,
        "permissions": list(_PERMISSIONS.get(role or "", [])),
        "namespace": namespace,
        "namespace_access": "denied" if namespace_denied else "ok",
    }
