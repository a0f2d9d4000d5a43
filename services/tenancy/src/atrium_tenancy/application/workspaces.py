"""Commands on workspaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import orjson
from pydantic import JsonValue

from atrium_common.errors import Duplicate, StateConflict, ValidationFailed, WorkspaceAccessDenied
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.transaction import Transaction
from atrium_common.http.merge_patch import merge_patch
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSONObject
from atrium_common.scopes import OPERATOR
from atrium_common.store.ports import ClaimTaken
from atrium_tenancy.application.access import BOUND, Access, access, standing
from atrium_tenancy.application.bootstrap import who_operates
from atrium_tenancy.application.seats import open_roster, seat, succeed
from atrium_tenancy.application.slugs import claim_slug
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain import workspace as domain
from atrium_tenancy.domain.tiers import Tier, is_above, tier_of
from atrium_tenancy.rows import WORKSPACE

SETTINGS_BYTES = 16 * 1024
_RACES = 5


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """What a client asks for; a missing slug is made from the name."""

    name: str
    slug: str | None
    tier: Tier
    settings: dict[str, JsonValue]


async def create(tenancy: Tenancy, call: Call, wanted: NewWorkspace) -> Loaded[domain.Workspace]:
    """Create a workspace whose owner is the caller.

    Raises:
        Duplicate: the slug is taken.
        ValidationFailed: the tier is above the caller's own.
        WorkspaceAccessDenied: the key is bound to a workspace, and could never see this one.
    """
    principal = call.principal
    if principal.bound:
        raise WorkspaceAccessDenied(BOUND)
    if not principal.is_operator and is_above(wanted.tier, tier_of(principal.user_tier)):
        raise ValidationFailed({"tier": [f"At most your own tier, {principal.user_tier}."]})

    async def decide(tx: Transaction, *, outrun: bool) -> JSONObject:
        workspace_id = tenancy.ids.new("wks")
        slug = await claim_slug(
            tx,
            tenancy.store,
            "slug",
            wanted=wanted.slug,
            name=wanted.name,
            stream=WORKSPACE.stream(workspace_id),
            seed=workspace_id,
            outrun=outrun,
        )
        created = domain.WorkspaceCreated(
            name=wanted.name,
            slug=slug,
            tier=wanted.tier,
            settings=patched_settings({}, wanted.settings),
            owner_id=principal.user_id,
            at=tx.at,
        )
        await tx.emit(WORKSPACE, workspace_id, created)
        await open_roster(tx, workspace_id, ids=tenancy.ids)
        await seat(tx, workspace_id, principal.user_id, "owner")
        return {"id": workspace_id}

    for race in range(_RACES):
        try:
            done = await tenancy.repository.transact(call.command, partial(decide, outrun=call.outrun or race > 0))
        except ClaimTaken:
            if wanted.slug:
                break
            continue
        return await done.state(WORKSPACE, str(done.outcome["id"]))
    raise Duplicate("slug", f"The slug {wanted.slug or 'made from the name'} is taken.")


async def read(tenancy: Tenancy, call: Call, workspace_id: str) -> Access:
    """The workspace, where the caller may see it.

    Raises:
        NotFound, WorkspaceSuspended: see `access`.
    """
    found = await access(tenancy.repository, call.principal, workspace_id)
    found.require("workspaces:read")
    return found


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
        found = await access(tx, call.principal, workspace_id)
        found.require("workspaces:write")
        call.check_version(found.version)
        workspace = found.workspace
        if tier is not None and tier != workspace.tier and not call.principal.is_operator:
            raise ValidationFailed({"tier": ["Only the platform's operator changes a workspace's tier."]})
        events = domain.update(
            workspace, name=name, slug=slug, tier=tier, settings=_patched(workspace, settings), at=tx.at
        )
        stream = WORKSPACE.stream(workspace_id)
        if slug is not None and slug != workspace.slug:
            tx.claim(f"slug/{slug}", stream=stream)
            tx.release(f"slug/{workspace.slug}", stream=stream)
        await tx.emit(WORKSPACE, workspace_id, *events)
        return {"id": workspace_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(WORKSPACE, workspace_id)


async def delete(tenancy: Tenancy, call: Call, workspace_id: str) -> None:
    """Delete a workspace; it can be restored for thirty days, and its slug stays taken.

    Its keys and namespaces are closed by this very deletion: they are looked at through their workspace. Other
    services hear of it from the stream.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed.
        StateConflict: it is the operator's own, without which nobody could restore it.
    """

    async def decide(tx: Transaction) -> JSONObject:
        found = await access(tx, call.principal, workspace_id)
        found.require("workspaces:delete")
        call.check_version(found.version)
        if workspace_id == (await who_operates(tenancy))[1]:
            raise StateConflict("in_use", "delete", "The operator's own workspace can't be deleted.")
        await tx.emit(WORKSPACE, workspace_id, domain.WorkspaceDeleted(at=tx.at))
        return {"id": workspace_id}

    await tenancy.repository.transact(call.command, decide)


async def restore(
    tenancy: Tenancy, call: Call, workspace_id: str, *, owner_id: str | None = None
) -> Loaded[domain.Workspace]:
    """Bring back a deleted workspace, with all that its deletion closed.

    One whose last owner was erased in the meantime is given to `owner_id`, which the operator names.

    Raises:
        NotFound, InsufficientPermissions, InsufficientScope, PreconditionFailed, ValidationFailed.
        StateConflict: it is not deleted, or nobody is left to own it and nobody is named.
    """

    async def decide(tx: Transaction) -> JSONObject:
        found = await standing(tx, call.principal, workspace_id)
        found.require("workspaces:delete")
        if owner_id is not None:
            call.require_scope(OPERATOR)
        await tx.emit(WORKSPACE, workspace_id, *domain.restore(found.workspace, at=tx.at))
        await succeed(tx, workspace_id, owner_id)
        return {"id": workspace_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(WORKSPACE, workspace_id)


async def suspend(tenancy: Tenancy, call: Call, workspace_id: str, *, reason: str) -> Loaded[domain.Workspace]:
    """Close a workspace to all but the operator.

    Raises:
        NotFound, InsufficientScope, StateConflict.
    """

    async def decide(tx: Transaction) -> JSONObject:
        call.require_scope(OPERATOR)
        found = await access(tx, call.principal, workspace_id)
        await tx.emit(WORKSPACE, workspace_id, *domain.suspend(found.workspace, reason=reason, at=tx.at))
        return {"id": workspace_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(WORKSPACE, workspace_id)


async def unsuspend(tenancy: Tenancy, call: Call, workspace_id: str) -> Loaded[domain.Workspace]:
    """Open a suspended workspace again.

    Raises:
        NotFound, InsufficientScope, StateConflict.
    """

    async def decide(tx: Transaction) -> JSONObject:
        call.require_scope(OPERATOR)
        found = await access(tx, call.principal, workspace_id)
        await tx.emit(WORKSPACE, workspace_id, *domain.unsuspend(found.workspace, at=tx.at))
        return {"id": workspace_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(WORKSPACE, workspace_id)


def _patched(workspace: domain.Workspace, patch: Mapping[str, JsonValue] | None) -> Mapping[str, JsonValue] | None:
    return None if patch is None else patched_settings(workspace.settings, patch)


def patched_settings(settings: Mapping[str, JsonValue], patch: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Settings after a merge patch (RFC 7396).

    Raises:
        ValidationFailed: they would be too large.
    """
    merged: dict[str, JsonValue] = dict(merge_patch(dict(settings), dict(patch)))
    if len(orjson.dumps(merged)) > SETTINGS_BYTES:
        raise ValidationFailed({"settings": ["At most 16 KiB."]})
    return merged
