"""Giving out keys: the key itself stands in the outcome alone, sealed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from atrium_common import api_keys as form
from atrium_common.eventing.transaction import Transaction
from atrium_common.jsontypes import JSONObject
from atrium_common.scopes import EVERYTHING, missing
from atrium_tenancy.application.shown_once import sealed
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain import api_key as domain
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
    generate: Callable[[form.Environment], str] = form.generate,
) -> JSONObject:
    """Add a new key to the transaction; `key_id` and the sealed `key` for its outcome."""
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
    )
    await tx.emit(API_KEY, key_id, created)
    tx.claim(f"digest/{created.digest}", stream=API_KEY.stream(key_id))
    return {"key_id": key_id, "key": sealed(key, at=tx.at)}


def handed_on(scopes: Sequence[str]) -> tuple[str, ...]:
    """What the first key of somebody whom a key with these scopes invited may do: no more than that key."""
    return tuple(scopes) if missing((EVERYTHING,), scopes) else (EVERYTHING,)


async def first_key(
    tenancy: Tenancy, tx: Transaction, user_id: str, workspace_id: str, scopes: tuple[str, ...]
) -> JSONObject:
    """The first key of a user who came by invitation: bound to that workspace, and never with more than these scopes.

    Whoever invites sees the token, and needs no key to accept for an address without a user: a first key that could
    do more than the inviting one would be a way around the rule that no key makes a stronger one.
    """
    tier = (await tx.load(WORKSPACE, workspace_id)).there.tier
    return await give(
        tenancy,
        tx,
        user_id=user_id,
        workspace_id=workspace_id,
        bound=True,
        environment="live",
        settings=domain.Settings(name="First key", scopes=scopes, rate_limit_tier=tier),
    )
