"""A user: a person with a name and an e-mail address, both forgettable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from atrium_common.eventing.event import Event
from atrium_common.eventing.personal import Personal
from atrium_tenancy.domain.tiers import Tier


class UserRegistered(Event, type="user.registered", schema=1):
    """A person became known; `workspace_ids` may hear of it."""

    name: Personal
    email: Personal
    tier: Tier
    email_verified_at: datetime | None = None
    workspace_ids: tuple[str, ...] = ()
    at: datetime


class UserUpdated(Event, type="user.updated", schema=1):
    """Name, e-mail, tier or the address's verification changed; what is None stayed."""

    name: Personal | None = None
    email: Personal | None = None
    tier: Tier | None = None
    email_verified_at: datetime | None = None
    unverified: bool = False
    workspace_ids: tuple[str, ...] = ()
    at: datetime


class UserErased(Event, type="user.deleted", schema=1):
    """The person is forgotten.

    `forgets` are the subjects whose sealed values go with it: the user, and the invitations to its address.
    """

    workspace_ids: tuple[str, ...] = ()
    forgets: tuple[str, ...]
    at: datetime


EVENTS = (UserRegistered, UserUpdated, UserErased)


@dataclass(frozen=True, slots=True)
class User:
    """A user's state; name and e-mail are None once forgotten."""

    name: Personal
    email: Personal
    tier: Tier
    email_verified_at: datetime | None
    created_at: datetime
    updated_at: datetime
    erased: bool = False


def evolve(user: User | None, event: Event) -> User:
    """The user after the event."""
    match event:
        case UserRegistered():
            return User(event.name, event.email, event.tier, event.email_verified_at, event.at, event.at)
        case UserUpdated() if user is not None:
            return replace(
                user,
                name=event.name or user.name,
                email=event.email or user.email,
                tier=event.tier or user.tier,
                email_verified_at=None if event.unverified else event.email_verified_at or user.email_verified_at,
                updated_at=event.at,
            )
        case UserErased() if user is not None:
            forgotten = Personal(user.name.subject, None)
            return replace(user, name=forgotten, email=forgotten, erased=True, updated_at=event.at)
        case _:
            raise TypeError(f"{event.TYPE} is no event of a user in this state")


@dataclass(frozen=True, slots=True)
class Changes:
    """What is wanted of a user; None: as it is.

    Attributes:
        same_address: the e-mail is the present one in another spelling, and stays as verified as it is.
        unverified: the address counts as verified no more.
    """

    name: str | None = None
    email: str | None = None
    same_address: bool = False
    tier: Tier | None = None
    email_verified_at: datetime | None = None
    unverified: bool = False


def update(
    user: User, user_id: str, wanted: Changes, *, workspace_ids: tuple[str, ...], at: datetime
) -> tuple[Event, ...]:
    """Change what differs; nothing where nothing does."""
    name = Personal(user_id, wanted.name) if wanted.name not in {None, user.name.text} else None
    email = Personal(user_id, wanted.email) if wanted.email not in {None, user.email.text} else None
    tier = wanted.tier if wanted.tier != user.tier else None
    verified = wanted.email_verified_at if wanted.email_verified_at != user.email_verified_at else None
    lost = wanted.unverified or (email is not None and not wanted.same_address and verified is None)
    unverified = lost and user.email_verified_at is not None
    if name is None and email is None and tier is None and verified is None and not unverified:
        return ()
    event = UserUpdated(
        name=name,
        email=email,
        tier=tier,
        email_verified_at=verified,
        unverified=unverified,
        workspace_ids=workspace_ids,
        at=at,
    )
    return (event,)
