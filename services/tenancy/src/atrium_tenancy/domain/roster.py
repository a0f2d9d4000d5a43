"""A workspace's roster: what must hold over all its members, and cannot be seen from one of them.

It counts rather than lists, so that it stays small in the largest workspace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from atrium_common.errors import StateConflict
from atrium_common.eventing.event import Event
from atrium_tenancy.domain.roles import Role

MOST_MEMBERS = 20_000
"""How many members a workspace may have: what each page of its users is chosen from."""


class Seat(BaseModel):
    """A member's place: role and team."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    team_id: str


class RosterOpened(Event, type="roster.opened", schema=1):
    """A workspace has its system teams, by role."""

    teams: dict[Role, str]
    at: datetime


class SeatChanged(Event, type="roster.seat_changed", schema=1):
    """A user's seat is another one; None: none."""

    user_id: str
    before: Seat | None
    after: Seat | None
    at: datetime


class TeamRetired(Event, type="roster.team_retired", schema=1):
    """A team is no more: nobody can be put into it at the same time unseen."""

    team_id: str
    at: datetime


EVENTS = (RosterOpened, SeatChanged, TeamRetired)


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster's state.

    Attributes:
        teams: the system teams, by role.
        owners: in the order in which they became owners.
        sizes: how many members each team has; a team without any is absent.
    """

    teams: Mapping[Role, str]
    owners: tuple[str, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)


def evolve(roster: Roster | None, event: Event) -> Roster:
    """The roster after the event."""
    match event:
        case RosterOpened():
            return Roster(event.teams)
        case SeatChanged() if roster is not None:
            owners = roster.owners
            owner = event.after is not None and event.after.role == "owner"
            if owner and event.user_id not in owners:
                owners = (*owners, event.user_id)
            elif not owner:
                owners = tuple(user_id for user_id in owners if user_id != event.user_id)
            sizes = dict(roster.sizes)
            for seat, change in ((event.before, -1), (event.after, 1)):
                if seat is not None:
                    sizes[seat.team_id] = sizes.get(seat.team_id, 0) + change
            return replace(roster, owners=owners, sizes={team: size for team, size in sizes.items() if size})
        case TeamRetired() if roster is not None:
            return roster
        case _:
            raise TypeError(f"{event.TYPE} is no event of a roster in this state")


def change_seat(roster: Roster, user_id: str, *, before: Seat | None, after: Seat | None, at: datetime) -> Event:
    """Seat, move or unseat a user.

    Raises:
        StateConflict: the workspace would be without an owner, or is full.
    """
    if before is None and sum(roster.sizes.values()) >= MOST_MEMBERS:
        raise StateConflict("full", "add", f"A workspace has at most {MOST_MEMBERS:,} members.")
    stays = after is not None and after.role == "owner"
    if roster.owners == (user_id,) and not stays:
        action = "remove" if after is None else "change"
        raise StateConflict("last_owner", action, "A workspace needs an owner: make somebody else one first.")
    return SeatChanged(user_id=user_id, before=before, after=after, at=at)


def retire(roster: Roster, team_id: str, *, at: datetime) -> Event:
    """Take note that a team ends which nobody is in.

    Raises:
        StateConflict: somebody is.
    """
    if roster.sizes.get(team_id):
        raise StateConflict("in_use", "delete", "The team has members: move them to another team first.")
    return TeamRetired(team_id=team_id, at=at)
