"""An API key: what it may do, for whom, until when. The key itself is never here, only its digest."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict

from atrium_common.api_keys import Environment
from atrium_common.errors import StateConflict
from atrium_common.eventing.event import Event
from atrium_common.scopes import missing
from atrium_tenancy.domain.tiers import LIMITS, Tier

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class RateLimit(BaseModel):
    """A limit of the key's own: requests an hour, and burst."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests: int
    burst: int

    def is_within(self, other: RateLimit) -> bool:
        """Whether this is no more than the other, in neither."""
        return self.requests <= other.requests and self.burst <= other.burst


class Settings(BaseModel):
    """What a key may do and until when: all that can be changed of it, and that a rotation keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    scopes: tuple[str, ...]
    rate_limit_tier: Tier
    rate_limit: RateLimit | None = None
    ip_allowlist: tuple[str, ...] = ()
    expires_at: datetime | None = None

    @property
    def limit(self) -> RateLimit:
        """How much it may be used: its own limit, or that of its tier."""
        requests, burst = LIMITS[self.rate_limit_tier]
        return self.rate_limit or RateLimit(requests=requests, burst=burst)

    def widens(self, earlier: Settings) -> bool:
        """Whether a key with these does more, from more places or for longer than with the earlier ones."""
        longer = earlier.expires_at is not None and (self.expires_at is None or self.expires_at > earlier.expires_at)
        return (
            longer or bool(missing(self.scopes, earlier.scopes)) or _is_wider(self.ip_allowlist, earlier.ip_allowlist)
        )


class ApiKeyCreated(Event, type="api_key.created", schema=1):
    """A key was given out.

    `within` is what whoever made it for somebody else could do then: it never allows more, whatever its user becomes.
    """

    workspace_id: str
    user_id: str
    bound: bool
    environment: Environment
    digest: str
    last4: str
    settings: Settings
    at: datetime
    within: tuple[str, ...] | None = None


class ApiKeyUpdated(Event, type="api_key.updated", schema=1):
    """The key may do this now, until then."""

    settings: Settings
    at: datetime


class ApiKeyRotated(Event, type="api_key.rotated", schema=1):
    """Another key takes its place; this one ends when the grace does."""

    successor_id: str
    expires_at: datetime
    at: datetime


class ApiKeyExpired(Event, type="api_key.expired", schema=1):
    """Its time was over."""

    at: datetime


class ApiKeyRevoked(Event, type="api_key.revoked", schema=1):
    """The key opens nothing any more."""

    at: datetime


EVENTS = (ApiKeyCreated, ApiKeyUpdated, ApiKeyRotated, ApiKeyExpired, ApiKeyRevoked)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key's state.

    Attributes:
        created: what never changes of it.
        expired: whether its end has been told; it may be given a new one.
    """

    created: ApiKeyCreated
    settings: Settings
    updated_at: datetime
    successor_id: str | None = None
    expired: bool = False
    revoked: bool = False


def evolve(key: ApiKey | None, event: Event) -> ApiKey:
    """The key after the event."""
    match event:
        case ApiKeyCreated():
            return ApiKey(event, event.settings, event.at)
        case ApiKeyUpdated() if key is not None:
            return replace(key, settings=event.settings, expired=False, updated_at=event.at)
        case ApiKeyRotated() if key is not None:
            settings = key.settings.model_copy(update={"expires_at": event.expires_at})
            return replace(key, settings=settings, successor_id=event.successor_id, updated_at=event.at)
        case ApiKeyExpired() if key is not None:
            return replace(key, expired=True, updated_at=event.at)
        case ApiKeyRevoked() if key is not None:
            return replace(key, revoked=True, updated_at=event.at)
        case _:
            raise TypeError(f"{event.TYPE} is no event of an API key in this state")


def is_over(key: ApiKey, *, at: datetime) -> bool:
    """Whether the key's time is over."""
    return key.settings.expires_at is not None and key.settings.expires_at <= at


def update(key: ApiKey, settings: Settings, *, at: datetime) -> tuple[Event, ...]:
    """Give the key other settings; nothing where they are the same.

    Raises:
        StateConflict: the key was rotated, and would outlive its grace.
    """
    end = key.settings.expires_at
    if key.successor_id is not None and end is not None and (settings.expires_at is None or settings.expires_at > end):
        raise StateConflict("rotated", "update", "This key was rotated: it may end sooner than its grace, not later.")
    return (ApiKeyUpdated(settings=settings, at=at),) if settings != key.settings else ()


def rotate(key: ApiKey, successor_id: str, *, grace: timedelta, at: datetime) -> ApiKeyRotated:
    """Let the key end after the grace, or at its own end where that is sooner.

    Raises:
        StateConflict: it was rotated already, or its time is over.
    """
    if key.successor_id is not None:
        raise StateConflict("rotated", "rotate", "This key was rotated already; rotate the key that took its place.")
    if is_over(key, at=at):
        raise StateConflict("expired", "rotate", "This key has expired; create a new one.")
    end = at + grace
    own = key.settings.expires_at
    return ApiKeyRotated(successor_id=successor_id, expires_at=end if own is None else min(own, end), at=at)


def expire(key: ApiKey, *, at: datetime) -> tuple[Event, ...]:
    """Tell that the key's time is over, once."""
    over = not key.revoked and not key.expired and is_over(key, at=at)
    return (ApiKeyExpired(at=at),) if over else ()


def revoke(key: ApiKey, *, at: datetime) -> tuple[Event, ...]:
    """Revoke a key that is not yet."""
    return () if key.revoked else (ApiKeyRevoked(at=at),)


def _is_wider(allowlist: tuple[str, ...], earlier: tuple[str, ...]) -> bool:
    """Whether an address is on the one list that is not on the earlier; an empty one has all."""
    if not earlier or not allowlist:
        return bool(earlier)
    networks = [ipaddress.ip_network(text, strict=False) for text in earlier]
    return not all(_is_in(ipaddress.ip_network(text, strict=False), networks) for text in allowlist)


def _is_in(network: Network, networks: Iterable[Network]) -> bool:
    first, last = network.network_address, network.broadcast_address
    return any(first in each and last in each for each in networks)
