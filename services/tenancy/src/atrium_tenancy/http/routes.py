"""The routes of tenancy: parse, command, render."""

from __future__ import annotations

from typing import cast

from atrium_common.errors import NotFound, ValidationFailed
from atrium_common.http.batch import batch_route
from atrium_common.http.listing import Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Condition, Document
from atrium_common.store.ports import Store
from atrium_tenancy import resources, rows
from atrium_tenancy.application import api_keys, namespaces, workspaces
from atrium_tenancy.application.bootstrap import bootstrap, who_operates
from atrium_tenancy.application.context import Tenancy
from atrium_tenancy.application.resolution import holders, resolve
from atrium_tenancy.domain.api_key import ApiKey as ApiKeyState
from atrium_tenancy.domain.api_key import RateLimit
from atrium_tenancy.http import bodies

_TIERS = ("free", "pro", "business", "enterprise")
WORKSPACES = Listing(
    fields=tuple(resources.Workspace.model_fields),
    sortable=("created_at", "updated_at", "name", "slug"),
    filters={"status": ("active", "suspended"), "tier": _TIERS},
    searchable=True,
)
NAMESPACES = Listing(
    fields=tuple(resources.Namespace.model_fields),
    sortable=("created_at", "updated_at", "name", "slug"),
    filters={"owner_type": ("User", "Workspace"), "is_active": "boolean"},
    searchable=True,
)
API_KEYS = Listing(
    fields=tuple(resources.ApiKey.model_fields), sortable=("created_at", "updated_at", "name"), searchable=True
)
USERS = Listing(
    fields=tuple(resources.User.model_fields), sortable=("created_at", "updated_at", "name"), searchable=True
)
_ROW_ONLY = frozenset({"words", "members", "visible_to", "digest", "bound"})


def routes(tenancy: Tenancy, store: Store) -> list[Route]:
    """Every route of the service."""
    return [
        *_workspace_routes(tenancy),
        *_namespace_routes(tenancy),
        *_user_routes(tenancy),
        *_api_key_routes(tenancy),
        *_internal_routes(tenancy, store),
    ]


def _shown(document: Document) -> JSONObject:
    return {name: value for name, value in document.body.items() if name not in _ROW_ONLY}


def _workspace_routes(tenancy: Tenancy) -> list[Route]:
    async def index(call: Call) -> Reply:
        where = [Condition("status", "ne", "deleted")]
        if not call.principal.is_operator:
            where.append(Condition("members", "eq", call.principal.user_id))
        return await call.asked.reply(tenancy.documents, rows.WORKSPACES.name, where=where, render=_shown)

    async def create(call: Call) -> Reply:
        body = call.read(bodies.CreateWorkspace)
        wanted = workspaces.NewWorkspace(body.name, body.slug, body.tier, body.settings)
        made = await workspaces.create(tenancy, call, wanted)
        return _created(call, "workspaces", made.id, rows.workspace_attributes(made.id, made.there), made.version)

    async def read(call: Call) -> Reply:
        found = await workspaces.read(tenancy, call, call.params["workspace_id"])
        return Reply.one(rows.workspace_attributes(found.id, found.there), version=found.version)

    async def update(call: Call) -> Reply:
        body = call.read(bodies.UpdateWorkspace)
        _refuse_nulls(call, "name", "slug", "tier", "settings")
        changed = await workspaces.update(
            tenancy,
            call,
            call.params["workspace_id"],
            name=body.name,
            slug=body.slug,
            tier=body.tier,
            settings=body.settings,
        )
        return Reply.one(rows.workspace_attributes(changed.id, changed.there), version=changed.version)

    async def delete(call: Call) -> Reply:
        await workspaces.delete(tenancy, call, call.params["workspace_id"])
        return Reply.empty()

    async def act(call: Call, action: str, reason: str = "") -> Reply:
        changed = await workspaces.act(tenancy, call, call.params["workspace_id"], action, reason)
        return Reply.one(rows.workspace_attributes(changed.id, changed.there), version=changed.version)

    async def restore(call: Call) -> Reply:
        return await act(call, "restore")

    async def suspend(call: Call) -> Reply:
        return await act(call, "suspend", call.read(bodies.Suspend).reason)

    async def unsuspend(call: Call) -> Reply:
        return await act(call, "unsuspend")

    path, one, model = f"{BASE}/workspaces", f"{BASE}/workspaces/{{workspace_id}}", resources.Workspace
    creating = Route(
        "POST", path, create, "Create a workspace", "workspaces:write", bodies.CreateWorkspace, model, status=201
    )
    updating = Route("PATCH", one, update, "Change a workspace", "workspaces:write", bodies.UpdateWorkspace, model)
    deleting = Route(
        "DELETE", one, delete, "Delete a workspace, restorable for 30 days", "workspaces:delete", status=204
    )
    actions = {"create": creating, "update": updating, "delete": deleting}
    return [
        Route("GET", path, index, "List workspaces", "workspaces:read", answer=model, listing=WORKSPACES),
        creating,
        batch_route(path, actions, parameter="workspace_id", repository=tenancy.repository),
        Route("GET", one, read, "Get a workspace", "workspaces:read", answer=model),
        updating,
        deleting,
        Route("POST", f"{one}/restore", restore, "Restore a deleted workspace", "workspaces:write", answer=model),
        Route("POST", f"{one}/suspend", suspend, "Suspend a workspace", "admin:*", bodies.Suspend, model),
        Route("POST", f"{one}/unsuspend", unsuspend, "End a suspension", "admin:*", answer=model),
    ]


def _namespace_routes(tenancy: Tenancy) -> list[Route]:
    async def index(call: Call) -> Reply:
        visible = (call.principal.workspace_id, call.principal.user_id)
        where = [Condition("visible_to", "in", visible)]
        return await call.asked.reply(tenancy.documents, rows.NAMESPACES.name, where=where, render=_shown)

    async def create(call: Call) -> Reply:
        body = call.read(bodies.CreateNamespace)
        wanted = namespaces.NewNamespace(body.name, body.slug, body.description, body.owner_type, body.is_default)
        made = await namespaces.create(tenancy, call, wanted)
        return _created(call, "namespaces", made.id, rows.namespace_attributes(made.id, made.there), made.version)

    async def read(call: Call) -> Reply:
        found = await namespaces.read(tenancy, call, call.params["namespace_id"])
        return Reply.one(rows.namespace_attributes(found.id, found.there), version=found.version)

    async def update(call: Call) -> Reply:
        body = call.read(bodies.UpdateNamespace)
        _refuse_nulls(call, "name", "is_active")
        changed = await namespaces.update(
            tenancy,
            call,
            call.params["namespace_id"],
            name=body.name,
            description=body.description,
            is_active=body.is_active,
        )
        return Reply.one(rows.namespace_attributes(changed.id, changed.there), version=changed.version)

    async def delete(call: Call) -> Reply:
        await namespaces.delete(tenancy, call, call.params["namespace_id"])
        return Reply.empty()

    path, one, model = f"{BASE}/namespaces", f"{BASE}/namespaces/{{namespace_id}}", resources.Namespace
    creating = Route(
        "POST", path, create, "Create a namespace", "namespaces:write", bodies.CreateNamespace, model, status=201
    )
    updating = Route("PATCH", one, update, "Change a namespace", "namespaces:write", bodies.UpdateNamespace, model)
    deleting = Route("DELETE", one, delete, "Delete a namespace", "namespaces:delete", status=204)
    actions = {"create": creating, "update": updating, "delete": deleting}
    return [
        Route("GET", path, index, "List namespaces", "namespaces:read", answer=model, listing=NAMESPACES),
        creating,
        batch_route(path, actions, parameter="namespace_id", repository=tenancy.repository),
        Route("GET", one, read, "Get a namespace", "namespaces:read", answer=model),
        updating,
        deleting,
    ]


def _user_routes(tenancy: Tenancy) -> list[Route]:
    async def me(call: Call) -> Reply:
        found = await tenancy.repository.load(rows.USER, call.principal.user_id)
        if found.state is None:
            raise NotFound("user", call.principal.user_id)
        return Reply.one(rows.user_attributes(found.id, found.state), version=found.version)

    async def index(call: Call) -> Reply:
        workspace = (await tenancy.repository.load(rows.WORKSPACE, call.principal.workspace_id or "")).state
        members = tuple(workspace.members) if workspace else ()
        where = [Condition("_key", "in", members)]
        return await call.asked.reply(tenancy.documents, rows.USERS.name, where=where, render=_shown)

    return [
        Route("GET", f"{BASE}/user", me, "Get the user of the key", answer=resources.User),
        Route("GET", f"{BASE}/users", index, "List the members of the workspace in context", "users:read",
              answer=resources.User, listing=USERS),
    ]  # fmt: skip


def _api_key_routes(tenancy: Tenancy) -> list[Route]:
    async def index(call: Call) -> Reply:
        where = [Condition("workspace_id", "eq", call.principal.workspace_id)]
        if not call.principal.is_operator and call.principal.role not in {"owner", "admin"}:
            where.append(Condition("user_id", "eq", call.principal.user_id))
        return await call.asked.reply(tenancy.documents, rows.API_KEYS.name, where=where, render=_shown)

    async def create(call: Call) -> Reply:
        body = call.read(bodies.CreateApiKey)
        limit = body.rate_limit
        wanted = api_keys.NewApiKey(
            name=body.name,
            scopes=tuple(body.scopes),
            rate_limit_tier=body.rate_limit_tier,
            rate_limit=None if limit is None else RateLimit(requests=limit.requests, burst=limit.burst),
            ip_allowlist=tuple(body.ip_allowlist),
            environment=body.environment,
            expires_at=body.expires_at,
        )
        made, key = await api_keys.create(tenancy, call, wanted)
        state: ApiKeyState = made.there
        attributes: JSONObject = {**rows.api_key_attributes(made.id, state), "key": key}
        return _created(call, "api-keys", made.id, attributes, made.version)

    async def read(call: Call) -> Reply:
        found = await api_keys.read(tenancy, call, call.params["key_id"])
        return Reply.one(rows.api_key_attributes(found.id, found.there), version=found.version)

    async def revoke(call: Call) -> Reply:
        await api_keys.revoke(tenancy, call, call.params["key_id"])
        return Reply.empty()

    path, one, model = f"{BASE}/api-keys", f"{BASE}/api-keys/{{key_id}}", resources.ApiKey
    creating = Route(
        "POST", path, create, "Create an API key", "api-keys:write", bodies.CreateApiKey, model, status=201
    )
    revoking = Route("DELETE", one, revoke, "Revoke an API key", "api-keys:delete", status=204)
    return [
        Route("GET", path, index, "List API keys", "api-keys:read", answer=model, listing=API_KEYS),
        creating,
        batch_route(path, {"create": creating, "delete": revoking}, parameter="key_id", repository=tenancy.repository),
        Route("GET", one, read, "Get an API key", "api-keys:read", answer=model),
        revoking,
    ]


def _internal_routes(tenancy: Tenancy, store: Store) -> list[Route]:
    async def resolve_key(call: Call) -> Reply:
        content = call.content
        workspace_id, namespace_id = content.get("workspace_id"), content.get("namespace_id")
        return Reply.bare(
            await resolve(
                tenancy,
                store,
                str(content.get("digest")),
                workspace_id=workspace_id if isinstance(workspace_id, str) else None,
                namespace_id=namespace_id if isinstance(namespace_id, str) else None,
            )
        )

    async def resolve_holders(call: Call) -> Reply:
        content = call.content
        wanted_namespaces = cast("list[str]", content.get("namespace_ids") or [])
        wanted_workspaces = cast("list[str]", content.get("workspace_ids") or [])
        return Reply.bare(await holders(tenancy, store, wanted_namespaces, wanted_workspaces))

    async def start(_: Call) -> Reply:
        operator = await bootstrap(tenancy)
        return Reply.one(
            {
                "user_id": operator.user_id,
                "workspace_id": operator.workspace_id,
                "key_id": operator.key_id,
                "key": operator.key,
            }
        )

    async def operator(_: Call) -> Reply:
        user_id, workspace_id = await who_operates(tenancy)
        return Reply.one({"user_id": user_id, "workspace_id": workspace_id})

    return [
        Route("GET", "/internal/operator", operator, "Who runs the platform", internal=True),
        Route("POST", "/internal/keys/resolve", resolve_key, "Resolve a key", internal=True),
        Route("POST", "/internal/holders/resolve", resolve_holders, "Resolve holders", internal=True),
        Route("POST", "/internal/bootstrap", start, "Create the operator", internal=True),
    ]


def _created(call: Call, resource: str, resource_id: str, attributes: JSONObject, version: int) -> Reply:
    location = f"{call.public_base}{BASE}/{resource}/{resource_id}"
    return Reply.created(attributes, location=location, version=version)


def _refuse_nulls(call: Call, *names: str) -> None:
    nulls = {name: ["May be left out, but not null."] for name in names if call.content.get(name, "") is None}
    if nulls:
        raise ValidationFailed(nulls)
