"""Bodies that clients send to webhooks."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, TypeAlias

import orjson
from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, StringConstraints

from atrium_common.clock import read_moment
from atrium_common.http.body import Body
from atrium_common.http.faults import FaultAt
from atrium_webhooks.domain import custom_headers
from atrium_webhooks.domain.data_schema import MOST_BYTES
from atrium_webhooks.domain.endpoint import DEFAULT_CONCURRENCY, EndpointSettings, RateLimit, Scheme
from atrium_webhooks.domain.filters import UnfitFilter, compiled
from atrium_webhooks.domain.matching import SUBSCRIPTION, is_subscription
from atrium_webhooks.domain.published_event import EVENT_TYPE
from atrium_webhooks.domain.replay import Wanted
from atrium_webhooks.domain.signing import is_secret

_FILTER_BYTES = 16 * 1024
_LONGEST_PAUSE = 7 * 86_400


def _subscriptions(value: list[str]) -> list[str]:
    unfit = [text for text in value if not is_subscription(text)]
    if unfit:
        raise ValueError(f"{unfit[0]!r} is no event type: use workspace.created, workspace.* or *")
    return list(dict.fromkeys(value))


def _secret(value: str) -> str:
    if not is_secret(value):
        raise ValueError("Must be whsec_ and base64 of 24 to 64 bytes, or any text of 12 to 128 characters")
    return value


def _empty_for_null(value: object) -> object:
    return {} if value is None else value


def _filters(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(orjson.dumps(value)) > _FILTER_BYTES:
        raise ValueError("Must have at most 16 KiB")
    try:
        compiled(value)
    except UnfitFilter as error:
        raise FaultAt(error.path, str(error)) from None
    return value


def _headers(value: dict[str, str]) -> dict[str, str]:
    for name, fault in custom_headers.faults(value).items():
        raise FaultAt((name,), fault)
    return value


def _distinct(value: list[Scheme]) -> list[Scheme]:
    return list(dict.fromkeys(value))


def _moment(value: object) -> object:
    """A date, or a time without a zone, is in UTC, as in the filters of lists."""
    with contextlib.suppress(ValueError):
        if isinstance(value, str):
            return read_moment(value)
    raise ValueError("Must be an ISO 8601 date or time, like 2024-01-15 or 2024-01-15T10:30:00Z")


def _v1() -> list[Scheme]:
    return ["v1"]


class Limit(Body):
    """The most attempts in any span of so many seconds."""

    requests: int = Field(ge=1, le=100_000)
    per_seconds: int = Field(default=1, ge=1, le=86_400)


Url: TypeAlias = Annotated[
    str,
    Field(
        min_length=1, max_length=2048, description="Where deliveries go: https, at an address that the world can see"
    ),
]
Subscription: TypeAlias = Annotated[str, Field(max_length=255, json_schema_extra={"pattern": f"^{SUBSCRIPTION}$"})]
Events: TypeAlias = Annotated[
    list[Subscription],
    Field(min_length=1, max_length=100, description="Types, resource.* or *, of events known or not"),
    AfterValidator(_subscriptions),
]
Filters: TypeAlias = Annotated[
    dict[str, JsonValue],
    Field(
        description="By dotted path into the delivered body: a value, a list of values, or operators ($in, $gt, $gte, "
        "$lt, $lte, $exists, $prefix, $not); besides paths $not and $or",
        examples=[{"data.object.attributes.tier": ["pro", "business"]}],
    ),
    BeforeValidator(_empty_for_null),
    AfterValidator(_filters),
]
Description: TypeAlias = Annotated[str, Field(max_length=2000)]
Headers: TypeAlias = Annotated[
    dict[str, str],
    Field(max_length=custom_headers.MOST, description="Sent with every delivery; none of ours, none of the connection"),
    BeforeValidator(_empty_for_null),
    AfterValidator(_headers),
]
Secret: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=False),  # the HMAC's key is the text as given
    Field(
        description="whsec_ and base64 of 24 to 64 bytes, or any text of 12 to 128 characters",
        json_schema_extra={"minLength": 12, "maxLength": 128},
    ),
    AfterValidator(_secret),
]
Concurrency: TypeAlias = Annotated[int, Field(ge=1, le=100, description="The most deliveries at once")]
Pause: TypeAlias = Annotated[float, Field(ge=0, le=_LONGEST_PAUSE)]
Schedule: TypeAlias = Annotated[
    list[Pause],
    Field(
        min_length=1,
        max_length=20,
        description="Of each attempt the seconds after the one before; the first is made at once; null: ours",
    ),
]
Signatures: TypeAlias = Annotated[
    list[Scheme],
    Field(min_length=1, description="Schemes of webhook-signature: v1 is HMAC-SHA256, v1a Ed25519"),
    AfterValidator(_distinct),
]
Moment: TypeAlias = Annotated[datetime, BeforeValidator(_moment)]


class CreateWebhook(Body):
    """A new endpoint; without a secret one is generated, and shown this once."""

    url: Url
    events: Events
    filters: Filters = Field(default_factory=dict)
    secret: Secret | None = None
    description: Description | None = None
    headers: Headers = Field(default_factory=dict)
    is_active: bool = True
    rate_limit: Limit | None = None
    concurrency: Concurrency = DEFAULT_CONCURRENCY
    ordered: bool = False
    retry_schedule: Schedule | None = None
    signatures: Signatures = Field(default_factory=_v1)

    def settings(self) -> EndpointSettings:
        """What the client decides about the endpoint."""
        given = {name: value for name, value in self.sent().items() if name not in {"secret", "is_active"}}
        return EndpointSettings(**{name: _frozen(value) for name, value in given.items()})


class UpdateWebhook(Body):
    """What to change; what is not sent stays. The secret is changed by `rotate-secret` alone."""

    # Defaults are never read; made by factories, they stay out of the document, and null is no value.

    url: Url = Field(default_factory=str)
    events: Events = Field(default_factory=list)
    filters: Filters = Field(default_factory=dict)
    description: Description | None = None
    headers: Headers = Field(default_factory=dict)
    is_active: bool = Field(default_factory=bool)
    rate_limit: Limit | None = None
    concurrency: Concurrency = Field(default_factory=int)
    ordered: bool = Field(default_factory=bool)
    retry_schedule: Schedule | None = None
    signatures: Signatures = Field(default_factory=list)

    def changes(self) -> dict[str, object]:
        """The fields that were sent."""
        return {name: _frozen(value) for name, value in self.sent().items()}


class RotateSecret(Body):
    """A new secret, brought or generated; the one before signs beside it for the grace (0: not at all)."""

    grace_period_hours: float = Field(default=24, ge=0, le=720)
    secret: Secret | None = None


def _frozen(value: object) -> object:
    """As the domain keeps it."""
    if isinstance(value, list):
        return tuple(value)
    return RateLimit(**value.model_dump()) if isinstance(value, Limit) else value


class PublishEvent(Body):
    """An event of your own. `data` is delivered as it is; a known `idempotency_key` gets the first event again."""

    type: str = Field(
        min_length=1, max_length=255, examples=["order.paid"], json_schema_extra={"pattern": f"^{EVENT_TYPE}$"}
    )
    data: Annotated[dict[str, JsonValue], Field(strict=True)]
    idempotency_key: Annotated[str, Field(min_length=1, max_length=255)] | None = None


def _data_schema(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(orjson.dumps(value)) > MOST_BYTES:
        raise ValueError(f"Must have at most {MOST_BYTES // 1024} KiB")
    return value


DataSchema: TypeAlias = Annotated[
    dict[str, JsonValue],
    Field(
        alias="schema",
        description="A JSON Schema (2020-12) that `data` must fit when an event of the type is published; whole in "
        "itself, without patterns",
        examples=[{"type": "object", "required": ["order"], "properties": {"order": {"type": "string"}}}],
    ),
    AfterValidator(_data_schema),
]


class CreateEventType(Body):
    """A type of your own events, and what its data must look like from now on."""

    type: str = Field(
        min_length=1, max_length=255, examples=["order.paid"], json_schema_extra={"pattern": f"^{EVENT_TYPE}$"}
    )
    description: Description = ""
    data_schema: DataSchema


class UpdateEventType(Body):
    """What to change; what is not sent stays."""

    description: Description = Field(default_factory=str)
    data_schema: DataSchema = Field(default_factory=dict)

    def changes(self) -> Mapping[str, JsonValue]:
        """The fields that were sent."""
        sent: dict[str, JsonValue] = {"description": self.description, "data_schema": self.data_schema}
        return {name: value for name, value in sent.items() if name in self.model_fields_set}


class StartReplay(Body):
    """Deliver again what happened from `since` to `until` (now).

    Without `status`: failed and cancelled deliveries, and events that match and have none.
    """

    since: Moment
    until: Moment | None = None
    status: Wanted | None = None
