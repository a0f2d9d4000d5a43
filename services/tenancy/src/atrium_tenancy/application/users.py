"""Commands on users."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from atrium_common.errors import InsufficientPermissions, NotFound, ValidationFailed
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.personal import Personal
from atrium_common.eventing.transaction import Transacted, Transaction
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import Principal
from atrium_common.scopes import OPERATOR
from atrium_common.store.ports import ClaimTaken
from atrium_tenancy.application.access import BOUND, Loader, access, membership
from atrium_tenancy.application.invitations import invite
from atrium_tenancy.application.seats import seat
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain import user as domain
from atrium_tenancy.domain.roles import Role
from atrium_tenancy.domain.tiers import Tier
from atrium_tenancy.rows import USER

_RACES = 5


@dataclass(frozen=True, slots=True)
class NewUser:
    """What a client asks for; tier and verification are the operator's to set."""

    name: str
    email: str
    role: Role
    tier: Tier | None
    email_verified_at: datetime | None


async def create(tenancy: Tenancy, call: Call, wanted: NewUser) -> Transacted:
    """Add a person to the workspace in context: a new user, or an invitation where the address is known.

    The outcome has the user's `id`, or what `invited` reads.

    Raises:
        NotFound, InsufficientPermissions, ValidationFailed.
        Duplicate: the address is a member's.
    """
    workspace_id = call.principal.workspace_id or call.principal.key_workspace_id
    _check_operators_own(call.principal, tier=wanted.tier, verified=wanted.email_verified_at)

    async def decide(tx: Transaction) -> JSONObject:
        found = await access(tx, call.principal, workspace_id)
        found.require("users:write")
        found.require_role(wanted.role)
        claim = tenancy.email_claim(wanted.email)
        if await tenancy.claimant(claim) is not None:
            return await invite(tenancy, tx, call, found, email=wanted.email, role=wanted.role)
        user_id = tenancy.ids.new("usr")
        registered = domain.UserRegistered(
            name=Personal(user_id, wanted.name),
            email=Personal(user_id, wanted.email),
            tier=wanted.tier or "free",
            email_verified_at=wanted.email_verified_at,
            workspace_ids=(workspace_id,),
            at=tx.at,
        )
        await tx.emit(USER, user_id, registered)
        tx.claim(claim, stream=USER.stream(user_id))
        await seat(tx, workspace_id, user_id, wanted.role, invited_by=call.principal.user_id)
        return {"id": user_id}

    for _ in range(_RACES):
        try:
            return await tenancy.repository.transact(call.command, decide)
        except ClaimTaken:
            # Somebody has just registered with the address: then it is known.
            continue
    return await tenancy.repository.transact(call.command, decide)


async def read(tenancy: Tenancy, call: Call, user_id: str) -> Loaded[domain.User]:
    """A user whom the caller may see: itself, or a member of the workspace in context.

    Raises:
        NotFound: otherwise.
    """
    loaded = await _in_context(tenancy.repository, call.principal, user_id)
    if user_id != call.principal.user_id:
        call.require_permission("users:read")
    return loaded


async def update(
    tenancy: Tenancy, call: Call, user_id: str, wanted: domain.Changes, *, given: frozenset[str]
) -> Loaded[domain.User]:
    """Change a user: itself by a key that is its own, its name by admins of a common workspace, all by the operator.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed, ValidationFailed.
        ClaimTaken: the e-mail is another user's.
    """
    principal = call.principal
    verified = wanted.email_verified_at is not None or wanted.unverified
    _check_operators_own(principal, tier=wanted.tier, verified=verified)

    async def decide(tx: Transaction) -> JSONObject:
        loaded = await _in_context(tx, principal, user_id)
        user = loaded.there
        own = user_id == principal.user_id
        if not own:
            call.require_permission("users:write")
        if "email" in given and not principal.is_operator and (not own or principal.bound):
            # An admin's key for a member is bound: it must not take over the member's account. No role gives this.
            raise InsufficientPermissions(
                OPERATOR, BOUND if own else "Only the user itself changes its e-mail address."
            )
        call.check_version(loaded.version)
        changes = wanted
        if wanted.email is not None and user.email.text is not None:
            old, new = tenancy.email_claim(user.email.text), tenancy.email_claim(wanted.email)
            if old == new:
                changes = _same_address(wanted)
            else:
                tx.claim(new, stream=USER.stream(user_id))
                tx.release(old, stream=USER.stream(user_id))
        workspace_ids = await tenancy.workspaces_of(user_id)
        await tx.emit(USER, user_id, *domain.update(user, user_id, changes, workspace_ids=workspace_ids, at=tx.at))
        return {"id": user_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(USER, user_id)


async def _in_context(loader: Loader, principal: Principal, user_id: str) -> Loaded[domain.User]:
    loaded = await loader.load(USER, user_id)
    if loaded.state is None or loaded.state.erased:
        raise NotFound("user", user_id)
    if user_id == principal.user_id or principal.is_operator:
        return loaded
    if await membership(loader, principal.workspace_id or "", user_id) is None:
        raise NotFound("user", user_id)
    return loaded


def _same_address(wanted: domain.Changes) -> domain.Changes:
    return replace(wanted, same_address=True)


def _check_operators_own(principal: Principal, *, tier: object, verified: object) -> None:
    if principal.is_operator:
        return
    faults = {"tier": tier, "email_verified_at": verified}
    refused = {name: ["Only the platform's operator sets this."] for name, value in faults.items() if value}
    if refused:
        raise ValidationFailed(refused)
