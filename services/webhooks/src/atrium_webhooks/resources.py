"""Resources of webhooks as clients and subscribers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from atrium_webhooks.domain.endpoint import RateLimit, Scheme


class PublicWebhook(BaseModel):
    """An endpoint as events show it: header values masked, never a secret."""

    id: str
    url: str
    events: list[str]
    filters: dict[str, JsonValue]
    description: str | None
    headers: dict[str, str]
    is_active: bool
    disabled_reason: str | None
    rate_limit: RateLimit | None
    concurrency: int
    ordered: bool
    retry_schedule: list[float] | None
    signatures: list[Scheme]
    public_key: str
    livemode: bool
    created_at: datetime
    updated_at: datetime


class FailingWebhook(PublicWebhook):
    """An endpoint that keeps failing."""

    consecutive_failures: int
    failing_since: datetime


class RotatedWebhook(PublicWebhook):
    """An endpoint with a new secret."""

    previous_expires_at: datetime | None


class WebhookTest(BaseModel):
    """What a test event shows of its endpoint."""

    url: str


class Webhook(PublicWebhook):
    """An endpoint."""

    success_count: int
    failure_count: int
    consecutive_failures: int
    last_delivery_at: datetime | None


class CreatedWebhook(Webhook):
    """An endpoint with its secret, which is shown this once."""

    secret: str | None


class Rotated(BaseModel):
    """A new secret, shown this once, and when the one before ends signing beside it."""

    secret: str | None
    previous_expires_at: datetime | None


class Tested(BaseModel):
    """What came of a test delivery."""

    success: bool
    status_code: int | None
    response_time_ms: int
    error: str | None = None


class Delivery(BaseModel):
    """An event's way to an endpoint."""

    id: str
    event_id: str
    event_type: str
    status: str
    status_code: int | None
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    livemode: bool
    created_at: datetime
    updated_at: datetime


class Request(BaseModel):
    """What was sent; secrets are masked, and the body is null once its event is kept no longer."""

    headers: dict[str, str]
    body: str | None


class Response(BaseModel):
    """What was answered: its body up to 4 KiB, and as many of its headers as fit into 4 KiB."""

    headers: dict[str, str]
    body: str
    truncated: bool


class Timings(BaseModel):
    """Milliseconds, null where there was no such part."""

    dns: float | None
    connect: float | None
    tls: float | None
    first_byte: float | None
    total: float


class Attempt(BaseModel):
    """One attempt."""

    attempt: int
    at: datetime
    status_code: int | None
    error: str | None
    error_class: str | None
    duration_ms: float
    timings: Timings
    remote_address: str | None
    request: Request
    response: Response | None


class DeliveryWithHistory(Delivery):
    """A delivery with its attempts, of which the newest 50 are remembered."""

    history: list[Attempt]


class ClientEvent(BaseModel):
    """An event, as it is delivered."""

    id: str
    type: str
    data: dict[str, JsonValue]
    idempotency_key: str | None
    workspace_id: str
    livemode: bool
    created_at: datetime


class EventType(BaseModel):
    """A type of events, the platform's or your own, and the JSON Schema of their data."""

    type: str
    description: str
    schema_: dict[str, JsonValue] = Field(alias="schema")


class Replay(BaseModel):
    """A job that makes deliveries due again: `done` of `total` so far."""

    id: str
    webhook_id: str
    status: Literal["pending", "running", "completed", "cancelled"]
    total: int
    done: int
    since: datetime
    until: datetime
    statuses: list[str]
    reason: str | None
    livemode: bool
    created_at: datetime
    updated_at: datetime


class Check(BaseModel):
    """One test of an event: what the webhook wants, and what the event has."""

    check: str
    passed: bool
    wanted: JsonValue
    found: JsonValue


class DeliveryRef(BaseModel):
    """The delivery that came of an event."""

    id: str
    status: str


class Explanation(BaseModel):
    """Why an event did or did not reach a webhook."""

    webhook_id: str
    event_id: str
    event_type: str
    matches: bool
    reason: str
    checks: list[Check]
    delivery: DeliveryRef | None
