"""The routes of events: parse, command, render."""

from __future__ import annotations

from atrium_common.http.listing import Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Document
from atrium_webhooks import resources, rows
from atrium_webhooks.application.access import own
from atrium_webhooks.application.publishing import Publishing
from atrium_webhooks.http import bodies

EVENTS = Listing(
    fields=tuple(resources.ClientEvent.model_fields),
    sortable=("created_at", "type"),
    filters={"type": "text", "idempotency_key": "text"},
    searchable=True,
)


def event_routes(publishing: Publishing) -> list[Route]:
    """Publishing, and looking at what was published."""

    async def index(call: Call) -> Reply:
        collection = rows.PUBLISHED_EVENTS.name
        return await call.asked.reply(publishing.documents, collection, where=own(call), render=_shown)

    async def publish(call: Call) -> Reply:
        body = call.read(bodies.PublishEvent)
        done = await publishing.publish(
            call, event_type=body.type, data=body.data, idempotency_key=body.idempotency_key
        )
        attributes = rows.event_attributes(done.id, done.there)
        return Reply.created(attributes, location=f"{call.public_base}{path}/{done.id}", version=done.version)

    async def read(call: Call) -> Reply:
        return Reply.one(await publishing.read(call, call.params["event_id"]), version=1)

    path, model = f"{BASE}/events", resources.ClientEvent
    return [
        Route("GET", path, index, "List the events that the workspace published", "events:read", answer=model,
              listing=EVENTS, permission="events:read"),
        Route("POST", path, publish, "Publish an event of your own", "events:write", bodies.PublishEvent, model,
              status=201, permission="events:write"),
        Route("GET", f"{path}/{{event_id}}", read, "Get an event, your own or the platform's", "events:read",
              answer=model, single=EVENTS, permission="events:read"),
    ]  # fmt: skip


def _shown(document: Document) -> JSONObject:
    return rows.shown_event(document.body)
