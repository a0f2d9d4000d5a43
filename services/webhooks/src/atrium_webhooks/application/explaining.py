"""Why an event did or did not reach an endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from atrium_common.bus.ports import Message
from atrium_common.clock import rfc3339
from atrium_common.errors import NotFound
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.documents import Document
from atrium_common.store.ports import Documents
from atrium_webhooks.application.endpoints import Endpoints
from atrium_webhooks.application.kept import Keeper, delivered, kept_message
from atrium_webhooks.domain.delivery import delivery_id
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.domain.filters import compiled, found_at
from atrium_webhooks.domain.matching import wants
from atrium_webhooks.rows import DELIVERIES, EVENTS_SEEN, PUBLISHED_EVENT


@dataclass(frozen=True, slots=True)
class Explaining:
    """Judges one event for one endpoint, step by step, by the endpoint's present settings."""

    endpoints: Endpoints
    documents: Documents
    keeper: Keeper

    async def explain(self, call: Call, endpoint_id: str, event_id: str) -> JSONObject:
        """Each test that the event passes or fails, and the delivery that came of it.

        Raises:
            NotFound: the endpoint or the event is not the caller's to see, or is kept no longer.
        """
        endpoint = (await self.endpoints.read(call, endpoint_id)).there
        message = await self._message(event_id)
        if endpoint.workspace_id not in message.workspace_ids or message.livemode not in {None, endpoint.livemode}:
            raise NotFound("event", event_id)
        body = delivered(message, workspace_id=endpoint.workspace_id, livemode=endpoint.livemode)
        checks = [_type_check(endpoint, message.type), *_filter_checks(endpoint, body)]
        matches = all(check["passed"] for check in checks)
        delivery = await self.documents.get(DELIVERIES.name, delivery_id(event_id, endpoint_id))
        return {
            "webhook_id": endpoint_id,
            "event_id": event_id,
            "event_type": message.type,
            "matches": matches,
            "reason": _reason(endpoint, str(body["created_at"]), checks, delivery),
            "checks": [*checks],
            "delivery": None if delivery is None else {"id": delivery.key, "status": delivery.body["status"]},
        }

    async def _message(self, event_id: str) -> Message:
        """The event as it was received, or, right after a client published it, as it will be."""
        kept = await self.documents.get(EVENTS_SEEN.name, event_id)
        if kept is not None:
            return kept_message(event_id, await self.keeper.opened(kept.body))
        own = (await self.endpoints.repository.load(PUBLISHED_EVENT, event_id)).state
        if own is None or own.data.value is None:
            raise NotFound("event", event_id)
        return Message(
            id=event_id,
            type=own.event_type,
            source="/webhooks",
            subject=PUBLISHED_EVENT.stream(event_id),
            time=own.created_at,
            key=own.workspace_id,
            data=cast("JSONObject", own.data.value),
            workspace_id=own.workspace_id,
            workspace_ids=(own.workspace_id,),
            livemode=own.livemode,
        )


def _type_check(endpoint: Endpoint, event_type: str) -> JSONObject:
    wanted: list[JSON] = list(endpoint.events)
    return {"check": "events", "passed": wants(endpoint.events, event_type), "wanted": wanted, "found": event_type}


def _filter_checks(endpoint: Endpoint, body: JSONObject) -> list[JSONObject]:
    checks: list[JSONObject] = []
    for clause in compiled(endpoint.filters).clauses:
        found: JSON = None if clause.path.startswith("$") else found_at(body, clause.path)
        check = f"filters.{clause.path}"
        checks.append({"check": check, "passed": clause.holds(body), "wanted": clause.wanted, "found": found})
    return checks


def _reason(endpoint: Endpoint, event_time: str, checks: list[JSONObject], delivery: Document | None) -> str:
    failed = [str(check["check"]) for check in checks if not check["passed"]]
    if delivery is not None:
        if delivery.body["status"] == "cancelled":
            return "The event matched while the webhook was disabled: its delivery was cancelled, and can be replayed."
        return "The event matched, and has a delivery."
    if failed:
        return f"The event does not match the webhook: {', '.join(failed)}."
    if event_time < rfc3339(endpoint.updated_at):
        return "The event matches now, but came before the webhook was as it is. A replay will deliver it."
    return "The event matches, and is about to be delivered."
