"""Commands on members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from atrium_common.errors import Duplicate, NotFound, ValidationFailed
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.transaction import Transaction
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSONObject
from atrium_tenancy.application.access import Access, Loader, access, membership, permissions_of
from atrium_tenancy.application.namespaces import detach, own_namespaces
from atrium_tenancy.application.seats import reseat, seat, unseat
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.application.visibility import check_addable
from atrium_tenancy.domain.member import Member, key_of
from atrium_tenancy.domain.roles import Role
from atrium_tenancy.rows import MEMBER, ROSTER, TEAM

_DETACHED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """A member as it is wanted; what is not in `given` stays as it is.

    A team of None means the role's own; permissions of None mean the team's.
    """

    given: frozenset[str]
    role: Role | None = None
    team_id: str | None = None
    custom_permissions: tuple[str, ...] | None = None


async def read(tenancy: Tenancy, call: Call, workspace_id: str, user_id: str) -> Loaded[Member]:
    """A member of the workspace.

    Raises:
        NotFound: the workspace is not the caller's, or the user no member.
    """
    found = await access(tenancy.repository, call.principal, workspace_id)
    found.require("members:read")
    return await _member(tenancy.repository, workspace_id, user_id)


async def add(tenancy: Tenancy, call: Call, workspace_id: str, user_id: str, wanted: Wanted) -> Loaded[Member]:
    """Let a user in whom the caller manages in another workspace, too, or as the operator; others are invited.

    It joins without being asked, and whoever lets it in may then change its name and make keys for it there.

    Raises:
        NotFound, InsufficientPermissions, ValidationFailed.
        Duplicate: the user is a member.
    """

    async def decide(tx: Transaction) -> JSONObject:
        found = await access(tx, call.principal, workspace_id)
        found.require("members:write")
        if await membership(tx, workspace_id, user_id) is not None:
            raise Duplicate("user_id", "The user is a member already.")
        await check_addable(tenancy, tx, call.principal, user_id)
        role = wanted.role or "member"
        found.require_role(role)
        found.require_within(wanted.custom_permissions or ())
        if wanted.team_id is not None:
            await check_team(tx, found, wanted.team_id)
        await seat(
            tx,
            workspace_id,
            user_id,
            role,
            team_id=wanted.team_id,
            custom_permissions=wanted.custom_permissions,
            invited_by=call.principal.user_id,
        )
        return {"id": user_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(MEMBER, key_of(workspace_id, user_id))


async def update(tenancy: Tenancy, call: Call, workspace_id: str, user_id: str, wanted: Wanted) -> Loaded[Member]:
    """Change a member's role, team and permissions, within what the caller may do.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed, ValidationFailed.
        StateConflict: the last owner would step down.
    """

    async def decide(tx: Transaction) -> JSONObject:
        found = await access(tx, call.principal, workspace_id)
        found.require("members:write")
        loaded = await _member(tx, workspace_id, user_id)
        call.check_version(loaded.version)
        member = loaded.there
        found.require_within(await permissions_of(tx, member))
        role = wanted.role or member.role
        found.require_role(role)
        custom = wanted.custom_permissions if "custom_permissions" in wanted.given else member.custom_permissions
        found.require_within(custom or ())
        team_id = wanted.team_id
        if team_id is not None:
            await check_team(tx, found, team_id)
        elif "team_id" in wanted.given:
            team_id = await system_team(tx, workspace_id, role)
        elif custom is None and member.custom_permissions is not None:
            # What the team gives counts again, and so is given now.
            await check_team(tx, found, member.team_id)
        await reseat(tx, member, role, team_id=team_id, custom_permissions=custom)
        return {"id": user_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(MEMBER, key_of(workspace_id, user_id))


async def remove(tenancy: Tenancy, call: Call, workspace_id: str, user_id: str) -> None:
    """End a membership, and what the workspace pays for the user's own namespaces; anybody may leave by itself.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed.
        StateConflict: it is the last owner's.
    """
    own = await own_namespaces(tenancy, workspace_id, user_id)

    async def decide(tx: Transaction) -> JSONObject:
        found = await access(tx, call.principal, workspace_id)
        leaves = user_id == call.principal.user_id
        if not leaves:
            found.require("members:delete")
        loaded = await _member(tx, workspace_id, user_id)
        call.check_version(loaded.version)
        if not leaves:
            found.require_within(await permissions_of(tx, loaded.there))
        await unseat(tx, loaded.there)
        await detach(tenancy, tx, workspace_id, own[:_DETACHED_AT_ONCE])
        return {"id": user_id}

    await tenancy.repository.transact(call.command, decide)
    # Further ones in commits of their own: nobody is to stay by having so many that no commit takes them all.
    for start in range(_DETACHED_AT_ONCE, len(own), _DETACHED_AT_ONCE):
        await _detach(tenancy, call, workspace_id, own[start : start + _DETACHED_AT_ONCE])


async def _detach(tenancy: Tenancy, call: Call, workspace_id: str, namespace_ids: Sequence[str]) -> None:
    async def decide(tx: Transaction) -> JSONObject:
        await detach(tenancy, tx, workspace_id, namespace_ids)
        return {}

    await tenancy.repository.transact(replace(call.command, id=tenancy.ids.new("cmd")), decide)


async def check_team(loader: Loader, found: Access, team_id: str) -> None:
    """Return if this is a team of the workspace that gives no more than the caller may.

    Raises:
        ValidationFailed: it is none of the workspace's.
        InsufficientPermissions: it gives more.
    """
    team = (await loader.load(TEAM, team_id)).state
    if team is None or team.deleted or team.workspace_id != found.workspace_id:
        raise ValidationFailed({"team_id": ["There is no such team in this workspace."]})
    found.require_within(team.permissions)


async def system_team(tx: Transaction, workspace_id: str, role: Role) -> str:
    """The team that goes with a role."""
    return (await tx.load(ROSTER, workspace_id)).there.teams[role]


async def _member(loader: Loader, workspace_id: str, user_id: str) -> Loaded[Member]:
    loaded = await loader.load(MEMBER, key_of(workspace_id, user_id))
    if loaded.state is None or loaded.state.removed:
        raise NotFound("member", user_id)
    return loaded
