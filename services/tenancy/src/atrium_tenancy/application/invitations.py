"""Commands on invitations: a token of 64 characters, shown once, kept as a digest, good once and for seven days."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from atrium_common.clock import rfc3339
from atrium_common.errors import (
    Duplicate,
    Gone,
    InsufficientPermissions,
    NotFound,
    StateConflict,
    Unauthenticated,
    WorkspaceSuspended,
)
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.personal import Personal
from atrium_common.eventing.transaction import Transacted, Transaction
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSONObject
from atrium_common.scopes import beyond, grants
from atrium_tenancy.application.access import Access, access, membership, permissions_of
from atrium_tenancy.application.giving import first_key, handed_on, own_limit, tier_of_key
from atrium_tenancy.application.members import check_team
from atrium_tenancy.application.seats import seat
from atrium_tenancy.application.shown_once import sealed, shown_once
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain import invitation as domain
from atrium_tenancy.domain.api_key import ApiKey
from atrium_tenancy.domain.member import Member, key_of
from atrium_tenancy.domain.roles import PERMISSIONS, Role
from atrium_tenancy.domain.user import User, UserRegistered
from atrium_tenancy.domain.workspace import is_gone
from atrium_tenancy.rows import API_KEY, INVITATION, MEMBER, TEAM, USER, WORKSPACE

_UNKNOWN = "There is no invitation with this token: check that it is whole (64 characters), or ask for a new one."
_FOR_ANOTHER = "This invitation is for another address: use a key of the user who has it, bound to no workspace."


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an acceptance; key and API key only where the user is new."""

    member: Loaded[Member]
    user: Loaded[User]
    api_key: Loaded[ApiKey] | None
    key: str | None


async def create(
    tenancy: Tenancy, call: Call, workspace_id: str, *, email: str, role: Role, team_id: str | None
) -> tuple[Loaded[domain.Invitation], str | None]:
    """Invite whoever has this address; the token is in the answer alone, None once it may not be shown again.

    Raises:
        NotFound, InsufficientPermissions, ValidationFailed.
        Duplicate: the address is a member's.
    """

    async def decide(tx: Transaction) -> JSONObject:
        found = await access(tx, call.principal, workspace_id)
        found.require("members:write")
        return await invite(tenancy, tx, call, found, email=email, role=role, team_id=team_id)

    return await invited(await tenancy.repository.transact(call.command, decide))


async def invite(
    tenancy: Tenancy,
    tx: Transaction,
    call: Call,
    found: Access,
    *,
    email: str,
    role: Role,
    team_id: str | None = None,
    make_token: Callable[[], str] = lambda: secrets.token_hex(32),
) -> JSONObject:
    """Add an invitation to the transaction; the outcome that `invited` reads.

    Raises:
        InsufficientPermissions: the role or team gives more than the caller may.
        Duplicate: the address is a member's.
    """
    found.require_role(role)
    if team_id is not None:
        await check_team(tx, found, team_id)
    claim = tenancy.email_claim(email)
    user_id = await tenancy.claimant(claim)
    if user_id is not None and await membership(tx, found.workspace_id, user_id) is not None:
        raise Duplicate("email", "Somebody with this e-mail address is a member already.")
    invitation_id, token = tenancy.ids.new("inv"), make_token()
    created = domain.InvitationCreated(
        workspace_id=found.workspace_id,
        email=Personal(invitation_id, email),
        email_claim=claim,
        role=role,
        team_id=team_id,
        invited_by=call.principal.user_id,
        expires_at=tx.at + domain.LIFETIME,
        at=tx.at,
        scopes=handed_on(call.principal.scopes),
        tier=tier_of_key(call.principal),
        rate_limit=await own_limit(tx, call.principal),
        by_operator=call.principal.is_operator,
    )
    await tx.emit(INVITATION, invitation_id, created)
    tx.claim(token_claim(token), stream=INVITATION.stream(invitation_id))
    return {"invitation_id": invitation_id, "token": sealed(token, at=tx.at)}


async def invited(done: Transacted) -> tuple[Loaded[domain.Invitation], str | None]:
    """The invitation that a transaction made, and its token."""
    loaded = await done.state(INVITATION, str(done.outcome["invitation_id"]))
    return loaded, shown_once(done.outcome["token"])


async def read(tenancy: Tenancy, call: Call, workspace_id: str, invitation_id: str) -> Loaded[domain.Invitation]:
    """An invitation to the workspace.

    Raises:
        NotFound: the workspace is not the caller's, or has no such invitation.
    """
    found = await access(tenancy.repository, call.principal, workspace_id)
    found.require("members:read")
    loaded = await tenancy.repository.load(INVITATION, invitation_id)
    if loaded.state is None or loaded.state.workspace_id != workspace_id:
        raise NotFound("invitation", invitation_id)
    return loaded


async def revoke(tenancy: Tenancy, call: Call, workspace_id: str, invitation_id: str) -> None:
    """Take back an invitation that is open.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed.
        StateConflict: it was used, revoked or has expired.
    """

    async def decide(tx: Transaction) -> JSONObject:
        found = await access(tx, call.principal, workspace_id)
        found.require("members:delete")
        loaded = await tx.load(INVITATION, invitation_id)
        if loaded.state is None or loaded.state.workspace_id != workspace_id:
            raise NotFound("invitation", invitation_id)
        call.check_version(loaded.version)
        status = loaded.state.status(tx.at)
        if status != "pending":
            raise StateConflict(status, "revoke")
        await tx.emit(INVITATION, invitation_id, domain.InvitationRevoked(at=tx.at))
        return {"id": invitation_id}

    await tenancy.repository.transact(call.command, decide)


async def accept(tenancy: Tenancy, call: Call, token: str, *, name: str | None) -> Accepted:
    """Join the workspace that the token opens: as the user with its address, or as a new one where there is none.

    Raises:
        NotFound: no invitation has this token.
        Gone: it was used or revoked, has expired, its workspace is gone, or whoever made it may not any more.
        WorkspaceSuspended: its workspace is closed.
        InsufficientPermissions: the key is another user's, or bound to a workspace.
        Unauthenticated: there is a user of this address, and no key was given.
        StateConflict: the user is a member already.
    """
    invitation_id = await tenancy.claimant(token_claim(token))
    if invitation_id is None:
        raise NotFound("invitation", f"{token[:4]}…", _UNKNOWN)

    async def decide(tx: Transaction) -> JSONObject:
        invitation = (await tx.load(INVITATION, invitation_id)).there
        domain.check_open(invitation, at=tx.at)
        workspace = (await tx.load(WORKSPACE, invitation.workspace_id)).state
        if workspace is None or is_gone(workspace):
            raise Gone("The workspace of this invitation is gone.")
        if workspace.status == "suspended" and not call.principal.is_operator:
            # Why, is the business of those who belong to it.
            raise WorkspaceSuspended(None if workspace.suspended_at is None else rfc3339(workspace.suspended_at), None)
        await _check_still_given(tx, invitation)
        outcome = await _person(tenancy, tx, call, invitation, name=name)
        user_id = str(outcome["user_id"])
        if await membership(tx, invitation.workspace_id, user_id) is not None:
            raise StateConflict("member", "accept", "You are a member of this workspace already.")
        await seat(
            tx,
            invitation.workspace_id,
            user_id,
            invitation.role,
            team_id=await _team(tx, invitation),
            invited_by=invitation.invited_by,
        )
        await tx.emit(INVITATION, invitation_id, domain.InvitationAccepted(user_id=user_id, at=tx.at))
        return {**outcome, "workspace_id": invitation.workspace_id}

    done = await tenancy.repository.transact(call.command, decide)
    outcome = done.outcome
    user_id, key_id = str(outcome["user_id"]), outcome.get("key_id")
    return Accepted(
        await done.state(MEMBER, key_of(str(outcome["workspace_id"]), user_id)),
        await done.state(USER, user_id),
        await done.state(API_KEY, key_id) if isinstance(key_id, str) else None,
        shown_once(outcome.get("key")),
    )


def token_claim(token: str) -> str:
    """The claim of a token: its digest, which tells nothing of it."""
    return f"token/{hashlib.sha256(token.encode()).hexdigest()}"


async def _check_still_given(tx: Transaction, invitation: domain.Invitation) -> None:
    """Return if whoever invited may still do so: who was thrown out must not come back by an invitation of its own.

    Raises:
        Gone: it was removed, or may give so much no more.
    """
    inviter = (await tx.load(MEMBER, key_of(invitation.workspace_id, invitation.invited_by))).state
    # One of before it was told who operates: who never was a member, does.
    if invitation.by_operator or (invitation.by_operator is None and inviter is None):
        return
    held = () if inviter is None or inviter.removed else await permissions_of(tx, inviter)
    team_id = await _team(tx, invitation)
    team = () if team_id is None else (await tx.load(TEAM, team_id)).there.permissions
    invites = grants(held, "members:write") or grants(held, "users:write")
    if not invites or beyond((*PERMISSIONS[invitation.role], *team), held):
        raise Gone("Whoever made this invitation may not invite you any more. Ask for a new one.")


async def _person(
    tenancy: Tenancy, tx: Transaction, call: Call, invitation: domain.Invitation, *, name: str | None
) -> JSONObject:
    """Who joins; a new user gets a key that is bound to the workspace."""
    known = await tenancy.claimant(invitation.email_claim)
    if call.principal.user_id:
        if call.principal.bound or known != call.principal.user_id:
            raise InsufficientPermissions("members:write", _FOR_ANOTHER)
        return {"user_id": known}
    if known is not None:
        raise Unauthenticated
    user_id, email = tenancy.ids.new("usr"), invitation.email.text or ""
    registered = UserRegistered(
        name=Personal(user_id, name or email.partition("@")[0]),
        email=Personal(user_id, email),
        tier="free",
        workspace_ids=(invitation.workspace_id,),
        at=tx.at,
    )
    await tx.emit(USER, user_id, registered)
    tx.claim(invitation.email_claim, stream=USER.stream(user_id))
    return {"user_id": user_id, **await first_key(tenancy, tx, user_id, invitation)}


async def _team(tx: Transaction, invitation: domain.Invitation) -> str | None:
    """The team of the invitation, where it is still there."""
    if invitation.team_id is None:
        return None
    team = (await tx.load(TEAM, invitation.team_id)).state
    return None if team is None or team.deleted else invitation.team_id
