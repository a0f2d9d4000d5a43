"""What is seen of endpoints: attributes, rows, public events; and the documents of events and deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from atrium_common.clock import rfc3339
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event
from atrium_common.http.listing import WORDS, words
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import Publication
from atrium_common.store.documents import Collection, Delete, Index, Newer, Put
from atrium_webhooks.domain import endpoint
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
    attributes: JSONObject = {"id": delivery_id, **{name: body.get(name) for name in names}}
    if whole:
        attributes["history"] = list(cast("list[JSONObject]", body.get("history") or []))
    return attributes


ENDPOINT: Decider[endpoint.Endpoint] = Decider("webhook", endpoint.evolve, _publish, _row)
EVENTS = endpoint.EVENTS
