"""Commands on deliveries: looking at one, trying it again, sending a test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from atrium_common.bus.ports import Message
from atrium_common.clock import Clock, rfc3339
from atrium_common.errors import CannotRetry, NotFound, StateConflict
from atrium_common.http.route import Call
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.documents import Absent, Document, Is, Put
from atrium_common.store.ports import Documents
from atrium_webhooks import rows
from atrium_webhooks.application.dispatcher import Dispatcher
from atrium_webhooks.application.endpoints import Endpoints
from atrium_webhooks.application.kept import Keeper, body_of, kept_form
from atrium_webhooks.domain.delivery import RETRIABLE, again, delivery_id, new_delivery
from atrium_webhooks.rows import DELIVERIES, ENDPOINT, EVENTS_SEEN


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The deliveries of endpoints."""

    endpoints: Endpoints
    documents: Documents
    dispatcher: Dispatcher
    keeper: Keeper
    ids: Ids
    clock: Clock
    kept_for: timedelta

    async def test(self, call: Call, endpoint_id: str) -> JSONObject:
        """Send a `webhook.test` event now and answer what came of it; it leaves a delivery.

        Raises:
            NotFound: it is no endpoint of the workspace in context.
        """
        endpoint = (await self.endpoints.read(call, endpoint_id)).there
        now = self.clock.now()
        message = Message(
            id=self.ids.new("evt"),
            type="webhook.test",
            source="/webhooks",
            subject=ENDPOINT.stream(endpoint_id),
            time=now,
            key=endpoint.workspace_id,
            data={"object": {"id": endpoint_id, "type": "webhook", "attributes": {"url": endpoint.url}}},
            workspace_id=endpoint.workspace_id,
            workspace_ids=(endpoint.workspace_id,),
            livemode=endpoint.livemode,
        )
        moment = rfc3339(now)
        kept = kept_form(message, received_at=moment, endpoints=[endpoint_id])
        body = new_delivery(
            event_id=message.id,
            event_type=message.type,
            event_time=moment,
            endpoint_id=endpoint_id,
            workspace_id=endpoint.workspace_id,
            livemode=endpoint.livemode,
            sequence=0,
            now=moment,
        )
        delivery = Document(delivery_id(message.id, endpoint_id), 1, {**body, "due": None}, now + self.kept_for)
        await self.documents.write(
            [
                Put(EVENTS_SEEN.name, message.id, kept, 1, Absent(), now + self.kept_for),
                Put(DELIVERIES.name, delivery.key, delivery.body, 1, Absent(), delivery.expires_at),
            ]
        )
        return await self.dispatcher.test(endpoint, delivery)

    async def read(self, call: Call, endpoint_id: str, wanted: str) -> Document:
        """A delivery of an endpoint of the workspace in context.

        Raises:
            NotFound: there is none.
        """
        await self.endpoints.read(call, endpoint_id)
        document = await self.documents.get(DELIVERIES.name, wanted)
        if document is None or document.body["endpoint_id"] != endpoint_id:
            raise NotFound("delivery", wanted)
        return document

    async def whole(self, delivery: Document) -> JSONObject:
        """A delivery with every attempt that is remembered, each with the body that was sent, while that is kept."""
        attributes = rows.delivery_attributes(delivery.body, delivery.key)
        event_id = str(delivery.body["event_id"])
        kept = await self.documents.get(EVENTS_SEEN.name, event_id)
        body: JSON = None
        if kept is not None:
            workspace_id, livemode = str(delivery.body["workspace_id"]), bool(delivery.body["livemode"])
            opened = await self.keeper.opened(kept.body)
            body = body_of(event_id, opened, workspace_id=workspace_id, livemode=livemode).decode()
        attempts = cast("list[JSONObject]", delivery.body["history"])
        for response in (each["response"] for each in attempts):
            if isinstance(response, dict):
                response["body"] = await self.keeper.opened_text(response["body"])
        return {
            **attributes,
            "history": [
                {**each, "request": {**cast("JSONObject", each["request"]), "body": body}} for each in attempts
            ],
        }

    async def retry(self, call: Call, endpoint_id: str, wanted: str) -> Document:
        """Make a delivery due now, with its whole schedule before it.

        Raises:
            NotFound: there is none.
            CannotRetry: it is under way or has succeeded.
            StateConflict: the endpoint is not active: nothing could be sent.
        """
        document = await self.read(call, endpoint_id, wanted)
        status = str(document.body["status"])
        if status in RETRIABLE and not (await self.endpoints.read(call, endpoint_id)).there.is_active:
            raise StateConflict(
                "disabled", "retry", "The webhook is disabled. Switch it on with is_active: true first."
            )
        if status not in RETRIABLE:
            raise CannotRetry(status)
        body = again(document.body, now=self.clock.now())
        put = Put(DELIVERIES.name, wanted, body, document.version + 1, Is(document.version), document.expires_at)
        (done,) = await self.documents.write([put])
        if not done:
            raise CannotRetry("pending")
        await self.dispatcher.wake([endpoint_id])
        return Document(wanted, document.version + 1, body, document.expires_at)
