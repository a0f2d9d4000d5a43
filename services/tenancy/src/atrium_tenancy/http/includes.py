"""What a workspace or a member can bring along: related resources, one query each whatever the page's size."""

from __future__ import annotations

from collections.abc import Sequence

from atrium_common.errors import InsufficientScope
from atrium_common.http.listing import Include
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.principal import Principal
from atrium_common.store.documents import Collection, Condition, Order, Query
from atrium_tenancy import rows
from atrium_tenancy.application.tenancy import Tenancy

MOST_OF_EACH = 100
_MOST = 10_000


def user_of(tenancy: Tenancy, *, named: str, put: str) -> Include:
    """The user whose id stands in the field `named`, under `put`; null where it is gone."""

    async def include(resources: Sequence[JSONObject], principal: Principal) -> None:
        _require(principal, "users:read")
        ids = list(dict.fromkeys(str(resource[named]) for resource in resources))
        users = await tenancy.documents.get_many(rows.USERS.name, ids)
        for resource in resources:
            found = users.get(str(resource[named]))
            resource[put] = None if found is None else rows.shown(found.body)

    return include


def members_of(tenancy: Tenancy) -> Include:
    """The first 100 members of each workspace."""
    return _children(tenancy, rows.MEMBERS, "workspace_id", put="members", scope="members:read")


def namespaces_of(tenancy: Tenancy) -> Include:
    """The first 100 namespaces that each workspace owns."""
    return _children(tenancy, rows.NAMESPACES, "owner_id", put="namespaces", scope="namespaces:read")


def _children(tenancy: Tenancy, collection: Collection, field: str, *, put: str, scope: str) -> Include:
    async def include(resources: Sequence[JSONObject], principal: Principal) -> None:
        _require(principal, scope)
        ids = tuple(str(resource["id"]) for resource in resources)
        found: dict[str, list[JSON]] = {workspace_id: [] for workspace_id in ids}
        if ids:
            query = Query((Condition(field, "in", ids),), (Order("created_at"),), limit=_MOST)
            for row in await tenancy.documents.query(collection.name, query):
                children = found[str(row.body[field])]
                if len(children) < MOST_OF_EACH:
                    children.append(rows.shown(row.body))
        for resource in resources:
            resource[put] = found[str(resource["id"])]

    return include


def _require(principal: Principal, scope: str) -> None:
    if not principal.allows(scope):
        raise InsufficientScope(scope, principal.scopes)
