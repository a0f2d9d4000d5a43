"""The routes of endpoints: parse, command, render."""

from __future__ import annotations

from datetime import timedelta

from atrium_common.http.batch import batch_route
from atrium_common.http.listing import Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Document
from atrium_webhooks import resources, rows
from atrium_webhooks.application.access import own
from atrium_webhooks.application.endpoints import Endpoints
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.http import bodies

PATH = f"{BASE}/webhooks"
ONE = f"{PATH}/{{webhook_id}}"
WEBHOOKS = Listing(
    fields=tuple(resources.Webhook.model_fields),
    sortable=("created_at", "updated_at", "url"),
    filters={"status": ("active", "disabled"), "is_active": "boolean", "url": "text"},
    searchable=True,
)


def endpoint_routes(endpoints: Endpoints) -> list[Route]:
    """Reading, writing, batches, new secrets."""

    async def whole(endpoint_id: str, state: Endpoint) -> JSONObject:
        attributes = rows.endpoint_attributes(endpoint_id, state)
        await endpoints.add_counters([attributes])
        return attributes

    async def index(call: Call) -> Reply:
        return await call.asked.reply(
            endpoints.documents,
            rows.WEBHOOKS.name,
            where=own(call),
            render=_shown,
            complete=endpoints.add_counters,
        )

    async def create(call: Call) -> Reply:
        body = call.read(bodies.CreateWebhook)
        made, secret = await endpoints.create(call, body.settings(), is_active=body.is_active, secret=body.secret)
        attributes: JSONObject = {**await whole(made.id, made.there), "secret": secret}
        return Reply.created(attributes, location=f"{call.public_base}{PATH}/{made.id}", version=made.version)

    async def read(call: Call) -> Reply:
        found = await endpoints.read(call, call.params["webhook_id"])
        return Reply.one(await whole(found.id, found.there), version=found.version)

    async def update(call: Call) -> Reply:
        changes = call.read(bodies.UpdateWebhook).changes()
        changed = await endpoints.update(call, call.params["webhook_id"], changes)
        return Reply.one(await whole(changed.id, changed.there), version=changed.version)

    async def delete(call: Call) -> Reply:
        await endpoints.delete(call, call.params["webhook_id"])
        return Reply.empty()

    async def rotate(call: Call) -> Reply:
        body = call.read(bodies.RotateSecret)
        secret, expires_at = await endpoints.rotate(
            call, call.params["webhook_id"], grace=timedelta(hours=body.grace_period_hours), secret=body.secret
        )
        return Reply.one({"secret": secret, "previous_expires_at": expires_at})

    creating = Route(
        "POST",
        PATH,
        create,
        "Create a webhook",
        "webhooks:write",
        bodies.CreateWebhook,
        resources.CreatedWebhook,
        status=201,
        permission="webhooks:write",
    )
    updating = Route(
        "PATCH",
        ONE,
        update,
        "Change a webhook",
        "webhooks:write",
        bodies.UpdateWebhook,
        resources.Webhook,
        permission="webhooks:write",
    )
    deleting = Route(
        "DELETE", ONE, delete, "Delete a webhook", "webhooks:delete", status=204, permission="webhooks:delete"
    )
    return [
        Route("GET", PATH, index, "List webhooks", "webhooks:read", answer=resources.Webhook, listing=WEBHOOKS,
              permission="webhooks:read"),
        creating,
        batch_route(
            PATH,
            {"create": creating, "update": updating, "delete": deleting},
            parameter="webhook_id",
            repository=endpoints.repository,
        ),
        Route("GET", ONE, read, "Get a webhook", "webhooks:read", answer=resources.Webhook, single=WEBHOOKS,
              permission="webhooks:read"),
        updating,
        deleting,
        Route("POST", f"{ONE}/rotate-secret", rotate, "Give a webhook a new secret", "webhooks:write",
              bodies.RotateSecret, resources.Rotated, permission="webhooks:write"),
    ]  # fmt: skip


def _shown(document: Document) -> JSONObject:
    return rows.shown(document.body)
