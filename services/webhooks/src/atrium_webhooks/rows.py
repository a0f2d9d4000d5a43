"""What is seen of endpoints: attributes, rows, public events; and the documents of events and deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import orjson

from atrium_common.bus.ports import Message
from atrium_common.clock import rfc3339
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event
from atrium_common.http.listing import WORDS, words
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import Publication
from atrium_common.store.documents import Collection, Delete, Document, Index, Newer, Put
from atrium_webhooks.domain import endpoint, event_type, published_event
from atrium_webhooks.domain.custom_headers import masked

WEBHOOKS = Collection(
    "webhooks",
    (
        Index(("workspace_id", "livemode", "created_at")),
        Index(("workspace_id", "livemode", "updated_at")),
        Index(("workspace_id", "livemode", "url")),
        Index((WORDS,)),
    ),
    multi=frozenset({WORDS}),
)
EVENTS_SEEN = Collection(
    "events",
    (Index(("workspace_ids", "created_at")),),
    frozenset({"workspace_ids"}),
)
"""Every event received, for thirty days (`application.kept`)."""
DELIVERIES = Collection(
    "deliveries",
    (
        Index(("endpoint_id", "created_at")),
        Index(("endpoint_id", "due"), only_present=True),
        Index(("endpoint_id", "status", "created_at")),
    ),
)
"""`domain.delivery`."""
PUBLISHED_EVENTS = Collection(
    "published_events",
    (
        Index(("workspace_id", "livemode", "created_at")),
        Index(("workspace_id", "livemode", "type", "created_at")),
        Index((WORDS,)),
    ),
    frozenset({WORDS}),
)
"""Clients' own events, for as long as events are kept. `data` is JSON text, so that no store changes it."""
EVENT_TYPES = Collection("event_types", (Index(("workspace_id", "livemode", "type")),))
"""Types that workspaces describe. `data_schema` is JSON text, so that no store changes it."""
REPLAYS = Collection("replays", (Index(("endpoint_id", "created_at")), Index(("status", "created_at"))))
"""`domain.replay`."""
BEGINNINGS = Collection("beginnings")
"""By the id of each endpoint of the last days: how far every log was when it was made (`application.beginnings`)."""
LANES = Collection("lanes")
"""What the dispatcher remembers of each endpoint, by its id: `success_count, failure_count, consecutive_failures`
(attempts), `last_delivery_at` (the last attempt), and its health. At most a second old (`application.traffic`)."""
WAKES = Collection("wakes")
"""Endpoints, by id, whose line others than the serving process have written to (`application.wakes`)."""
DISPATCHERS = Collection("dispatchers")
"""Which process serves which endpoints (`application.shards`)."""
COLLECTIONS = (
    WEBHOOKS,
    EVENTS_SEEN,
    DELIVERIES,
    PUBLISHED_EVENTS,
    EVENT_TYPES,
    REPLAYS,
    BEGINNINGS,
    LANES,
    WAKES,
    DISPATCHERS,
)
_OF_A_DELIVERY = (
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
_INSIDE = frozenset({"workspace_id", "status", WORDS})


def endpoint_attributes(endpoint_id: str, state: endpoint.Endpoint) -> JSONObject:
    """An endpoint as clients see it, its counters left aside; never a secret."""
    return {
        "id": endpoint_id,
        "url": state.url,
        "events": list(state.events),
        "filters": dict(state.filters),
        "description": state.description,
        "headers": dict(state.headers),
        "is_active": state.is_active,
        "disabled_reason": state.disabled_reason,
        "rate_limit": None if state.rate_limit is None else state.rate_limit.model_dump(),
        "concurrency": state.concurrency,
        "ordered": state.ordered,
        "retry_schedule": None if state.retry_schedule is None else list(state.retry_schedule),
        "signatures": list(state.signatures),
        "public_key": state.credentials.public_key,
        "livemode": state.livemode,
        "created_at": rfc3339(state.created_at),
        "updated_at": rfc3339(state.updated_at),
    }


def shown(row: JSONObject) -> JSONObject:
    """A row's part that is the resource."""
    return {name: value for name, value in row.items() if name not in _INSIDE}


def _row(loaded: Loaded[endpoint.Endpoint]) -> Put | Delete | None:
    state = loaded.state
    if state is None:
        return None
    if state.deleted_at is not None:
        return Delete(WEBHOOKS.name, loaded.id, loaded.version, Newer())
    body = {
        **endpoint_attributes(loaded.id, state),
        "workspace_id": state.workspace_id,
        "status": "active" if state.is_active else "disabled",
        WORDS: words(state.url, state.description),
    }
    return Put(WEBHOOKS.name, loaded.id, body, loaded.version, Newer())


def _publish(
    event: Event, before: endpoint.Endpoint | None, after: endpoint.Endpoint, endpoint_id: str
) -> Publication | None:
    if isinstance(event, endpoint.WebhookEnabled | endpoint.WebhookDisabled) and not _announced(event, before, after):
        return None
    now = endpoint_attributes(endpoint_id, after)
    public = {**now, "headers": cast("JSON", masked(after.headers))}
    if isinstance(event, endpoint.WebhookFailing):
        public |= {"consecutive_failures": event.failures, "failing_since": rfc3339(event.since)}
    if isinstance(event, endpoint.WebhookSecretRotated):
        expires_at = event.previous_expires_at
        public |= {"previous_expires_at": None if expires_at is None else rfc3339(expires_at)}
    data: JSONObject = {"object": {"id": endpoint_id, "type": "webhook", "attributes": public}}
    if before is not None and isinstance(event, endpoint.WebhookUpdated):
        data["previous_attributes"] = _changed(endpoint_attributes(endpoint_id, before), now)
    return Publication(
        type=event.TYPE,
        data=data,
        key=after.workspace_id,
        workspace_ids=(after.workspace_id,),
        livemode=after.livemode,
        workspace_id=after.workspace_id,
    )


def _announced(
    event: endpoint.WebhookEnabled | endpoint.WebhookDisabled,
    before: endpoint.Endpoint | None,
    after: endpoint.Endpoint,
) -> bool:
    """Whether an event says something new to the world: a client's own switch, or a change of what is in force."""
    return event.cause == "client" or before is None or before.is_active != after.is_active


def _changed(before: JSONObject, now: JSONObject) -> JSONObject:
    changed = {name: value for name, value in before.items() if now.get(name) != value and name != "updated_at"}
    if "headers" in changed:
        changed["headers"] = cast("JSON", masked(cast("Mapping[str, str]", before["headers"])))
    return changed


def delivery_attributes(body: JSONObject, delivery_id: str) -> JSONObject:
    """A delivery as lists show it, without its attempts."""
    return {"id": delivery_id, **{name: body.get(name) for name in _OF_A_DELIVERY}}


def replay_attributes(replay: Document) -> JSONObject:
    """A replay as clients see it."""
    inside = {"endpoint_id", "workspace_id", "cursor"}
    shown = {name: value for name, value in replay.body.items() if name not in inside}
    return {"id": replay.key, "webhook_id": replay.body["endpoint_id"], **shown}


def event_attributes(event_id: str, state: published_event.Published) -> JSONObject:
    """A client's event as clients see it."""
    return {
        "id": event_id,
        "type": state.event_type,
        "data": state.data.value,
        "idempotency_key": state.idempotency_key,
        "workspace_id": state.workspace_id,
        "livemode": state.livemode,
        "created_at": rfc3339(state.created_at),
    }


def seen_attributes(message: Message, workspace_id: str, *, livemode: bool) -> JSONObject:
    """An event of the platform as a workspace sees it."""
    return {
        "id": message.id,
        "type": message.type,
        "data": message.data,
        "idempotency_key": None,
        "workspace_id": workspace_id,
        "livemode": livemode,
        "created_at": rfc3339(message.time),
    }


def shown_event(row: JSONObject) -> JSONObject:
    """The resource that a row of clients' events is."""
    shown = {name: value for name, value in row.items() if name not in {"updated_at", WORDS}}
    return {**shown, "data": orjson.loads(str(row["data"]))}


def _published_row(loaded: Loaded[published_event.Published]) -> Put | Delete | None:
    state = loaded.state
    if state is None or state.data.value is None:
        return None
    body = {
        **event_attributes(loaded.id, state),
        "data": orjson.dumps(state.data.value).decode(),
        "updated_at": rfc3339(state.created_at),
        WORDS: words(state.event_type.replace(".", " ")),
    }
    return Put(PUBLISHED_EVENTS.name, loaded.id, body, loaded.version, Newer(), state.kept_until)


def event_type_attributes(state: event_type.EventType) -> JSONObject:
    """A described type as clients see it."""
    return {"type": state.event_type, "description": state.description, "schema": orjson.loads(state.data_schema)}


def _type_row(loaded: Loaded[event_type.EventType]) -> Put | Delete | None:
    state = loaded.state
    if state is None:
        return None
    if state.deleted_at is not None:
        return Delete(EVENT_TYPES.name, loaded.id, loaded.version, Newer())
    body: JSONObject = {
        "workspace_id": state.workspace_id,
        "livemode": state.livemode,
        "type": state.event_type,
        "description": state.description,
        "data_schema": state.data_schema,
    }
    return Put(EVENT_TYPES.name, loaded.id, body, loaded.version, Newer())


def _told(_: Event, __: published_event.Published | None, after: published_event.Published, ___: str) -> Publication:
    return Publication(
        type=after.event_type,
        data=cast("JSONObject", after.data.marked()),
        key=after.workspace_id,
        workspace_ids=(after.workspace_id,),
        livemode=after.livemode,
        workspace_id=after.workspace_id,
    )


ENDPOINT: Decider[endpoint.Endpoint] = Decider("webhook", endpoint.evolve, _publish, _row)
PUBLISHED_EVENT: Decider[published_event.Published] = Decider("event", published_event.evolve, _told, _published_row)
EVENT_TYPE: Decider[event_type.EventType] = Decider("event_type", event_type.evolve, None, _type_row)
DECIDERS = (ENDPOINT, PUBLISHED_EVENT, EVENT_TYPE)
EVENTS = (*endpoint.EVENTS, *published_event.EVENTS, *event_type.EVENTS)
