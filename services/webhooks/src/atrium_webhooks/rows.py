"""What is seen of endpoints: attributes, rows, public events; and the documents of events and deliveries."""

from __future__ import annotations

from typing import cast

from atrium_common.clock import rfc3339
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Publication
from atrium_common.store.documents import Collection, Delete, Index, Newer, Put
from atrium_webhooks.domain import endpoint

WEBHOOKS = Collection("webhooks", (Index(("workspace_id", "created_at")),))
EVENTS_SEEN = Collection(
    "events",
    (Index(("workspace_id", "created_at")),),
    frozenset({"workspace_ids", "people"}),
)
"""Every event received, for thirty days (`application.kept`)."""
DELIVERIES = Collection(
    "deliveries",
    (
        Index(("endpoint_id", "created_at")),
        Index(("endpoint_id", "due")),
        Index(("endpoint_id", "status", "created_at")),
        Index(("due",)),
    ),
)
"""`domain.delivery`."""
LANES = Collection("lanes")
"""What the dispatcher remembers of each endpoint, by its id: `success_count, failure_count` (deliveries that ended so),
`consecutive_failures` (attempts), `last_delivery_at` (the last attempt), and its breaker. At most a second old."""
COLLECTIONS = (WEBHOOKS, EVENTS_SEEN, DELIVERIES, LANES)


def endpoint_attributes(endpoint_id: str, state: endpoint.Endpoint) -> JSONObject:
    """An endpoint as clients see it."""
    return {
        "id": endpoint_id,
        "url": state.url,
        "events": list(state.events),
        "description": state.description,
        "is_active": state.is_active,
        "disabled_reason": state.disabled_reason,
        "livemode": state.livemode,
        "created_at": rfc3339(state.created_at),
        "updated_at": rfc3339(state.updated_at),
    }


def _row(loaded: Loaded[endpoint.Endpoint]) -> Put | Delete | None:
    state = loaded.state
    if state is None:
        return None
    if state.deleted_at is not None:
        return Delete(WEBHOOKS.name, loaded.id, loaded.version, Newer())
    body = {
        **endpoint_attributes(loaded.id, state),
        "workspace_id": state.workspace_id,
        "sealed_secret": state.sealed_secret,
    }
    return Put(WEBHOOKS.name, loaded.id, body, loaded.version, Newer())


def _publish(
    event: Event, before: endpoint.Endpoint | None, after: endpoint.Endpoint, endpoint_id: str
) -> Publication | None:
    now = endpoint_attributes(endpoint_id, after)
    data: JSONObject = {"object": {"id": endpoint_id, "type": "webhook", "attributes": now}}
    if before is not None and event.TYPE.endswith(".updated"):
        earlier = endpoint_attributes(endpoint_id, before)
        data["previous_attributes"] = {
            name: value for name, value in earlier.items() if now.get(name) != value and name != "updated_at"
        }
    return Publication(
        type=event.TYPE,
        data=data,
        key=after.workspace_id,
        workspace_ids=(after.workspace_id,),
        livemode=after.livemode,
        workspace_id=after.workspace_id,
    )


def delivery_attributes(body: JSONObject, delivery_id: str, *, whole: bool = False) -> JSONObject:
    """A delivery as clients see it; `whole` with the history of its attempts."""
    names = (
        "event_id",
        "event_type",
        "status",
        "status_code",
        "attempts",
        "next_attempt_at",
        "delivered_at",
        "livemode",
        "created_at",
        "updated_at",
    )
    shown: JSONObject = {"id": delivery_id, **{name: body.get(name) for name in names}}
    if whole:
        shown["history"] = list(cast("list[JSONObject]", body.get("history") or []))
    return shown


ENDPOINT: Decider[endpoint.Endpoint] = Decider("webhook", endpoint.evolve, _publish, _row)
EVENTS = endpoint.EVENTS
