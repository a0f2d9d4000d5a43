"""An API key: what it may do, for whom, until when. The key itself is never here, only its digest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from atrium_common.api_keys import Environment
from atrium_common.eventing.event import Event
from atrium_tenancy.domain.tiers import Tier


class RateLimit(BaseModel):
    """A limit of the key's own: requests an hour, and burst."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests: int
    burst: int


class ApiKeyCreated(Event, type="api_key.created", schema=1):
    """A key was given out."""

    name: str
    workspace_id: str
    user_id: str
    bound: bool
    environment: Environment
    digest: str
    last4: str
    scopes: tuple[str, ...]
    rate_limit_tier: Tier
    rate_limit: RateLimit | None = None
    ip_allowlist: tuple[str, ...] = ()
    expires_at: datetime | None = None
    at: datetime


class ApiKeyRevoked(Event, type="api_key.revoked", schema=1):
    """The key opens nothing any more."""

    at: datetime


EVENTS = (ApiKeyCreated, ApiKeyRevoked)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key's state."""

    created: ApiKeyCreated
    updated_at: datetime
    revoked_at: datetime | None = None


def evolve(key: ApiKey | None, event: Event) -> ApiKey:
    """The key after the event."""
    match event:
        case ApiKeyCreated():
            return ApiKey(event, event.at)
        case ApiKeyRevoked() if key is not None:
            return replace(key, revoked_at=event.at, updated_at=event.at)
        case _:
            raise TypeError(f"{event.TYPE} is no event of an API key in this state")


def revoke(key: ApiKey, *, at: datetime) -> tuple[Event, ...]:
    """Revoke a key that is not yet."""
    return () if key.revoked_at is not None else (ApiKeyRevoked(at=at),)
