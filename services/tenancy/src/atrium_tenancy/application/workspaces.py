"""Commands on workspaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from atrium_common.errors import Duplicate, NotFound, ValidationFailed
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.repository import Transaction
from atrium_common.http.merge_patch import merge_patch
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSONObject
from atrium_common.store.ports import ClaimTaken
from atrium_tenancy.application.context import MANAGERS, Tenancy, may_see, require_role, visible_workspace
from atrium_tenancy.domain import workspace as domain
from atrium_tenancy.domain.tiers import Tier, is_above
from atrium_tenancy.rows import WORKSPACE

_SLUG_LENGTH = 63
_NUMBERED_TRIES = 20


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """What a client asks for; a missing slug is made from the name."""

    name: str
    slug: str | None
    tier: Tier | None
    settings: dict[str, JsonValue]


async def create(tenancy: Tenancy, call: Call, wanted: NewWorkspace) -> Loaded[domain.Workspace]:
    """Create a workspace whose owner is the caller.

    Raises:
        Duplicate: the slug is taken.
        ValidationFailed: the tier is above the caller's own.
    """
    tier = _allowed_tier(call, wanted.tier)
    base = wanted.slug or slug_of(wanted.name)
    tries = [base] if wanted.slug else [base, *(f"{base[: _SLUG_LENGTH - 4]}-{n}" for n in range(2, _NUMBERED_TRIES))]
    for slug in tries:
        workspace_id = tenancy.ids.new("wks")

        async def decide(tx: Transaction, slug: str = slug, workspace_id: str = workspace_id) -> JSONObject:
            created = domain.WorkspaceCreated(
                name=wanted.name,
                slug=slug,
                tier=tier,
                settings=wanted.settings,
                owner_id=call.principal.user_id,
                at=tx.at,
            )
            await tx.emit(WORKSPACE, workspace_id, created)
            tx.claim(f"slug/{slug}", stream=WORKSPACE.stream(workspace_id))
            return {"id": workspace_id}

        try:
            done = await tenancy.repository.transact(call.command, decide)
        except ClaimTaken:
            continue
        return await done.state(WORKSPACE, str(done.outcome["id"]))
    raise Duplicate("slug", f"The slug {base} is taken.")


async def read(tenancy: Tenancy, call: Call, workspace_id: str) -> Loaded[domain.Workspace]:
    """The workspace, where the caller may see it.

    Raises:
        NotFound: otherwise.
    """
    loaded = await tenancy.repository.load(WORKSPACE, workspace_id)
    state = loaded.state
    if state is None or state.status == "deleted" or not may_see(call.principal, state):
        raise NotFound("workspace", workspace_id)
    return loaded


async def update(
    tenancy: Tenancy,
    call: Call,
    workspace_id: str,
    *,
    name: str | None,
    slug: str | None,
    tier: Tier | None,
    settings: Mapping[str, JsonValue] | None,
) -> Loaded[domain.Workspace]:
    """Change a workspace; `settings` is the merge patch's patch.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed, Duplicate, ValidationFailed.
    """

    async def decide(tx: Transaction) -> JSONObject:
        workspace, version = await visible_workspace(tx, call.principal, workspace_id)
        require_role(call.principal, workspace, MANAGERS, "workspaces:write")
        call.check_version(version)
        if tier is not None and tier != workspace.tier and not call.principal.is_operator:
            raise ValidationFailed({"tier": ["Only the platform's operator changes a workspace's tier."]})
        patched = None if settings is None else merge_patch(workspace.settings, settings)
        events = domain.update(
            workspace,
            name=name,
            slug=slug,
            tier=tier,
            settings=patched if isinstance(patched, dict) else None,
            at=tx.at,
        )
        stream = WORKSPACE.stream(workspace_id)
        if slug is not None and slug != workspace.slug:
            tx.claim(f"slug/{slug}", stream=stream)
            tx.release(f"slug/{workspace.slug}", stream=stream)
        await tx.emit(WORKSPACE, workspace_id, *events)
        return {"id": workspace_id}

    try:
        done = await tenancy.repository.transact(call.command, decide)
    except ClaimTaken:
        raise Duplicate("slug", f"The slug {slug} is taken.") from None
    return await done.state(WORKSPACE, workspace_id)


async def delete(tenancy: Tenancy, call: Call, workspace_id: str) -> None:
    """Delete a workspace; it can be restored for thirty days, and its slug stays taken.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed.
    """

    async def decide(tx: Transaction) -> JSONObject:
        workspace, version = await visible_workspace(tx, call.principal, workspace_id)
        require_role(call.principal, workspace, ("owner",), "workspaces:delete")
        call.check_version(version)
        await tx.emit(WORKSPACE, workspace_id, *domain.delete(workspace, at=tx.at))
        return {"id": workspace_id}

    await tenancy.repository.transact(call.command, decide)


async def act(tenancy: Tenancy, call: Call, workspace_id: str, action: str, reason: str) -> Loaded[domain.Workspace]:
    """Restore, suspend or unsuspend.

    Raises:
        NotFound, InsufficientPermissions, StateConflict.
    """

    async def decide(tx: Transaction) -> JSONObject:
        loaded = await tx.load(WORKSPACE, workspace_id)
        workspace = loaded.state
        if workspace is None or not may_see(call.principal, workspace):
            raise NotFound("workspace", workspace_id)
        if action == "restore":
            require_role(call.principal, workspace, ("owner",), "workspaces:delete")
            events = domain.restore(workspace, at=tx.at)
        else:
            require_role(call.principal, workspace, (), "admin:*")
            events = (
                domain.suspend(workspace, reason=reason, at=tx.at)
                if action == "suspend"
                else domain.unsuspend(workspace, at=tx.at)
            )
        await tx.emit(WORKSPACE, workspace_id, *events)
        return {"id": workspace_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(WORKSPACE, workspace_id)


def slug_of(name: str) -> str:
    """A slug made from a name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_LENGTH].rstrip("-")
    return slug or "workspace"


def _allowed_tier(call: Call, tier: Tier | None) -> Tier:
    own: Tier = "free"
    for known in ("free", "pro", "business", "enterprise"):
        if call.principal.user_tier == known:
            own = known
    if tier is None:
        return own if not call.principal.is_operator else "free"
    if not call.principal.is_operator and is_above(tier, own):
        raise ValidationFailed({"tier": [f"At most your own tier, {own}."]})
    return tier
