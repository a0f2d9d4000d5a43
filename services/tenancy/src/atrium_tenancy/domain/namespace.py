"""A namespace: an isolated context, owned by a user or a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeAlias

from pydantic import Field, JsonValue

from atrium_common.eventing.event import Event

OwnerType: TypeAlias = Literal["User", "Workspace"]


class NamespaceCreated(Event, type="namespace.created", schema=1):
    """A context came to be; `workspace_ids` may hear of it."""

    uuid: str
    name: str
    slug: str
    description: str | None = None
    icon: str | None = None
    color: str | None = None
    owner_type: OwnerType
    owner_id: str
    workspace_id: str | None
    is_default: bool = False
    is_active: bool = True
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    sort_order: int = 0
    workspace_ids: tuple[str, ...] = ()
    at: datetime


class NamespaceUpdated(Event, type="namespace.updated", schema=1):
    """These fields have these values now."""

    changes: dict[str, JsonValue]
    workspace_ids: tuple[str, ...] = ()
    at: datetime


class NamespaceDeleted(Event, type="namespace.deleted", schema=1):
    """Gone."""

    workspace_ids: tuple[str, ...] = ()
    at: datetime


EVENTS = (NamespaceCreated, NamespaceUpdated, NamespaceDeleted)


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace's state."""

    uuid: str
    owner_type: OwnerType
    owner_id: str
    workspace_id: str | None
    name: str
    slug: str
    description: str | None
    icon: str | None
    color: str | None
    is_default: bool
    is_active: bool
    sort_order: int
    created_at: datetime
    updated_at: datetime
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    deleted: bool = False


def evolve(namespace: Namespace | None, event: Event) -> Namespace:
    """The namespace after the event."""
    match event:
        case NamespaceCreated():
            return Namespace(
                uuid=event.uuid,
                owner_type=event.owner_type,
                owner_id=event.owner_id,
                workspace_id=event.workspace_id,
                name=event.name,
                slug=event.slug,
                description=event.description,
                icon=event.icon,
                color=event.color,
                is_default=event.is_default,
                is_active=event.is_active,
                sort_order=event.sort_order,
                created_at=event.at,
                updated_at=event.at,
                settings=event.settings,
            )
        case NamespaceUpdated() if namespace is not None:
            return replace(namespace, **event.changes, updated_at=event.at)  # type: ignore[arg-type]
        case NamespaceDeleted() if namespace is not None:
            return replace(namespace, is_active=False, is_default=False, deleted=True, updated_at=event.at)
        case _:
            raise TypeError(f"{event.TYPE} is no event of a namespace in this state")


def update(
    namespace: Namespace, wanted: Mapping[str, JsonValue], *, workspace_ids: tuple[str, ...], at: datetime
) -> tuple[Event, ...]:
    """Change what differs; nothing where nothing does."""
    changes = {name: value for name, value in wanted.items() if value != getattr(namespace, name)}
    return (NamespaceUpdated(changes=changes, workspace_ids=workspace_ids, at=at),) if changes else ()
