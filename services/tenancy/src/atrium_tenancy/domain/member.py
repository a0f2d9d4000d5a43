"""A membership: one user in one workspace, with a role, a team and perhaps permissions of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from atrium_common.eventing.event import Event
from atrium_tenancy.domain.roles import Role


class MemberAdded(Event, type="member.added", schema=1):
    """A user belongs to a workspace from now on."""

    workspace_id: str
    user_id: str
    role: Role
    team_id: str
    custom_permissions: tuple[str, ...] | None = None
    invited_by: str | None = None
    at: datetime


class MemberUpdated(Event, type="member.updated", schema=1):
    """Role, team and own permissions are these from now on."""

    role: Role
    team_id: str
    custom_permissions: tuple[str, ...] | None
    at: datetime


class MemberRemoved(Event, type="member.removed", schema=1):
    """The user belongs to the workspace no more."""

    at: datetime


EVENTS = (MemberAdded, MemberUpdated, MemberRemoved)


@dataclass(frozen=True, slots=True)
class Member:
    """A membership's state; one that ended may begin anew."""

    workspace_id: str
    user_id: str
    role: Role
    team_id: str
    custom_permissions: tuple[str, ...] | None
    invited_by: str | None
    joined_at: datetime
    updated_at: datetime
    removed: bool = False


def key_of(workspace_id: str, user_id: str) -> str:
    """The id of a membership as an aggregate."""
    return f"{workspace_id}/{user_id}"


def evolve(member: Member | None, event: Event) -> Member:
    """The membership after the event."""
    match event:
        case MemberAdded():
            return Member(
                event.workspace_id,
                event.user_id,
                event.role,
                event.team_id,
                event.custom_permissions,
                event.invited_by,
                event.at,
                event.at,
            )
        case MemberUpdated() if member is not None:
            return replace(
                member,
                role=event.role,
                team_id=event.team_id,
                custom_permissions=event.custom_permissions,
                updated_at=event.at,
            )
        case MemberRemoved() if member is not None:
            return replace(member, removed=True, updated_at=event.at)
        case _:
            raise TypeError(f"{event.TYPE} is no event of a member in this state")
