"""The routes of teams."""

from __future__ import annotations

from atrium_common.errors import Duplicate, StateConflict
from atrium_common.eventing.decider import Loaded
from atrium_common.http.listing import Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.store.documents import Condition
from atrium_tenancy import attributes, resources, rows
from atrium_tenancy.application import teams
from atrium_tenancy.application.access import access
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain.team import Team
from atrium_tenancy.http import bodies
from atrium_tenancy.http.answers import created, refuse_nulls, shown


def team_routes(tenancy: Tenancy) -> list[Route]:
    """`/workspaces/{id}/teams`."""
    handlers = _Teams(tenancy)
    listing = Listing(
        fields=tuple(resources.Team.model_fields),
        sortable=("created_at", "updated_at", "name"),
        filters={"is_system": "boolean"},
        searchable=True,
    )
    path, model = f"{BASE}/workspaces/{{workspace_id}}/teams", resources.Team
    one = f"{path}/{{team_id}}"
    return [
        Route("GET", path, handlers.index, "List teams", "members:read", answer=model, listing=listing),
        Route(
            "POST", path, handlers.create, "Create a team", "members:write", bodies.CreateTeam, model, status=201,
            errors=(Duplicate,),
        ),
        Route("GET", one, handlers.read, "Get a team", "members:read", answer=model),
        Route(
            "PATCH", one, handlers.update, "Change a team", "members:write", bodies.UpdateTeam, model,
            errors=(Duplicate, StateConflict),
        ),
        Route(
            "DELETE", one, handlers.delete, "Delete a team that nobody is in", "members:delete", status=204,
            errors=(StateConflict,),
        ),
    ]  # fmt: skip


class _Teams:
    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy

    async def index(self, call: Call) -> Reply:
        """The system's and the workspace's own."""
        workspace_id = call.params["workspace_id"]
        (await access(self._tenancy.repository, call.principal, workspace_id)).require("members:read")
        where = [Condition("workspace_id", "eq", workspace_id)]
        return await call.asked.reply(self._tenancy.documents, rows.TEAMS.name, where=where, render=shown)

    async def create(self, call: Call) -> Reply:
        body = call.read(bodies.CreateTeam)
        refuse_nulls(call, "permissions")
        workspace_id = call.params["workspace_id"]
        made = await teams.create(
            self._tenancy,
            call,
            workspace_id,
            name=body.name,
            description=body.description,
            permissions=tuple(body.permissions),
        )
        path = f"workspaces/{workspace_id}/teams/{made.id}"
        return created(call, path, attributes.of_team(made.id, made.there), made.version)

    async def read(self, call: Call) -> Reply:
        return _one(await teams.read(self._tenancy, call, call.params["workspace_id"], call.params["team_id"]))

    async def update(self, call: Call) -> Reply:
        body = call.read(bodies.UpdateTeam)
        wanted = body.model_dump(mode="json", exclude_unset=True)
        return _one(
            await teams.update(self._tenancy, call, call.params["workspace_id"], call.params["team_id"], wanted)
        )

    async def delete(self, call: Call) -> Reply:
        await teams.delete(self._tenancy, call, call.params["workspace_id"], call.params["team_id"])
        return Reply.empty()


def _one(loaded: Loaded[Team]) -> Reply:
    return Reply.one(attributes.of_team(loaded.id, loaded.there), version=loaded.version)
