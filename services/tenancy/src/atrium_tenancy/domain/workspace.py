"""A workspace: a tenant, with its settings. Who belongs to it is told by its roster and its members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from pydantic import JsonValue

from atrium_common.errors import StateConflict
from atrium_common.eventing.event import Event
from atrium_tenancy.domain.tiers import Tier

Status: TypeAlias = Literal["active", "suspended", "deleted", "purged"]
RESTORABLE = timedelta(days=30)


class WorkspaceCreated(Event, type="workspace.created", schema=1):
    """A tenant came to be; its creator is its owner."""

    name: str
    slug: str
    tier: Tier
    settings: dict[str, JsonValue]
    owner_id: str
    at: datetime


class WorkspaceUpdated(Event, type="workspace.updated", schema=1):
    """What is not None changed to it."""

    name: str | None = None
    slug: str | None = None
    tier: Tier | None = None
    settings: dict[str, JsonValue] | None = None
    owner_id: str | None = None
    at: datetime


class WorkspaceDeleted(Event, type="workspace.deleted", schema=1):
    """Deleted, restorable for thirty days."""

    at: datetime


class WorkspaceRestored(Event, type="workspace.restored", schema=1):
    """Brought back."""

    at: datetime


class WorkspaceSuspended(Event, type="workspace.suspended", schema=1):
    """Closed by the operator."""

    reason: str
    at: datetime


class WorkspaceUnsuspended(Event, type="workspace.unsuspended", schema=1):
    """Opened again."""

    at: datetime


class WorkspacePurged(Event, type="workspace.purged", schema=1):
    """Gone for good, thirty days after its deletion; its slug is free again."""

    at: datetime


EVENTS = (
    WorkspaceCreated,
    WorkspaceUpdated,
    WorkspaceDeleted,
    WorkspaceRestored,
    WorkspaceSuspended,
    WorkspaceUnsuspended,
    WorkspacePurged,
)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace's state."""

    name: str
    slug: str
    tier: Tier
    status: Status
    settings: Mapping[str, JsonValue]
    owner_id: str
    created_at: datetime
    updated_at: datetime
    suspended_at: datetime | None = None
    suspended_reason: str | None = None
    deleted_at: datetime | None = None


def evolve(workspace: Workspace | None, event: Event) -> Workspace:
    """The workspace after the event."""
    if isinstance(event, WorkspaceCreated):
        return Workspace(
            event.name,
            event.slug,
            event.tier,
            "active",
            event.settings,
            event.owner_id,
            event.at,
            event.at,
        )
    if workspace is None:
        raise TypeError(f"{event.TYPE} cannot be a workspace's first event")
    match event:
        case WorkspaceUpdated():
            return replace(
                workspace,
                name=workspace.name if event.name is None else event.name,
                slug=workspace.slug if event.slug is None else event.slug,
                tier=workspace.tier if event.tier is None else event.tier,
                settings=workspace.settings if event.settings is None else event.settings,
                owner_id=workspace.owner_id if event.owner_id is None else event.owner_id,
                updated_at=event.at,
            )
        case WorkspaceDeleted():
            return replace(workspace, status="deleted", deleted_at=event.at, updated_at=event.at)
        case WorkspaceRestored():
            status: Status = "active" if workspace.suspended_at is None else "suspended"
            return replace(workspace, status=status, deleted_at=None, updated_at=event.at)
        case WorkspaceSuspended():
            return replace(
                workspace,
                status="suspended",
                suspended_at=event.at,
                suspended_reason=event.reason,
                updated_at=event.at,
            )
        case WorkspaceUnsuspended():
            return replace(workspace, status="active", suspended_at=None, suspended_reason=None, updated_at=event.at)
        case WorkspacePurged():
            return replace(workspace, status="purged", updated_at=event.at)
        case _:
            raise TypeError(f"{event.TYPE} is no event of a workspace")


def update(
    workspace: Workspace,
    *,
    name: str | None,
    slug: str | None,
    tier: Tier | None,
    settings: Mapping[str, JsonValue] | None,
    at: datetime,
) -> tuple[Event, ...]:
    """Change what differs; nothing where nothing does."""
    event = WorkspaceUpdated(
        name=name if name != workspace.name else None,
        slug=slug if slug != workspace.slug else None,
        tier=tier if tier != workspace.tier else None,
        settings=dict(settings) if settings is not None and settings != workspace.settings else None,
        at=at,
    )
    changed = (event.name, event.slug, event.tier, event.settings) != (None, None, None, None)
    return (event,) if changed else ()


def is_gone(workspace: Workspace) -> bool:
    """Whether it is deleted, restorable or not."""
    return workspace.deleted_at is not None


def restore(workspace: Workspace, *, at: datetime) -> tuple[Event, ...]:
    """Bring a deleted workspace back.

    Raises:
        StateConflict: it is not deleted, or has been for thirty days.
    """
    if workspace.deleted_at is None:
        raise StateConflict(workspace.status, "restore")
    if workspace.status == "purged" or at - workspace.deleted_at >= RESTORABLE:
        raise StateConflict("purged", "restore", "It was deleted more than 30 days ago.")
    return (WorkspaceRestored(at=at),)


def purge(workspace: Workspace, *, at: datetime) -> tuple[Event, ...]:
    """End a workspace for good whose time to be restored is over; nothing where it is not."""
    over = workspace.status == "deleted" and workspace.deleted_at is not None
    if not over or at - (workspace.deleted_at or at) < RESTORABLE:
        return ()
    return (WorkspacePurged(at=at),)


def suspend(workspace: Workspace, *, reason: str, at: datetime) -> tuple[Event, ...]:
    """Close an active workspace.

    Raises:
        StateConflict: it is not active.
    """
    if workspace.status != "active":
        raise StateConflict(workspace.status, "suspend")
    return (WorkspaceSuspended(reason=reason, at=at),)


def unsuspend(workspace: Workspace, *, at: datetime) -> tuple[Event, ...]:
    """Open a suspended workspace again.

    Raises:
        StateConflict: it is not suspended.
    """
    if workspace.status != "suspended":
        raise StateConflict(workspace.status, "unsuspend")
    return (WorkspaceUnsuspended(at=at),)
