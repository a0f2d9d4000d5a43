"""The routes of members."""

from __future__ import annotations

from atrium_common.errors import Duplicate, StateConflict
from atrium_common.eventing.decider import Loaded
from atrium_common.http.listing import Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.store.documents import Condition
from atrium_tenancy import attributes, resources, rows
from atrium_tenancy.application import members
from atrium_tenancy.application.access import access
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.application.visibility import users_found
from atrium_tenancy.domain.member import Member
from atrium_tenancy.domain.roles import ROLES
from atrium_tenancy.http import bodies
from atrium_tenancy.http.answers import created, refuse_nulls
from atrium_tenancy.http.includes import user_of

_ROW_ONLY = frozenset({"created_at", "updated_at"})


def member_routes(tenancy: Tenancy) -> list[Route]:
    """`/workspaces/{id}/members`."""
    handlers = _Members(tenancy)
    listing = Listing(
        fields=tuple(resources.Member.model_fields),
        sortable=("created_at", "updated_at", "joined_at", "role"),
        filters={"role": ROLES, "team_id": "text", "user_id": "text"},
        searchable=True,
        includes={"user": user_of(tenancy, named="user_id", put="user")},
    )
    path, model = f"{BASE}/workspaces/{{workspace_id}}/members", resources.Member
    one = f"{path}/{{user_id}}"
    return [
        Route("GET", path, handlers.index, "List members", "members:read", answer=model, listing=listing),
        Route(
            "POST", path, handlers.add, "Add a user whom you manage in another workspace", "members:write",
            bodies.AddMember, model, status=201, errors=(Duplicate,),
        ),
        Route("GET", one, handlers.read, "Get a member", "members:read", answer=model, single=listing),
        Route(
            "PATCH", one, handlers.update, "Change a member's role, team or permissions", "members:write",
            bodies.UpdateMember, model, errors=(StateConflict,),
        ),
        Route(
            "DELETE", one, handlers.remove, "Remove a member, or leave", "members:delete", status=204,
            errors=(StateConflict,),
        ),
    ]  # fmt: skip


class _Members:
    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy

    async def index(self, call: Call) -> Reply:
        """Everybody who belongs to the workspace."""
        workspace_id = call.params["workspace_id"]
        (await access(self._tenancy.repository, call.principal, workspace_id)).require("members:read")
        if "search" in call.query:
            # What is found tells names and addresses, as `include=user` does.
            call.require_scope("users:read")
        return await call.asked.reply(
            self._tenancy.documents,
            rows.MEMBERS.name,
            where=[Condition("workspace_id", "eq", workspace_id)],
            render=lambda row: {name: value for name, value in row.body.items() if name not in _ROW_ONLY},
            search=lambda worded: Condition("user_id", "in", users_found(workspace_id, worded)),
        )

    async def add(self, call: Call) -> Reply:
        body = call.read(bodies.AddMember)
        refuse_nulls(call, "role")
        workspace_id = call.params["workspace_id"]
        wanted = members.Wanted(
            frozenset(body.model_fields_set), body.role, body.team_id, _permissions(body.custom_permissions)
        )
        added = await members.add(self._tenancy, call, workspace_id, body.user_id, wanted)
        path = f"workspaces/{workspace_id}/members/{body.user_id}"
        return created(call, path, attributes.of_member(added.there), added.version)

    async def read(self, call: Call) -> Reply:
        return _one(await members.read(self._tenancy, call, call.params["workspace_id"], call.params["user_id"]))

    async def update(self, call: Call) -> Reply:
        body = call.read(bodies.UpdateMember)
        wanted = members.Wanted(
            frozenset(body.model_fields_set), body.role, body.team_id, _permissions(body.custom_permissions)
        )
        return _one(
            await members.update(self._tenancy, call, call.params["workspace_id"], call.params["user_id"], wanted)
        )

    async def remove(self, call: Call) -> Reply:
        await members.remove(self._tenancy, call, call.params["workspace_id"], call.params["user_id"])
        return Reply.empty()


def _permissions(given: list[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(given)


def _one(loaded: Loaded[Member]) -> Reply:
    return Reply.one(attributes.of_member(loaded.there), version=loaded.version)
