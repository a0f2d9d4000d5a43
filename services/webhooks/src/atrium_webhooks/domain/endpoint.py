"""An endpoint: where a workspace wants events sent, which ones, how fast, and signed with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, JsonValue

from atrium_common.eventing.event import Event
from atrium_webhooks.domain.credentials import Credentials

Scheme: TypeAlias = Literal["v1", "v1a"]
Hold: TypeAlias = Literal["workspace_deleted", "workspace_suspended"]
Cause: TypeAlias = Literal["client", "failing", "gone", "workspace_deleted", "workspace_suspended"]

DEFAULT_CONCURRENCY = 10
_HOLDS: Mapping[str, str] = {
    "workspace_deleted": "The workspace was deleted.",
    "workspace_suspended": "The workspace is suspended.",
}
_MOST_GENERATIONS = 5


class RateLimit(BaseModel):
    """The most attempts in any span of so many seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests: int
    per_seconds: int


class EndpointSettings(BaseModel):
    """What a client decides about an endpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    events: tuple[str, ...]
    filters: dict[str, JsonValue] = {}
    description: str | None = None
    headers: dict[str, str] = {}
    rate_limit: RateLimit | None = None
    concurrency: int = DEFAULT_CONCURRENCY
    ordered: bool = False
    retry_schedule: tuple[float, ...] | None = None
    signatures: tuple[Scheme, ...] = ("v1",)


class WebhookCreated(Event, type="webhook.created", schema=1):
    """An endpoint was registered."""

    workspace_id: str
    settings: EndpointSettings
    credentials: Credentials
    is_active: bool
    livemode: bool
    at: datetime


class WebhookUpdated(Event, type="webhook.updated", schema=1):
    """Its client decided otherwise."""

    settings: EndpointSettings
    is_active: bool
    at: datetime


class WebhookEnabled(Event, type="webhook.enabled", schema=1):
    """Its client switched it on again, or, with a cause, what held it back is over."""

    cause: Cause
    at: datetime


class WebhookDisabled(Event, type="webhook.disabled", schema=1):
    """Its client switched it off, or the platform did, or its workspace holds it back."""

    cause: Cause
    reason: str | None = None
    at: datetime


class WebhookSecretRotated(Event, type="webhook.secret_rotated", schema=1):
    """New credentials sign; the ones before go on signing beside them until they expire."""

    credentials: Credentials
    previous_expires_at: datetime | None
    at: datetime


class WebhookFailing(Event, type="webhook.failing", schema=1):
    """Every attempt has failed for long; it will be disabled if this goes on."""

    failures: int
    since: datetime
    at: datetime


class WebhookDeleted(Event, type="webhook.deleted", schema=1):
    """Gone."""

    at: datetime


EVENTS = (
    WebhookCreated,
    WebhookUpdated,
    WebhookEnabled,
    WebhookDisabled,
    WebhookSecretRotated,
    WebhookFailing,
    WebhookDeleted,
)


@dataclass(frozen=True, slots=True)
class Previous:
    """Credentials that still sign beside the present ones."""

    credentials: Credentials
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint's state.

    Attributes:
        retry_schedule: seconds after the attempt before, one for each; the first is made at once. None: the platform's.
        switched_on: whether client and platform want it active, its workspace left aside.
        holds: what of its workspace holds it back.
        warned_at: when the platform last said that it keeps failing; None after it was switched on again.
        enabled_at: when it was switched on; failures before that count no longer.
    """

    workspace_id: str
    url: str
    events: tuple[str, ...]
    filters: Mapping[str, JsonValue]
    description: str | None
    headers: Mapping[str, str]
    rate_limit: RateLimit | None
    concurrency: int
    ordered: bool
    retry_schedule: tuple[float, ...] | None
    signatures: tuple[Scheme, ...]
    credentials: Credentials
    livemode: bool
    switched_on: bool
    enabled_at: datetime
    created_at: datetime
    updated_at: datetime
    previous: tuple[Previous, ...] = ()
    reason: str | None = None
    holds: frozenset[str] = field(default_factory=frozenset)
    warned_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether events that come now are sent to it."""
        return self.switched_on and not self.holds and self.deleted_at is None

    @property
    def is_held(self) -> bool:
        """Whether only its workspace holds it back: what was on its way before is still sent."""
        return self.switched_on and bool(self.holds) and self.deleted_at is None

    @property
    def disabled_reason(self) -> str | None:
        """Why it is inactive, where not the client switched it off."""
        if not self.switched_on:
            return self.reason
        return next((text for hold, text in _HOLDS.items() if hold in self.holds), None)

    def signing(self, now: datetime) -> tuple[Credentials, ...]:
        """The credentials that sign at this time, the present ones first."""
        return (self.credentials, *(each.credentials for each in self.previous if each.expires_at > now))

    def settings(self) -> EndpointSettings:
        """What its client decided."""
        return EndpointSettings(**{name: getattr(self, name) for name in EndpointSettings.model_fields})


def evolve(endpoint: Endpoint | None, event: Event) -> Endpoint:
    """The endpoint after the event."""
    if isinstance(event, WebhookCreated):
        return Endpoint(
            workspace_id=event.workspace_id,
            **_decided(event.settings),
            credentials=event.credentials,
            livemode=event.livemode,
            switched_on=event.is_active,
            enabled_at=event.at,
            created_at=event.at,
            updated_at=event.at,
        )
    if endpoint is None:
        raise TypeError(f"{event.TYPE} cannot be an endpoint's first event")
    match event:
        case WebhookUpdated():
            return _switched(replace(endpoint, **_decided(event.settings), updated_at=event.at), event)
        case WebhookEnabled():
            if event.cause in _HOLDS:
                return replace(endpoint, holds=endpoint.holds - {event.cause}, updated_at=event.at)
            return replace(
                endpoint, switched_on=True, reason=None, warned_at=None, enabled_at=event.at, updated_at=event.at
            )
        case WebhookDisabled():
            if event.cause in _HOLDS:
                return replace(endpoint, holds=endpoint.holds | {event.cause}, updated_at=event.at)
            return replace(endpoint, switched_on=False, reason=event.reason, updated_at=event.at)
        case WebhookSecretRotated():
            return replace(
                endpoint, credentials=event.credentials, previous=_overlap(endpoint, event), updated_at=event.at
            )
        case WebhookFailing():
            return replace(endpoint, warned_at=event.at)
        case WebhookDeleted():
            return replace(endpoint, deleted_at=event.at, updated_at=event.at)
        case _:
            raise TypeError(f"{event.TYPE} is no event of an endpoint")


def update(endpoint: Endpoint, changes: Mapping[str, object], *, at: datetime) -> tuple[Event, ...]:
    """Change what differs; nothing where nothing does. Switching on or off is an event of its own besides."""
    wanted = {name: value for name, value in changes.items() if name != "is_active"}
    settings = endpoint.settings().model_copy(update=wanted)
    switched_on = bool(changes.get("is_active", endpoint.switched_on))
    if settings == endpoint.settings() and switched_on == endpoint.switched_on:
        return ()
    updated = WebhookUpdated(settings=settings, is_active=switched_on, at=at)
    if switched_on == endpoint.switched_on:
        return (updated,)
    return (updated, WebhookEnabled(cause="client", at=at) if switched_on else WebhookDisabled(cause="client", at=at))


def rotate(endpoint: Endpoint, credentials: Credentials, *, grace: timedelta, at: datetime) -> tuple[Event, ...]:
    """Sign with new credentials, and for the grace with the present ones too; a deleted endpoint signs nothing."""
    if endpoint.deleted_at is not None:
        return ()
    expires_at = at + grace if grace else None
    return (WebhookSecretRotated(credentials=credentials, previous_expires_at=expires_at, at=at),)


def disable(endpoint: Endpoint, *, cause: Literal["failing", "gone"], reason: str, at: datetime) -> tuple[Event, ...]:
    """Stop sending to an endpoint that is switched on."""
    there = endpoint.switched_on and endpoint.deleted_at is None
    return (WebhookDisabled(cause=cause, reason=reason, at=at),) if there else ()


def warn(endpoint: Endpoint, *, failures: int, since: datetime, at: datetime) -> tuple[Event, ...]:
    """Say that an active endpoint has kept failing since then: once for each such streak."""
    wanted = endpoint.is_active and (endpoint.warned_at is None or endpoint.warned_at < since)
    return (WebhookFailing(failures=failures, since=since, at=at),) if wanted else ()


def hold(endpoint: Endpoint, cause: Hold, *, at: datetime) -> tuple[Event, ...]:
    """Hold it back for what became of its workspace."""
    there = endpoint.deleted_at is None and cause not in endpoint.holds
    return (WebhookDisabled(cause=cause, reason=_HOLDS[cause], at=at),) if there else ()


def release(endpoint: Endpoint, cause: Hold, *, at: datetime) -> tuple[Event, ...]:
    """End what held it back; what else keeps it inactive stays."""
    there = endpoint.deleted_at is None and cause in endpoint.holds
    return (WebhookEnabled(cause=cause, at=at),) if there else ()


def delete(endpoint: Endpoint, *, at: datetime) -> tuple[Event, ...]:
    """Delete an endpoint that is there."""
    return () if endpoint.deleted_at is not None else (WebhookDeleted(at=at),)


def _decided(settings: EndpointSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in EndpointSettings.model_fields}


def _switched(endpoint: Endpoint, event: WebhookUpdated) -> Endpoint:
    if event.is_active == endpoint.switched_on:
        return endpoint
    enabled_at = event.at if event.is_active else endpoint.enabled_at
    return replace(endpoint, switched_on=event.is_active, reason=None, warned_at=None, enabled_at=enabled_at)


def _overlap(endpoint: Endpoint, event: WebhookSecretRotated) -> tuple[Previous, ...]:
    """What still signs after a rotation: with no grace nothing but the new credentials."""
    if event.previous_expires_at is None:
        return ()
    older = tuple(each for each in endpoint.previous if each.expires_at > event.at)
    return (Previous(endpoint.credentials, event.previous_expires_at), *older)[:_MOST_GENERATIONS]
