"""Giving out keys: the key itself stands in the outcome alone, sealed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from atrium_common import api_keys as form
from atrium_common.eventing.transaction import Transaction
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import Principal
from atrium_common.scopes import EVERYTHING, missing
from atrium_tenancy.application.shown_once import sealed
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain import api_key as domain
from atrium_tenancy.domain.invitation import Invitation
from atrium_tenancy.domain.tiers import Tier, lower, tier_of
from atrium_tenancy.rows import API_KEY, WORKSPACE


async def give(
    tenancy: Tenancy,
    tx: Transaction,
    *,
    user_id: str,
    workspace_id: str,
    bound: bool,
    environment: form.Environment,
    settings: domain.Settings,
    within: tuple[str, ...] | None = None,
    generate: Callable[[form.Environment], str] = form.generate,
) -> JSONObject:
    """Add a new key to the transaction; `key_id` and the sealed `key` for its outcome.

    `within` bounds what it may do for good, where who has it in hands is not its user.
    """
    key, key_id = generate(environment), tenancy.ids.new("key")
    created = domain.ApiKeyCreated(
        workspace_id=workspace_id,
        user_id=user_id,
        bound=bound,
        environment=environment,
        digest=form.digest(key),
        last4=key[-4:],
        settings=settings,
        at=tx.at,
        within=within,
    )
    await tx.emit(API_KEY, key_id, created)
    tx.claim(f"digest/{created.digest}", stream=API_KEY.stream(key_id))
    return {"key_id": key_id, "key": sealed(key, at=tx.at)}


def handed_on(scopes: Sequence[str]) -> tuple[str, ...]:
    """What the first key of somebody whom a key with these scopes invited may do: no more than that key."""
    return tuple(scopes) if missing((EVERYTHING,), scopes) else (EVERYTHING,)


def tier_of_key(principal: Principal) -> Tier:
    """The highest tier that the caller's key may give another."""
    return "enterprise" if principal.is_operator else tier_of(principal.tier)


async def own_limit(tx: Transaction, principal: Principal) -> domain.RateLimit | None:
    """The limit that the caller's key has of its own; None where its tier alone says how much."""
    if principal.is_operator or principal.tier != "enterprise":
        return None
    key = (await tx.load(API_KEY, principal.key_id)).state
    return None if key is None else key.settings.rate_limit


async def first_key(tenancy: Tenancy, tx: Transaction, user_id: str, invitation: Invitation) -> JSONObject:
    """The first key of a user who came by invitation: bound to the workspace, never more than the one that invited.

    Whoever invites sees the token, and needs no key to accept for an address without a user: a first key that could
    do more than the inviting one would be a way around the rule that no key makes a stronger one.
    """
    workspace_id = invitation.workspace_id
    tier = lower((await tx.load(WORKSPACE, workspace_id)).there.tier, invitation.tier)
    return await give(
        tenancy,
        tx,
        user_id=user_id,
        workspace_id=workspace_id,
        bound=True,
        environment="live",
        settings=domain.Settings(
            name="First key",
            scopes=invitation.scopes,
            rate_limit_tier=tier,
            rate_limit=invitation.rate_limit if tier == "enterprise" else None,
        ),
    )
