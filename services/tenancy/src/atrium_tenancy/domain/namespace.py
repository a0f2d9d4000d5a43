"""A namespace: an isolated context, owned by a user or a workspace."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from atrium_common.eventing.event import Event

OwnerType: TypeAlias = Literal["User", "Workspace"]


class NamespaceCreated(Event, type="namespace.created", schema=1):
    """A context came to be."""

    uuid: str
    name: str
    slug: str
    description: str | None = None
    owner_type: OwnerType
    owner_id: str
    workspace_id: str | None
    is_default: bool = False
    at: datetime


class NamespaceUpdated(Event, type="namespace.updated", schema=1):
    """What is not None changed to it."""

    name: str | None = None
    description: str | None = None
    is_active: bool | None = None
    at: datetime


class NamespaceDeleted(Event, type="namespace.deleted", schema=1):
    """Gone."""

    at: datetime


EVENTS = (NamespaceCreated, NamespaceUpdated, NamespaceDeleted)


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace's state."""

    created: NamespaceCreated
    name: str
    description: str | None
    is_active: bool
    updated_at: datetime
    deleted_at: datetime | None = None


def evolve(namespace: Namespace | None, event: Event) -> Namespace:
    """The namespace after the event."""
    match event:
        case NamespaceCreated():
            return Namespace(event, event.name, event.description, True, event.at)
        case NamespaceUpdated() if namespace is not None:
            return replace(
                namespace,
                name=namespace.name if event.name is None else event.name,
                description=namespace.description if event.description is None else event.description,
                is_active=namespace.is_active if event.is_active is None else event.is_active,
                updated_at=event.at,
            )
        case NamespaceDeleted() if namespace is not None:
            return replace(namespace, is_active=False, deleted_at=event.at, updated_at=event.at)
        case _:
            raise TypeError(f"{event.TYPE} is no event of a namespace in this state")


def update(
    namespace: Namespace, *, name: str | None, description: str | None, is_active: bool | None, at: datetime
) -> tuple[Event, ...]:
    """Change what differs; nothing where nothing does."""
    event = NamespaceUpdated(
        name=name if name != namespace.name else None,
        description=description if description != namespace.description else None,
        is_active=is_active if is_active != namespace.is_active else None,
        at=at,
    )
    return (event,) if (event.name, event.description, event.is_active) != (None, None, None) else ()


def delete(namespace: Namespace, *, at: datetime) -> tuple[Event, ...]:
    """Delete a namespace that is there."""
    return () if namespace.deleted_at is not None else (NamespaceDeleted(at=at),)
