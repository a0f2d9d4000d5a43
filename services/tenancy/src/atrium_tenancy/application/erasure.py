"""Erasing a user: memberships, keys and own namespaces end, and what is personal is forgotten for good.

The commit decides; destroying the keys and scrubbing the store is done right after it, and again by the
housekeeping where a crash came between.
"""

from __future__ import annotations

import structlog

from atrium_common.errors import InsufficientPermissions, NotFound, StateConflict
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSONObject
from atrium_common.scopes import OPERATOR
from atrium_common.store.documents import Condition
from atrium_common.store.whole import every_document
from atrium_tenancy.application.access import BOUND, membership
from atrium_tenancy.application.namespaces import end as end_namespace
from atrium_tenancy.application.seats import unseat
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain import api_key, invitation, user
from atrium_tenancy.domain.workspace import is_gone
from atrium_tenancy.rows import (
    API_KEY,
    API_KEYS,
    INVITATION,
    INVITATIONS,
    NAMESPACE,
    NAMESPACES,
    USER,
    WORKSPACE,
)

log = structlog.get_logger("erasure")


async def erase(tenancy: Tenancy, call: Call, user_id: str) -> None:
    """Erase a user: itself by a key of its own, anybody by the operator.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed.
        StateConflict: the user is the last owner of a workspace.
    """
    principal = call.principal

    async def decide(tx: Transaction) -> JSONObject:
        loaded = await tx.load(USER, user_id)
        own = user_id == principal.user_id
        known = own or principal.is_operator
        known = known or await membership(tx, principal.workspace_id or "", user_id) is not None
        if loaded.state is None or loaded.state.erased or not known:
            raise NotFound("user", user_id)
        if not principal.is_operator and (not own or principal.bound):
            raise InsufficientPermissions(OPERATOR, BOUND if own else "Only the user itself deletes its account.")
        call.check_version(loaded.version)
        workspace_ids = await _leave_everywhere(tenancy, tx, user_id)
        await _end_what_was_its_own(tenancy, tx, user_id)
        forgets = (user_id, *await _forget_invitations(tenancy, tx, user_id))
        if loaded.state.email.text is not None:
            tx.release(tenancy.email_claim(loaded.state.email.text), stream=USER.stream(user_id))
        await tx.emit(USER, user_id, user.UserErased(workspace_ids=workspace_ids, forgets=forgets, at=tx.at))
        return {"forgets": list(forgets)}

    done = await tenancy.repository.transact(call.command, decide)
    forgets = done.outcome["forgets"]
    await forget(tenancy, tuple(str(subject) for subject in forgets) if isinstance(forgets, list) else ())


async def forget(tenancy: Tenancy, subjects: tuple[str, ...]) -> bool:
    """Destroy the keys of these subjects, and every trace of their rows in the store's files. May be repeated.

    False where the store's files could not be scrubbed yet.
    """
    for subject in subjects:
        await tenancy.sealing.forget(subject)
    return await tenancy.store.scrub()


async def clear_up(tenancy: Tenancy, user_id: str, *, command: Command) -> None:
    """End what an erased user was given while it was being erased."""

    async def decide(tx: Transaction) -> JSONObject:
        await _leave_everywhere(tenancy, tx, user_id, by_force=True)
        await _end_what_was_its_own(tenancy, tx, user_id)
        return {}

    await tenancy.repository.transact(command, decide)


async def _leave_everywhere(
    tenancy: Tenancy, tx: Transaction, user_id: str, *, by_force: bool = False
) -> tuple[str, ...]:
    workspace_ids = await tenancy.workspaces_of(user_id)
    for workspace_id in workspace_ids:
        member = await membership(tx, workspace_id, user_id)
        if member is None:
            continue
        try:
            await unseat(tx, member)
        except StateConflict:
            workspace = (await tx.load(WORKSPACE, workspace_id)).state
            # A deleted workspace may end without an owner: nobody will miss one there.
            if workspace is None or is_gone(workspace) or by_force:
                continue
            raise StateConflict(
                "last_owner",
                "delete",
                f"The user is the last owner of the workspace {workspace_id}: make somebody else one first.",
            ) from None
    return workspace_ids


async def _end_what_was_its_own(tenancy: Tenancy, tx: Transaction, user_id: str) -> None:
    async for row in every_document(tenancy.documents, API_KEYS.name, (Condition("user_id", "eq", user_id),)):
        loaded = await tx.load(API_KEY, row.key)
        if loaded.state is not None:
            await tx.emit(API_KEY, row.key, *api_key.revoke(loaded.state, at=tx.at))
    async for row in every_document(tenancy.documents, NAMESPACES.name, (Condition("owner_id", "eq", user_id),)):
        found = await tx.load(NAMESPACE, row.key)
        if found.state is not None and not found.state.deleted:
            await end_namespace(tenancy, tx, row.key, found.state)


async def _forget_invitations(tenancy: Tenancy, tx: Transaction, user_id: str) -> tuple[str, ...]:
    """The invitations to every address that the person has had, which are forgotten with it; open ones are taken back.

    Not those to an address that is somebody else's now, unless the person itself has accepted them.
    """
    addresses = {state.email.text for state in await tenancy.repository.states(USER, user_id)}
    claims = {tenancy.email_claim(address) for address in addresses if address is not None}
    others = {claim for claim in claims if await tenancy.claimant(claim) not in {None, user_id}}
    where = (Condition("email_claim", "in", tuple(claims)),)
    found = [
        row
        async for row in every_document(tenancy.documents, INVITATIONS.name, where)
        if row.body["email_claim"] not in others or row.body["accepted_by"] == user_id
    ]
    for row in found:
        state = (await tx.load(INVITATION, row.key)).there
        if state.status(tx.at) == "pending":
            await tx.emit(INVITATION, row.key, invitation.InvitationRevoked(at=tx.at))
        await tx.emit(INVITATION, row.key, invitation.InvitationForgotten(at=tx.at))
    return tuple(row.key for row in found)
