"""What a workspace or a member can bring along: related resources, one query each whatever the page's size.

Only a workspace so big that it fills a whole read costs one more.
"""

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
    """The first 100 members of each workspace; null of one that is suspended or deleted, but for the operator."""
    return _children(tenancy, rows.MEMBERS, "workspace_id", put="members", scope="members:read")


def namespaces_of(tenancy: Tenancy, *, most: int = _MOST) -> Include:
    """The first 100 namespaces that each workspace owns, null as above.

    `most` are read at once: at least 100 for each workspace.
    """
    return _children(tenancy, rows.NAMESPACES, "owner_id", put="namespaces", scope="namespaces:read", most=most)


def _children(
    tenancy: Tenancy, collection: Collection, field: str, *, put: str, scope: str, most: int = _MOST
) -> Include:
    async def include(resources: Sequence[JSONObject], principal: Principal) -> None:
        _require(principal, scope)
        open_to = [each for each in resources if principal.is_operator or each["status"] == "active"]
        found: dict[str, list[JSON]] = {str(resource["id"]): [] for resource in open_to}
        wanting = tuple(found)
        while wanting:
            query = Query((Condition(field, "in", wanting),), (Order("created_at"),), limit=most)
            read = await tenancy.documents.query(collection.name, query)
            children: dict[str, list[JSON]] = {workspace_id: [] for workspace_id in wanting}
            for row in read:
                of = children[str(row.body[field])]
                if len(of) < MOST_OF_EACH:
                    of.append(rows.shown(row.body))
            found |= children
            # A read that was cut off has filled at least one: the others may stand behind what it held.
            wanting = tuple(each for each in wanting if len(read) == most and len(children[each]) < MOST_OF_EACH)
        for resource in resources:
            # Null where it is closed: what is in it is not to be had otherwise, either.
            resource[put] = found.get(str(resource["id"]))

    return include


def _require(principal: Principal, scope: str) -> None:
    if not principal.allows(scope):
        raise InsufficientScope(scope, principal.scopes)
