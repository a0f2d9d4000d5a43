"""Bodies that clients send to webhooks, and resources as they are answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, JsonValue

from atrium_common.http.body import Body
from atrium_webhooks.domain.matching import is_subscription
from atrium_webhooks.domain.signing import is_secret


def _subscriptions(value: list[str]) -> list[str]:
    unfit = [text for text in value if not is_subscription(text)]
    if unfit:
        raise ValueError(f"{unfit[0]!r} is no event type: use workspace.created, workspace.* or *")
    return value


def _secret(value: str) -> str:
    if not is_secret(value):
        raise ValueError("Must be whsec_ and base64 of 24 to 64 bytes, or 12 to 128 visible ASCII characters")
    return value


Events = Annotated[list[str], Field(min_length=1, max_length=100), AfterValidator(_subscriptions)]
Description = Annotated[str, Field(max_length=2000)]


class CreateWebhook(Body):
    """A new endpoint; without a secret one is generated."""

    url: Annotated[str, Field(min_length=1, max_length=2048)]
    events: Events
    description: Description | None = None
    secret: Annotated[str, AfterValidator(_secret)] | None = None


class UpdateWebhook(Body):
    """What to change."""

    url: Annotated[str, Field(min_length=1, max_length=2048)] | None = None
    events: Events | None = None
    description: Description | None = None
    is_active: bool | None = None


class Webhook(BaseModel):
    """An endpoint."""

    id: str
    url: str
    events: list[str]
    description: str | None
    is_active: bool
    disabled_reason: str | None
    livemode: bool
    created_at: datetime
    updated_at: datetime


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
    history: list[dict[str, JsonValue]] | None = None
