"""The routes of deliveries: parse, command, render."""

from __future__ import annotations

from atrium_common.errors import CannotRetry, StateConflict
from atrium_common.http.listing import Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import Call, Route
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Condition, Document
from atrium_webhooks import resources, rows
from atrium_webhooks.application.deliveries import Deliveries
from atrium_webhooks.domain.delivery import STATUSES
from atrium_webhooks.http.endpoints import ONE

WHOLE = Listing(fields=tuple(resources.DeliveryWithHistory.model_fields))
DELIVERIES = Listing(
    fields=tuple(resources.Delivery.model_fields),
    sortable=("created_at", "updated_at"),
    filters={"status": STATUSES, "event_type": "text", "event_id": "text"},
)


def delivery_routes(deliveries: Deliveries) -> list[Route]:
    """Looking, trying again, testing."""

    async def index(call: Call) -> Reply:
        endpoint_id = call.params["webhook_id"]
        await deliveries.endpoints.read(call, endpoint_id)
        where = [Condition("endpoint_id", "eq", endpoint_id)]
        return await call.asked.reply(deliveries.documents, rows.DELIVERIES.name, where=where, render=_delivery)

    async def read(call: Call) -> Reply:
        found = await deliveries.read(call, call.params["webhook_id"], call.params["delivery_id"])
        return Reply.one(await deliveries.whole(found), version=found.version)

    async def retry(call: Call) -> Reply:
        found = await deliveries.retry(call, call.params["webhook_id"], call.params["delivery_id"])
        return Reply.one(rows.delivery_attributes(found.body, found.key), version=found.version)

    async def test(call: Call) -> Reply:
        return Reply.bare(await deliveries.test(call, call.params["webhook_id"]))

    path = f"{ONE}/deliveries"
    one, model = f"{path}/{{delivery_id}}", resources.Delivery
    return [
        Route("POST", f"{ONE}/test", test, "Send a test event", "webhooks:write", answer=resources.Tested, bare=True,
              permission="webhooks:write"),
        Route("GET", path, index, "List deliveries", "webhooks:read", answer=model, listing=DELIVERIES,
              permission="webhooks:read"),
        Route("GET", one, read, "Get a delivery with its attempts", "webhooks:read",
              answer=resources.DeliveryWithHistory, single=WHOLE, permission="webhooks:read"),
        Route("POST", f"{one}/retry", retry, "Retry a delivery", "webhooks:write", answer=model,
              permission="webhooks:write", errors=(CannotRetry, StateConflict)),
    ]  # fmt: skip


def _delivery(document: Document) -> JSONObject:
    return rows.delivery_attributes(document.body, document.key)
