"""A type of a workspace's own events, described: what its data must look like, where the workspace says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from atrium_common.eventing.event import Event


class EventTypeCreated(Event, type="event_type.created", schema=1):
    """A workspace described a type of its own events. `data_schema` is a JSON Schema as text."""

    workspace_id: str
    event_type: str
    description: str
    data_schema: str
    livemode: bool
    at: datetime


class EventTypeUpdated(Event, type="event_type.updated", schema=1):
    """What is said of the type changed; holds for events published from now on."""

    description: str
    data_schema: str
    at: datetime


class EventTypeDeleted(Event, type="event_type.deleted", schema=1):
    """Events of the type are taken again whatever their data."""

    at: datetime


EVENTS = (EventTypeCreated, EventTypeUpdated, EventTypeDeleted)


@dataclass(frozen=True, slots=True)
class EventType:
    """A described type; one that was deleted can be described anew."""

    workspace_id: str
    event_type: str
    description: str
    data_schema: str
    livemode: bool
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


def update(state: EventType, changes: Mapping[str, str], *, at: datetime) -> tuple[Event, ...]:
    """Change description or schema; nothing where all is as it was."""
    description = changes.get("description", state.description)
    data_schema = changes.get("data_schema", state.data_schema)
    if (description, data_schema) == (state.description, state.data_schema):
        return ()
    return (EventTypeUpdated(description=description, data_schema=data_schema, at=at),)


def evolve(state: EventType | None, event: Event) -> EventType:
    """The type after the event."""
    match event:
        case EventTypeCreated():
            return EventType(
                event.workspace_id,
                event.event_type,
                event.description,
                event.data_schema,
                event.livemode,
                created_at=event.at,
                updated_at=event.at,
            )
        case EventTypeUpdated() if state is not None:
            return replace(state, description=event.description, data_schema=event.data_schema, updated_at=event.at)
        case EventTypeDeleted() if state is not None:
            return replace(state, updated_at=event.at, deleted_at=event.at)
    raise TypeError(f"{event.TYPE} is no event of an event type in this state")
