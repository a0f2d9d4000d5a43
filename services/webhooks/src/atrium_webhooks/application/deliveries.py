"""Commands on deliveries: looking at one, trying it again, sending a test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from atrium_common.bus.ports import Message
from atrium_common.clock import Clock, parse_rfc3339, rfc3339
from atrium_common.errors import CannotRetry, NotFound, StateConflict
from atrium_common.eventing.transaction import Transaction
from atrium_common.http.route import Call
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.documents import Absent, Document, Is, Put
from atrium_common.store.ports import Documents
from atrium_webhooks import rows
from atrium_webhooks.application.dispatcher import Dispatcher
from atrium_webhooks.application.endpoints import DISABLED, Endpoints
from atrium_webhooks.application.kept import Keeper, body_of, kept_form
from atrium_webhooks.domain.delivery import RETRIABLE, again, delivery_id, new_delivery
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.rows import DELIVERIES, ENDPOINT, EVENTS_SEEN

_RACES = 10
"""How often an attempt that ends at the same time may come first."""


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

        A repeated command answers what came of the first; only one that was cut short is sent again.

        Raises:
            NotFound: it is no endpoint of the workspace in context.
        """
        endpoint = (await self.endpoints.read(call, endpoint_id)).there

        async def decide(tx: Transaction) -> JSONObject:
            return {"event_id": self.ids.new("evt"), "at": rfc3339(tx.at)}

        outcome = (await self.endpoints.repository.transact(call.command, decide)).outcome
        event_id = str(outcome["event_id"])
        delivery = await self.documents.get(DELIVERIES.name, delivery_id(event_id, endpoint_id))
        if delivery is None:
            delivery = await self._test_delivery(event_id, endpoint_id, endpoint, moment=str(outcome["at"]))
        attempts = cast("list[JSONObject]", delivery.body["history"])
        if not attempts:
            return await self.dispatcher.test(endpoint, delivery)
        answer: JSONObject = {
            "success": delivery.body["status"] == "success",
            "status_code": attempts[0]["status_code"],
            "response_time_ms": attempts[0]["duration_ms"],
        }
        return answer if attempts[0]["error"] is None else {**answer, "error": attempts[0]["error"]}

    async def _test_delivery(self, event_id: str, endpoint_id: str, endpoint: Endpoint, *, moment: str) -> Document:
        """A delivery that is in no line, and its event, stored."""
        message = Message(
            id=event_id,
            type="webhook.test",
            source="/webhooks",
            subject=ENDPOINT.stream(endpoint_id),
            time=parse_rfc3339(moment),
            key=endpoint.workspace_id,
            data={"object": {"id": endpoint_id, "type": "webhook", "attributes": {"url": endpoint.url}}},
            workspace_id=endpoint.workspace_id,
            workspace_ids=(endpoint.workspace_id,),
            livemode=endpoint.livemode,
        )
        body = new_delivery(
            event_id=event_id,
            event_type=message.type,
            event_time=moment,
            endpoint_id=endpoint_id,
            workspace_id=endpoint.workspace_id,
            livemode=endpoint.livemode,
            sequence=0,
            now=moment,
        )
        expires_at = self.clock.now() + self.kept_for
        delivery = Document(delivery_id(event_id, endpoint_id), 1, {**body, "due": None}, expires_at)
        kept = kept_form(message, received_at=moment, endpoints=[endpoint_id])
        await self.documents.write(
            [
                Put(EVENTS_SEEN.name, event_id, kept, 1, Absent(), expires_at),
                Put(DELIVERIES.name, delivery.key, delivery.body, 1, Absent(), expires_at),
            ]
        )
        return delivery

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

        A repeated command finds its own mark on the delivery, and changes nothing of it.

        Raises:
            NotFound: there is none.
            CannotRetry: it is under way or has succeeded.
            StateConflict: the endpoint is not active: nothing could be sent.
        """
        for _ in range(_RACES):
            document = await self.read(call, endpoint_id, wanted)
            if document.body.get("retry") == call.command_id:
                await self.dispatcher.wake([endpoint_id])  # who left the mark may have died before this
                return document
            status = str(document.body["status"])
            if status not in RETRIABLE:
                raise CannotRetry(status)
            if not (await self.endpoints.read(call, endpoint_id)).there.is_active:
                raise StateConflict("disabled", "retry", DISABLED)
            body = {**again(document.body, now=self.clock.now()), "retry": call.command_id}
            version = document.version + 1
            put = Put(DELIVERIES.name, wanted, body, version, Is(document.version), document.expires_at)
            (done,) = await self.documents.write([put])
            if done:
                await self.dispatcher.wake([endpoint_id])
                return Document(wanted, version, body, document.expires_at)
        raise CannotRetry("retrying")
