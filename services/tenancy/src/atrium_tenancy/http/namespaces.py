"""The routes of namespaces."""

from __future__ import annotations

from dataclasses import replace

from atrium_common.errors import Duplicate
from atrium_common.http.batch import batch_route
from atrium_common.http.listing import Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.store.documents import Condition
from atrium_tenancy import attributes, resources, rows
from atrium_tenancy.application import namespaces
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.http import bodies
from atrium_tenancy.http.answers import created, refuse_nulls, shown

LISTING = Listing(
    fields=tuple(resources.Namespace.model_fields),
    sortable=("created_at", "updated_at", "name", "slug", "sort_order"),
    filters={
        "owner_type": ("User", "Workspace"),
        "workspace_id": "text",
        "is_active": "boolean",
        "is_default": "boolean",
        "slug": "text",
    },
    searchable=True,
)

# What the gateway adds to a single one may be chosen like what is ours.
_SINGLE = replace(LISTING, fields=(*LISTING.fields, "packages", "entitlements"))


def namespace_routes(tenancy: Tenancy) -> list[Route]:
    """`/namespaces`."""
    handlers = _Namespaces(tenancy)
    path, one, model = f"{BASE}/namespaces", f"{BASE}/namespaces/{{namespace_id}}", resources.Namespace
    creating = Route(
        "POST", path, handlers.create, "Create a namespace", "namespaces:write", bodies.CreateNamespace, model,
        status=201, errors=(Duplicate,),
        description="Of the workspace in context, unless `owner_type`, `owner_id` or `workspace_id` name another.",
    )  # fmt: skip
    updating = Route(
        "PATCH", one, handlers.update, "Change a namespace", "namespaces:write", bodies.UpdateNamespace, model,
        permission="namespaces:write", errors=(Duplicate,),
    )  # fmt: skip
    deleting = Route(
        "DELETE", one, handlers.delete, "Delete a namespace", "namespaces:delete", status=204,
        permission="namespaces:delete",
    )  # fmt: skip
    actions = {"create": creating, "update": updating, "delete": deleting}
    return [
        Route(
            "GET", path, handlers.index, "List namespaces", "namespaces:read", answer=model, listing=LISTING,
            permission="namespaces:read",
            description="Those of the workspace in context and your own; `workspace_id` also leaves out the others.",
        ),
        creating,
        batch_route(path, actions, parameter="namespace_id", repository=tenancy.repository),
        Route(
            "GET", one, handlers.read, "Get a namespace", "namespaces:read", answer=model, single=_SINGLE,
            permission="namespaces:read",
        ),
        updating,
        deleting,
    ]  # fmt: skip


class _Namespaces:
    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy

    async def index(self, call: Call) -> Reply:
        """Those of the workspace in context and the caller's own; a bound key sees none of its user's own."""
        principal = call.principal
        visible = [principal.workspace_id or principal.key_workspace_id]
        if not principal.bound:
            visible.append(principal.user_id)
        where = [Condition("visible_to", "in", tuple(visible))]
        return await call.asked.reply(self._tenancy.documents, rows.NAMESPACES.name, where=where, render=shown)

    async def create(self, call: Call) -> Reply:
        body = call.read(bodies.CreateNamespace)
        refuse_nulls(call, "is_default", "is_active", "settings", "sort_order")
        wanted = namespaces.NewNamespace(
            name=body.name,
            slug=body.slug,
            description=body.description,
            icon=body.icon,
            color=body.color,
            owner_type=body.owner_type,
            owner_id=body.owner_id,
            workspace_id=body.workspace_id,
            is_default=body.is_default,
            is_active=body.is_active,
            sort_order=body.sort_order,
            settings=body.settings,
        )
        made = await namespaces.create(self._tenancy, call, wanted)
        shown_as = attributes.of_namespace(made.id, made.there)
        return created(call, f"namespaces/{made.id}", shown_as, made.version)

    async def read(self, call: Call) -> Reply:
        found = await namespaces.read(self._tenancy, call, call.params["namespace_id"])
        return Reply.one(attributes.of_namespace(found.id, found.there), version=found.version)

    async def update(self, call: Call) -> Reply:
        body = call.read(bodies.UpdateNamespace)
        wanted = body.model_dump(mode="json", exclude_unset=True)
        changed = await namespaces.update(self._tenancy, call, call.params["namespace_id"], wanted)
        return Reply.one(attributes.of_namespace(changed.id, changed.there), version=changed.version)

    async def delete(self, call: Call) -> Reply:
        await namespaces.delete(self._tenancy, call, call.params["namespace_id"])
        return Reply.empty()
