"""The routes of entitlements: parse, ask or command, render."""

from __future__ import annotations

from atrium_common.errors import ValidationFailed
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.jsontypes import JSON
from atrium_entitlements.application.entitlements import Entitlements
from atrium_entitlements.http import models
from atrium_entitlements.rows import entitlement_attributes


def routes(entitlements: Entitlements) -> list[Route]:
    """Every route of the service."""
    return _holder_routes(entitlements)


def _holder_routes(entitlements: Entitlements) -> list[Route]:
    async def check_namespace(call: Call) -> Reply:
        body = call.read(models.Check)
        holder = await entitlements.holder(call, namespace_id=call.params["namespace_id"])
        return Reply.bare(await entitlements.check(call, holder, body.feature, body.quantity))

    async def check(call: Call) -> Reply:
        quantity = call.query.get("quantity", "1")
        if not quantity.isascii() or not quantity.isdigit() or len(quantity) > 15:  # noqa: PLR2004 (below 2**53)
            raise ValidationFailed({"quantity": ["Must be a whole number, 0 or more."]})
        if "feature" not in call.query:
            raise ValidationFailed({"feature": ["The feature parameter is required."]})
        holder = await entitlements.holder(call, namespace_id=call.principal.namespace_id)
        return Reply.bare(await entitlements.check(call, holder, call.query["feature"], int(quantity)))

    async def use(call: Call) -> Reply:
        body = call.read(models.Use)
        holder = await entitlements.holder(call, namespace_id=call.principal.namespace_id)
        answer = await entitlements.use(
            call, holder, body.feature, body.quantity, enforce=body.enforce, metadata=body.metadata
        )
        return Reply.bare(answer)

    async def summary(call: Call) -> Reply:
        holder = await entitlements.holder(call, namespace_id=call.principal.namespace_id)
        figures = await entitlements.summary(call, holder)
        return Reply.one(
            {
                "workspace_id": call.principal.workspace_id,
                "namespace_id": call.principal.namespace_id,
                "tier": holder.tier,
                "entitlements": figures,
            }
        )

    async def provision(call: Call) -> Reply:
        body = call.read(models.Provision)
        if (body.namespace_id is None) == (body.workspace_id is None):
            raise ValidationFailed({"namespace_id": ["Give either namespace_id or workspace_id."]})
        holder = await entitlements.holder(call, namespace_id=body.namespace_id, workspace_id=body.workspace_id)
        given = await entitlements.provision(call, holder, body.package, source=body.source, expires_at=body.expires_at)
        location = f"{call.public_base}{BASE}/entitlements/{given.entitlement_id}"
        return Reply.created(entitlement_attributes(holder.id, given), location=location)

    async def index(call: Call) -> Reply:
        holder = await entitlements.holder(call, namespace_id=call.principal.namespace_id)
        given = await entitlements.provisioned(holder)
        return _whole_list([entitlement_attributes(holder.id, each) for each in given])

    base = f"{BASE}/entitlements"
    query = {"feature": "The feature's code", "quantity": "How much more, 1 where absent"}
    return [
        Route("POST", f"{BASE}/namespaces/{{namespace_id}}/entitlements/check", check_namespace,
              "Check a feature of a namespace", "entitlements:read", models.Check, models.Verdict, bare=True),
        Route("GET", f"{base}/check", check, "Check a feature of the context", "entitlements:read",
              answer=models.Verdict, query=query, bare=True),
        Route("GET", f"{base}/summary", summary, "All figures of the context", "entitlements:read",
              answer=models.Summary),
        Route("POST", f"{base}/usage", use, "Record usage", "usage:write", models.Use, models.Recorded, bare=True),
        Route("GET", base, index, "List the packages of the context", "entitlements:read", answer=models.Entitlement),
        Route("POST", base, provision, "Give a holder a package", "admin:*", models.Provision, models.Entitlement,
              status=201),
    ]  # fmt: skip


def _whole_list(data: list[JSON]) -> Reply:
    count = len(data)
    return Reply(200, {"data": data, "meta": {"current_page": 1, "per_page": max(1, count), "total": count,
                                              "last_page": 1, "from": 1 if count else None, "to": count or None},
                       "links": {"first": None, "last": None, "prev": None, "next": None}})  # fmt: skip
