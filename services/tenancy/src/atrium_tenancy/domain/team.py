"""A team: permissions that its members have beyond their role's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import JsonValue

from atrium_common.errors import StateConflict
from atrium_common.eventing.event import Event


class TeamCreated(Event, type="team.created", schema=1):
    """A workspace has a new team."""

    workspace_id: str
    name: str
    description: str | None = None
    permissions: tuple[str, ...]
    is_system: bool = False
    at: datetime


class TeamUpdated(Event, type="team.updated", schema=1):
    """These fields have these values now."""

    changes: dict[str, JsonValue]
    at: datetime


class TeamDeleted(Event, type="team.deleted", schema=1):
    """Gone."""

    at: datetime


EVENTS = (TeamCreated, TeamUpdated, TeamDeleted)


@dataclass(frozen=True, slots=True)
class Team:
    """A team's state."""

    workspace_id: str
    name: str
    description: str | None
    permissions: tuple[str, ...]
    is_system: bool
    created_at: datetime
    updated_at: datetime
    deleted: bool = False


def evolve(team: Team | None, event: Event) -> Team:
    """The team after the event."""
    match event:
        case TeamCreated():
            return Team(
                workspace_id=event.workspace_id,
                name=event.name,
                description=event.description,
                permissions=event.permissions,
                is_system=event.is_system,
                created_at=event.at,
                updated_at=event.at,
            )
        case TeamUpdated() if team is not None:
            changes: dict[str, object] = dict(event.changes)
            if "permissions" in event.changes:
                changes["permissions"] = _texts(event.changes["permissions"])
            return replace(team, **changes, updated_at=event.at)  # type: ignore[arg-type]
        case TeamDeleted() if team is not None:
            return replace(team, deleted=True, updated_at=event.at)
        case _:
            raise TypeError(f"{event.TYPE} is no event of a team in this state")


def update(team: Team, wanted: dict[str, JsonValue], *, at: datetime) -> tuple[Event, ...]:
    """Change what differs of name, description and permissions.

    Raises:
        StateConflict: a system team is as its role is.
    """
    present: dict[str, JsonValue] = {
        "name": team.name,
        "description": team.description,
        "permissions": list(team.permissions),
    }
    changes = {name: value for name, value in wanted.items() if value != present[name]}
    if changes:
        _refuse_system(team, "update")
    return (TeamUpdated(changes=changes, at=at),) if changes else ()


def delete(team: Team, *, at: datetime) -> Event:
    """Delete a team that nobody is in.

    Raises:
        StateConflict: it is a system team.
    """
    _refuse_system(team, "delete")
    return TeamDeleted(at=at)


def _refuse_system(team: Team, action: str) -> None:
    if team.is_system:
        raise StateConflict("system", action, f"The team {team.name} belongs to every workspace.")


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
