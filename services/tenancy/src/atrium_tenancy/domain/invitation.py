"""An invitation: a person, known by an e-mail address alone, may join a workspace. The token is never here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from atrium_common.errors import Gone
from atrium_common.eventing.event import Event
from atrium_common.eventing.personal import Personal
from atrium_common.scopes import EVERYTHING
from atrium_tenancy.domain.api_key import RateLimit
from atrium_tenancy.domain.roles import Role
from atrium_tenancy.domain.tiers import Tier

Status: TypeAlias = Literal["pending", "accepted", "revoked", "expired"]
LIFETIME = timedelta(days=7)


class InvitationCreated(Event, type="invitation.created", schema=1):
    """Somebody is invited.

    The address is sealed under the invitation's own key; `email_claim` is its keyed hash. `scopes`, `tier` and
    `rate_limit` bound the first key of a new user: those of the key that invited. `by_operator` says whether that one
    held `admin:*`; None: not known.
    """

    workspace_id: str
    email: Personal
    email_claim: str
    role: Role
    team_id: str | None = None
    invited_by: str
    expires_at: datetime
    at: datetime
    scopes: tuple[str, ...] = (EVERYTHING,)
    tier: Tier = "enterprise"
    rate_limit: RateLimit | None = None
    by_operator: bool | None = None


class InvitationAccepted(Event, type="invitation.accepted", schema=1):
    """The person has joined."""

    user_id: str
    at: datetime


class InvitationRevoked(Event, type="invitation.revoked", schema=1):
    """Taken back."""

    at: datetime


class InvitationForgotten(Event, type="invitation.forgotten", schema=1):
    """The person was erased, and with it the address."""

    at: datetime


EVENTS = (InvitationCreated, InvitationAccepted, InvitationRevoked, InvitationForgotten)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation's state."""

    workspace_id: str
    email: Personal
    email_claim: str
    role: Role
    team_id: str | None
    invited_by: str
    expires_at: datetime
    created_at: datetime
    updated_at: datetime
    accepted_by: str | None = None
    revoked: bool = False
    scopes: tuple[str, ...] = (EVERYTHING,)
    tier: Tier = "enterprise"
    rate_limit: RateLimit | None = None
    by_operator: bool | None = None

    def status(self, now: datetime) -> Status:
        """Where it stands at this moment."""
        if self.accepted_by is not None:
            return "accepted"
        if self.revoked:
            return "revoked"
        return "expired" if self.expires_at <= now else "pending"


def evolve(invitation: Invitation | None, event: Event) -> Invitation:
    """The invitation after the event."""
    match event:
        case InvitationCreated():
            return Invitation(
                event.workspace_id,
                event.email,
                event.email_claim,
                event.role,
                event.team_id,
                event.invited_by,
                event.expires_at,
                event.at,
                event.at,
                scopes=event.scopes,
                tier=event.tier,
                rate_limit=event.rate_limit,
                by_operator=event.by_operator,
            )
        case InvitationAccepted() if invitation is not None:
            return replace(invitation, accepted_by=event.user_id, updated_at=event.at)
        case InvitationRevoked() if invitation is not None:
            return replace(invitation, revoked=True, updated_at=event.at)
        case InvitationForgotten() if invitation is not None:
            forgotten = Personal(invitation.email.subject, None)
            return replace(invitation, email=forgotten, email_claim="", updated_at=event.at)
        case _:
            raise TypeError(f"{event.TYPE} is no event of an invitation in this state")


def check_open(invitation: Invitation, *, at: datetime) -> None:
    """Return if it can be accepted.

    Raises:
        Gone: it was used or revoked, or its time is over.
    """
    status = invitation.status(at)
    if status != "pending":
        told = {"accepted": "was used", "revoked": "was revoked", "expired": "has expired"}[status]
        raise Gone(f"This invitation {told}. Ask for a new one.")
