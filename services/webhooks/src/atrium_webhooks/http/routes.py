"""The routes of webhooks: parse, command, render."""

from __future__ import annotations

from atrium_common.errors import ValidationFailed
from atrium_common.http.batch import batch_route
from atrium_common.http.listing import Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Condition, Document
from atrium_webhooks import rows
from atrium_webhooks.application.endpoints import Webhooks
from atrium_webhooks.http import models

WEBHOOKS = Listing(
    fields=tuple(models.Webhook.model_fields), sortable=("created_at", "updated_at"), filters={"is_active": "boolean"}
)
DELIVERIES = Listing(
    fields=tuple(name for name in models.Delivery.model_fields if name != "history"),
    filters={"status": ("pending", "success", "retrying", "failed", "cancelled"), "event_type": "text"},
)


def routes(webhooks: Webhooks) -> list[Route]:
    """Every route of the service."""
    return [*_endpoint_routes(webhooks), *_delivery_routes(webhooks)]


def _endpoint_routes(webhooks: Webhooks) -> list[Route]:
    async def index(call: Call) -> Reply:
        where = [
            Condition("workspace_id", "eq", call.principal.workspace_id),
            Condition("livemode", "eq", call.principal.livemode),
        ]
        return await call.asked.reply(webhooks.documents, rows.WEBHOOKS.name, where=where, render=_shown)

    async def create(call: Call) -> Reply:
        body = call.read(models.CreateWebhook)
        made, secret = await webhooks.create(
            call, url=body.url, events=tuple(body.events), description=body.description, secret=body.secret
        )
        attributes: JSONObject = {**rows.endpoint_attributes(made.id, made.there), "secret": secret}
        location = f"{call.public_base}{BASE}/webhooks/{made.id}"
        return Reply.created(attributes, location=location, version=made.version)

    async def read(call: Call) -> Reply:
        found = await webhooks.read(call, call.params["webhook_id"])
        return Reply.one(rows.endpoint_attributes(found.id, found.there), version=found.version)

    async def update(call: Call) -> Reply:
        body = call.read(models.UpdateWebhook)
        nulls = {name: ["May be left out, but not null."] for name in ("url", "events", "is_active")
                 if call.content.get(name, "") is None}  # fmt: skip
        if nulls:
            raise ValidationFailed(nulls)
        changed = await webhooks.update(
            call,
            call.params["webhook_id"],
            url=body.url,
            events=None if body.events is None else tuple(body.events),
            description=body.description,
            is_active=body.is_active,
        )
        return Reply.one(rows.endpoint_attributes(changed.id, changed.there), version=changed.version)

    async def delete(call: Call) -> Reply:
        await webhooks.delete(call, call.params["webhook_id"])
        return Reply.empty()

    async def test(call: Call) -> Reply:
        return Reply.bare(await webhooks.test(call, call.params["webhook_id"]))

    path, one, model = f"{BASE}/webhooks", f"{BASE}/webhooks/{{webhook_id}}", models.Webhook
    creating = Route(
        "POST", path, create, "Create a webhook", "webhooks:write", models.CreateWebhook, model, status=201
    )
    updating = Route("PATCH", one, update, "Change a webhook", "webhooks:write", models.UpdateWebhook, model)
    deleting = Route("DELETE", one, delete, "Delete a webhook", "webhooks:delete", status=204)
    actions = {"create": creating, "update": updating, "delete": deleting}
    return [
        Route("GET", path, index, "List webhooks", "webhooks:read", answer=model, listing=WEBHOOKS),
        creating,
        batch_route(path, actions, parameter="webhook_id", repository=webhooks.repository),
        Route("GET", one, read, "Get a webhook", "webhooks:read", answer=model),
        updating,
        deleting,
        Route("POST", f"{one}/test", test, "Send a test event", "webhooks:write", answer=models.Tested, bare=True),
    ]


def _delivery_routes(webhooks: Webhooks) -> list[Route]:
    async def index(call: Call) -> Reply:
        endpoint_id = call.params["webhook_id"]
        await webhooks.read(call, endpoint_id)
        where = [Condition("endpoint_id", "eq", endpoint_id)]
        return await call.asked.reply(webhooks.documents, rows.DELIVERIES.name, where=where, render=_delivery)

    async def read(call: Call) -> Reply:
        found = await webhooks.delivery(call, call.params["webhook_id"], call.params["delivery_id"])
        return Reply.one(rows.delivery_attributes(found.body, found.key, whole=True), version=found.version)

    async def retry(call: Call) -> Reply:
        found = await webhooks.retry(call, call.params["webhook_id"], call.params["delivery_id"])
        return Reply.one(rows.delivery_attributes(found.body, found.key), version=found.version)

    path = f"{BASE}/webhooks/{{webhook_id}}/deliveries"
    one, model = f"{path}/{{delivery_id}}", models.Delivery
    return [
        Route("GET", path, index, "List deliveries", "webhooks:read", answer=model, listing=DELIVERIES),
        Route("GET", one, read, "Get a delivery with its attempts", "webhooks:read", answer=model),
        Route("POST", f"{one}/retry", retry, "Retry a delivery", "webhooks:write", answer=model),
    ]


def _shown(document: Document) -> JSONObject:
    return {name: value for name, value in document.body.items() if name not in {"workspace_id", "sealed_secret"}}


def _delivery(document: Document) -> JSONObject:
    return rows.delivery_attributes(document.body, document.key)
