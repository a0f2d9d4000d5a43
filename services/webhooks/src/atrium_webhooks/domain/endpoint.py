"""An endpoint: where a workspace wants events sent, which ones, and under which secret."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from atrium_common.eventing.event import Event


class WebhookCreated(Event, type="webhook.created", schema=1):
    """An endpoint was registered; its secret is sealed."""

    workspace_id: str
    url: str
    events: tuple[str, ...]
    description: str | None = None
    sealed_secret: str
    livemode: bool
    at: datetime


class WebhookUpdated(Event, type="webhook.updated", schema=1):
    """What is not None changed to it."""

    url: str | None = None
    events: tuple[str, ...] | None = None
    description: str | None = None
    is_active: bool | None = None
    at: datetime


class WebhookDisabled(Event, type="webhook.disabled", schema=1):
    """The platform stopped sending."""

    reason: str
    at: datetime


class WebhookDeleted(Event, type="webhook.deleted", schema=1):
    """Gone."""

    at: datetime


EVENTS = (WebhookCreated, WebhookUpdated, WebhookDisabled, WebhookDeleted)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint's state."""

    workspace_id: str
    url: str
    events: tuple[str, ...]
    description: str | None
    sealed_secret: str
    livemode: bool
    is_active: bool
    disabled_reason: str | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


def evolve(endpoint: Endpoint | None, event: Event) -> Endpoint:
    """The endpoint after the event."""
    if isinstance(event, WebhookCreated):
        return Endpoint(
            event.workspace_id,
            event.url,
            event.events,
            event.description,
            event.sealed_secret,
            event.livemode,
            True,
            None,
            event.at,
            event.at,
        )
    if endpoint is None:
        raise TypeError(f"{event.TYPE} cannot be an endpoint's first event")
    match event:
        case WebhookUpdated():
            active = endpoint.is_active if event.is_active is None else event.is_active
            return replace(
                endpoint,
                url=endpoint.url if event.url is None else event.url,
                events=endpoint.events if event.events is None else event.events,
                description=endpoint.description if event.description is None else event.description,
                is_active=active,
                disabled_reason=None if active else endpoint.disabled_reason,
                updated_at=event.at,
            )
        case WebhookDisabled():
            return replace(endpoint, is_active=False, disabled_reason=event.reason, updated_at=event.at)
        case WebhookDeleted():
            return replace(endpoint, is_active=False, deleted_at=event.at, updated_at=event.at)
        case _:
            raise TypeError(f"{event.TYPE} is no event of an endpoint")


def update(
    endpoint: Endpoint,
    *,
    url: str | None,
    events: tuple[str, ...] | None,
    description: str | None,
    is_active: bool | None,
    at: datetime,
) -> tuple[Event, ...]:
    """Change what differs; nothing where nothing does."""
    event = WebhookUpdated(
        url=url if url != endpoint.url else None,
        events=events if events != endpoint.events else None,
        description=description if description != endpoint.description else None,
        is_active=is_active if is_active != endpoint.is_active else None,
        at=at,
    )
    changed = (event.url, event.events, event.description, event.is_active) != (None, None, None, None)
    return (event,) if changed else ()


def disable(endpoint: Endpoint, *, reason: str, at: datetime) -> tuple[Event, ...]:
    """Stop sending to an active endpoint."""
    return (WebhookDisabled(reason=reason, at=at),) if endpoint.is_active else ()


def delete(endpoint: Endpoint, *, at: datetime) -> tuple[Event, ...]:
    """Delete an endpoint that is there."""
    return () if endpoint.deleted_at is not None else (WebhookDeleted(at=at),)
