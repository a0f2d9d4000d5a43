"""Commands on teams."""

from __future__ import annotations

from pydantic import JsonValue

from atrium_common.errors import NotFound
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.transaction import Transaction
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSONObject
from atrium_tenancy.application.access import Loader, access
from atrium_tenancy.application.seats import team_name_claim
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain import roster
from atrium_tenancy.domain import team as domain
from atrium_tenancy.rows import ROSTER, TEAM


async def read(tenancy: Tenancy, call: Call, workspace_id: str, team_id: str) -> Loaded[domain.Team]:
    """A team of the workspace.

    Raises:
        NotFound: the workspace is not the caller's, or has no such team.
    """
    found = await access(tenancy.repository, call.principal, workspace_id)
    found.require("members:read")
    return await _team(tenancy.repository, workspace_id, team_id)


async def create(
    tenancy: Tenancy, call: Call, workspace_id: str, *, name: str, description: str | None, permissions: tuple[str, ...]
) -> Loaded[domain.Team]:
    """Make a team that gives no more than the caller may.

    Raises:
        NotFound, InsufficientPermissions.
        ClaimTaken: the workspace has a team of this name.
    """

    async def decide(tx: Transaction) -> JSONObject:
        found = await access(tx, call.principal, workspace_id)
        found.require("members:write")
        found.require_within(permissions)
        team_id = tenancy.ids.new("team")
        created = domain.TeamCreated(
            workspace_id=workspace_id, name=name, description=description, permissions=permissions, at=tx.at
        )
        await tx.emit(TEAM, team_id, created)
        tx.claim(team_name_claim(workspace_id, name), stream=TEAM.stream(team_id))
        return {"id": team_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(TEAM, str(done.outcome["id"]))


async def update(
    tenancy: Tenancy, call: Call, workspace_id: str, team_id: str, wanted: dict[str, JsonValue]
) -> Loaded[domain.Team]:
    """Change a team's name, description or permissions, within what the caller may.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed.
        StateConflict: it is a system team.
        ClaimTaken: the workspace has a team of this name.
    """

    async def decide(tx: Transaction) -> JSONObject:
        found = await access(tx, call.principal, workspace_id)
        found.require("members:write")
        loaded = await _team(tx, workspace_id, team_id)
        call.check_version(loaded.version)
        team = loaded.there
        events = domain.update(team, wanted, at=tx.at)
        # Neither what it gave nor what it will give may be more than the caller's own.
        permissions = wanted.get("permissions")
        found.require_within(team.permissions)
        found.require_within([str(p) for p in permissions] if isinstance(permissions, list) else ())
        name, stream = str(wanted.get("name", team.name)), TEAM.stream(team_id)
        old, new = team_name_claim(workspace_id, team.name), team_name_claim(workspace_id, name)
        if old != new:
            tx.claim(new, stream=stream)
            tx.release(old, stream=stream)
        await tx.emit(TEAM, team_id, *events)
        return {"id": team_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(TEAM, team_id)


async def delete(tenancy: Tenancy, call: Call, workspace_id: str, team_id: str) -> None:
    """Delete a team.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed.
        StateConflict: it is a system team, or has members.
    """

    async def decide(tx: Transaction) -> JSONObject:
        found = await access(tx, call.principal, workspace_id)
        found.require("members:delete")
        loaded = await _team(tx, workspace_id, team_id)
        call.check_version(loaded.version)
        found.require_within(loaded.there.permissions)
        await tx.emit(TEAM, team_id, domain.delete(loaded.there, at=tx.at))
        book = (await tx.load(ROSTER, workspace_id)).there
        await tx.emit(ROSTER, workspace_id, roster.retire(book, team_id, at=tx.at))
        tx.release(team_name_claim(workspace_id, loaded.there.name), stream=TEAM.stream(team_id))
        return {"id": team_id}

    await tenancy.repository.transact(call.command, decide)


async def _team(loader: Loader, workspace_id: str, team_id: str) -> Loaded[domain.Team]:
    loaded = await loader.load(TEAM, team_id)
    if loaded.state is None or loaded.state.deleted or loaded.state.workspace_id != workspace_id:
        raise NotFound("team", team_id)
    return loaded
