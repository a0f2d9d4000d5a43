"""The routes of workspaces."""

from __future__ import annotations

from atrium_common.errors import Duplicate, StateConflict
from atrium_common.eventing.decider import Loaded
from atrium_common.http.batch import batch_route
from atrium_common.http.listing import Filter, Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.store.documents import Condition
from atrium_tenancy import attributes, resources, rows
from atrium_tenancy.application import workspaces
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.application.visibility import workspaces_of
from atrium_tenancy.domain.tiers import TIERS
from atrium_tenancy.domain.workspace import Workspace
from atrium_tenancy.http import bodies
from atrium_tenancy.http.answers import created, refuse_nulls, shown
from atrium_tenancy.http.includes import members_of, namespaces_of, user_of


def workspace_routes(tenancy: Tenancy) -> list[Route]:
    """`/workspaces`."""
    handlers = _Workspaces(tenancy)
    listing = Listing(
        fields=tuple(resources.Workspace.model_fields),
        sortable=("created_at", "updated_at", "name", "slug"),
        filters={
            "status": Filter(("active", "suspended", "deleted"), applied=False),
            "tier": TIERS,
            "slug": "text",
            "owner_id": "text",
        },
        searchable=True,
        includes={
            "owner": user_of(tenancy, named="owner_id", put="owner"),
            "members": members_of(tenancy),
            "namespaces": namespaces_of(tenancy),
        },
    )
    path, one, model = f"{BASE}/workspaces", f"{BASE}/workspaces/{{workspace_id}}", resources.Workspace
    creating = Route(
        "POST", path, handlers.create, "Create a workspace", "workspaces:write", bodies.CreateWorkspace, model,
        status=201, errors=(Duplicate,), description="You become its owner.",
    )  # fmt: skip
    updating = Route(
        "PATCH", one, handlers.update, "Change a workspace", "workspaces:write", bodies.UpdateWorkspace, model,
        errors=(Duplicate,),
    )  # fmt: skip
    deleting = Route(
        "DELETE", one, handlers.delete, "Delete a workspace, restorable for 30 days", "workspaces:delete", status=204
    )
    actions = {"create": creating, "update": updating, "delete": deleting}
    return [
        Route(
            "GET", path, handlers.index, "List workspaces", "workspaces:read", answer=model, listing=listing,
            description="Those that you are a member of; with `status=deleted` those that you may restore.",
        ),
        creating,
        batch_route(path, actions, parameter="workspace_id", repository=tenancy.repository),
        Route("GET", one, handlers.read, "Get a workspace", "workspaces:read", answer=model, single=listing),
        updating,
        deleting,
        Route(
            "POST", f"{one}/restore", handlers.restore, "Restore a deleted workspace", "workspaces:write",
            bodies.RestoreWorkspace, model, errors=(StateConflict,),
        ),
        Route(
            "POST", f"{one}/suspend", handlers.suspend, "Suspend a workspace", "admin:*", bodies.Suspend, model,
            errors=(StateConflict,),
        ),
        Route(
            "POST", f"{one}/unsuspend", handlers.unsuspend, "End a suspension", "admin:*", answer=model,
            errors=(StateConflict,),
        ),
    ]  # fmt: skip


class _Workspaces:
    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy

    async def index(self, call: Call) -> Reply:
        """Those of the caller; the operator's are all."""
        status = call.asked.values.get("status")
        where = [Condition("status", "in", ("active", "suspended"))]
        if status is not None:
            where = [Condition("status", "eq", status)]
        principal = call.principal
        if principal.bound:
            where.append(Condition("_key", "eq", principal.key_workspace_id))
        elif not principal.is_operator:
            where.append(Condition("_key", "in", workspaces_of(principal.user_id)))
        if status == "deleted" and not principal.is_operator:
            where.append(Condition("owner_id", "eq", principal.user_id))
        return await call.asked.reply(
            self._tenancy.documents,
            rows.WORKSPACES.name,
            where=where,
            render=shown,
            total=self._tenancy.census.total,
        )

    async def create(self, call: Call) -> Reply:
        body = call.read(bodies.CreateWorkspace)
        refuse_nulls(call, "tier", "settings")
        wanted = workspaces.NewWorkspace(body.name, body.slug, body.tier, body.settings)
        made = await workspaces.create(self._tenancy, call, wanted)
        shown_as = attributes.of_workspace(made.id, made.there)
        return created(call, f"workspaces/{made.id}", shown_as, made.version)

    async def read(self, call: Call) -> Reply:
        found = await workspaces.read(self._tenancy, call, call.params["workspace_id"])
        return Reply.one(attributes.of_workspace(found.workspace_id, found.workspace), version=found.version)

    async def update(self, call: Call) -> Reply:
        body = call.read(bodies.UpdateWorkspace)
        changed = await workspaces.update(
            self._tenancy,
            call,
            call.params["workspace_id"],
            name=body.name,
            slug=body.slug,
            tier=body.tier,
            settings=body.settings,
        )
        return _one(changed)

    async def delete(self, call: Call) -> Reply:
        await workspaces.delete(self._tenancy, call, call.params["workspace_id"])
        return Reply.empty()

    async def restore(self, call: Call) -> Reply:
        owner_id = call.read(bodies.RestoreWorkspace).owner_id
        return _one(await workspaces.restore(self._tenancy, call, call.params["workspace_id"], owner_id=owner_id))

    async def suspend(self, call: Call) -> Reply:
        reason = call.read(bodies.Suspend).reason
        return _one(await workspaces.suspend(self._tenancy, call, call.params["workspace_id"], reason=reason))

    async def unsuspend(self, call: Call) -> Reply:
        return _one(await workspaces.unsuspend(self._tenancy, call, call.params["workspace_id"]))


def _one(loaded: Loaded[Workspace]) -> Reply:
    return Reply.one(attributes.of_workspace(loaded.id, loaded.there), version=loaded.version)
