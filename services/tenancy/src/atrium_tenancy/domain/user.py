"""A user: a person with a name and an e-mail address, both forgettable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from atrium_common.eventing.event import Event
from atrium_common.eventing.personal import Personal
from atrium_tenancy.domain.tiers import Tier


class UserRegistered(Event, type="user.registered", schema=1):
    """A person became known."""

    name: Personal
    email: Personal
    tier: Tier
    at: datetime


class UserUpdated(Event, type="user.updated", schema=1):
    """Name, e-mail or tier changed; what is None stayed."""

    name: Personal | None = None
    email: Personal | None = None
    tier: Tier | None = None
    at: datetime


EVENTS = (UserRegistered, UserUpdated)


@dataclass(frozen=True, slots=True)
class User:
    """A user's state; name and e-mail are None once forgotten."""

    name: Personal
    email: Personal
    tier: Tier
    email_verified_at: datetime | None
    created_at: datetime
    updated_at: datetime


def evolve(user: User | None, event: Event) -> User:
    """The user after the event."""
    match event:
        case UserRegistered():
            return User(event.name, event.email, event.tier, None, event.at, event.at)
        case UserUpdated() if user is not None:
            verified = user.email_verified_at if event.email is None else None
            return replace(
                user,
                name=event.name or user.name,
                email=event.email or user.email,
                tier=event.tier or user.tier,
                email_verified_at=verified,
                updated_at=event.at,
            )
        case _:
            raise TypeError(f"{event.TYPE} is no event of a user in this state")


def update(
    user: User, user_id: str, *, name: str | None, email: str | None, tier: Tier | None, at: datetime
) -> tuple[Event, ...]:
    """Change what differs; nothing where nothing does."""
    changed_name = Personal(user_id, name) if name is not None and name != user.name.text else None
    changed_email = Personal(user_id, email) if email is not None and email != user.email.text else None
    changed_tier = tier if tier is not None and tier != user.tier else None
    if changed_name is None and changed_email is None and changed_tier is None:
        return ()
    return (UserUpdated(name=changed_name, email=changed_email, tier=changed_tier, at=at),)
