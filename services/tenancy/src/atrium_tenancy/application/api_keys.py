"""Commands on API keys: what is given never goes beyond what the giver has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from atrium_common import api_keys as form
from atrium_common.errors import InsufficientPermissions, InsufficientScope, NotFound, ValidationFailed
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.transaction import Transaction
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import Principal
from atrium_common.scopes import common, missing
from atrium_tenancy.application.access import Access, Loader, access, membership, permissions_of
from atrium_tenancy.application.giving import give, own_limit, tier_of_key
from atrium_tenancy.application.shown_once import shown_once
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain import api_key as domain
from atrium_tenancy.domain.roles import MANAGERS
from atrium_tenancy.domain.tiers import LIMITS, Tier, is_above, lower
from atrium_tenancy.rows import API_KEY

_USUAL = domain.RateLimit(requests=LIMITS["enterprise"][0], burst=LIMITS["enterprise"][1])
_ANOTHERS = (
    "This key acts for its user in all of their workspaces: another may take from it, but add nothing to it. Rotate it,"
    " and the new one is bound to this workspace."
)


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """What a client asks for; without a tier the key gets the highest that both workspace and caller have."""

    settings: domain.Settings
    rate_limit_tier: Tier | None
    environment: form.Environment
    user_id: str | None


async def create(tenancy: Tenancy, call: Call, wanted: NewApiKey) -> tuple[Loaded[domain.ApiKey], str | None]:
    """Create a key in the workspace in context, for the caller or a member; the key itself is in the answer alone.

    The key is None where a replay comes after the time in which it may be shown again.

    Raises:
        InsufficientScope, InsufficientPermissions: something goes beyond the caller's own.
        ValidationFailed: the tier is above the workspace's or the caller's, the expiry is past, or the user no member.
    """
    principal = call.principal
    workspace_id = principal.workspace_id or principal.key_workspace_id

    async def decide(tx: Transaction) -> JSONObject:
        found = await access(tx, principal, workspace_id)
        found.require("api-keys:write")
        user_id = wanted.user_id or principal.user_id
        bound = await _binding(tx, call, found, user_id)
        within = principal.within if user_id == principal.user_id else _most(found, principal)
        tier = wanted.rate_limit_tier or lower(found.workspace.tier, tier_of_key(principal))
        settings = wanted.settings.model_copy(update={"rate_limit_tier": tier})
        if tier == "enterprise" and settings.rate_limit is None:
            settings = settings.model_copy(update={"rate_limit": await own_limit(tx, principal)})
        await _check_within(tx, call, found, settings)
        if settings.expires_at is not None and settings.expires_at <= tx.at:
            raise ValidationFailed({"expires_at": ["Must be in the future."]})
        return await give(
            tenancy,
            tx,
            user_id=user_id,
            workspace_id=workspace_id,
            bound=bound,
            environment=wanted.environment,
            settings=settings,
            within=within,
        )

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(API_KEY, str(done.outcome["key_id"])), shown_once(done.outcome["key"])


async def read(tenancy: Tenancy, call: Call, key_id: str) -> Loaded[domain.ApiKey]:
    """A key of the workspace in context.

    Raises:
        NotFound: there is none of this id there that the caller may see.
    """
    return await _visible(tenancy.repository, call.principal, key_id)


async def update(tenancy: Tenancy, call: Call, key_id: str, changes: dict[str, object]) -> Loaded[domain.ApiKey]:
    """Change a key's settings; neither what it may do now nor what it is to may go beyond the caller's own.

    From a key that acts for somebody else in all their workspaces, only something can be taken: to add to it would give
    whoever holds it more in workspaces that the caller has nothing to do with.

    Raises:
        NotFound, InsufficientScope, InsufficientPermissions, PreconditionFailed, ValidationFailed.
        StateConflict: the key was rotated, and would outlive its grace.
    """

    async def decide(tx: Transaction) -> JSONObject:
        loaded = await _visible(tx, call.principal, key_id)
        key = loaded.there
        found = await access(tx, call.principal, key.created.workspace_id)
        found.require("api-keys:write")
        call.check_version(loaded.version)
        await _check_target(tx, call, found, key)
        settings = key.settings.model_copy(update=changes)
        if settings.rate_limit_tier != "enterprise" and "rate_limit" not in changes:
            settings = settings.model_copy(update={"rate_limit": None})
        await _check_within(tx, call, found, settings)
        if _is_anothers(call.principal, key) and settings.widens(key.settings):
            raise InsufficientPermissions("api-keys:write", _ANOTHERS)
        if "expires_at" in changes and settings.expires_at is not None and settings.expires_at <= tx.at:
            raise ValidationFailed({"expires_at": ["Must be in the future."]})
        await tx.emit(API_KEY, key_id, *domain.update(key, settings, at=tx.at))
        return {"id": key_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(API_KEY, key_id)


@dataclass(frozen=True, slots=True)
class Rotated:
    """The new key, what it opens with (None once it may not be shown any more), and the one before."""

    new: Loaded[domain.ApiKey]
    key: str | None
    old: Loaded[domain.ApiKey]


async def rotate(tenancy: Tenancy, call: Call, key_id: str, *, grace: timedelta) -> Rotated:
    """Give a key with the same settings in the place of this one, which ends when the grace does.

    A key that somebody else than its user rotates is bound to the workspace: its secret is in other hands then.

    Raises:
        NotFound, InsufficientScope, InsufficientPermissions, PreconditionFailed.
        StateConflict: the key was rotated already, or has expired.
    """
    principal = call.principal

    async def decide(tx: Transaction) -> JSONObject:
        loaded = await _visible(tx, principal, key_id)
        key = loaded.there
        found = await access(tx, principal, key.created.workspace_id)
        found.require("api-keys:write")
        call.check_version(loaded.version)
        await _check_target(tx, call, found, key)
        others = key.created.user_id != principal.user_id and not principal.is_operator
        given = await give(
            tenancy,
            tx,
            user_id=key.created.user_id,
            workspace_id=key.created.workspace_id,
            bound=key.created.bound or principal.bound or others,
            environment=key.created.environment,
            settings=key.settings,
            within=_lesser(key.created.within, _most(found, principal) if others else principal.within),
        )
        await tx.emit(API_KEY, key_id, domain.rotate(key, str(given["key_id"]), grace=grace, at=tx.at))
        return given

    done = await tenancy.repository.transact(call.command, decide)
    return Rotated(
        await done.state(API_KEY, str(done.outcome["key_id"])),
        shown_once(done.outcome["key"]),
        await done.state(API_KEY, key_id),
    )


async def revoke(tenancy: Tenancy, call: Call, key_id: str) -> None:
    """Revoke a key of the workspace in context, whose user has no more to say there than the caller.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed.
    """

    async def decide(tx: Transaction) -> JSONObject:
        loaded = await _visible(tx, call.principal, key_id)
        found = await access(tx, call.principal, loaded.there.created.workspace_id)
        found.require("api-keys:delete")
        call.check_version(loaded.version)
        await _check_user(tx, call.principal, found, loaded.there)
        await tx.emit(API_KEY, key_id, *domain.revoke(loaded.there, at=tx.at))
        return {"id": key_id}

    await tenancy.repository.transact(call.command, decide)


def sees_all(principal: Principal) -> bool:
    """Whether the caller sees every key of the workspace in context; others see their own."""
    return principal.is_operator or principal.role in MANAGERS or principal.permits("api-keys:write")


async def _visible(loader: Loader, principal: Principal, key_id: str) -> Loaded[domain.ApiKey]:
    loaded = await loader.load(API_KEY, key_id)
    key = loaded.state
    if key is None or key.revoked or key.created.workspace_id != principal.workspace_id:
        raise NotFound("api_key", key_id)
    if key.created.user_id != principal.user_id and not sees_all(principal):
        raise NotFound("api_key", key_id)
    return loaded


async def _binding(tx: Transaction, call: Call, found: Access, user_id: str) -> bool:
    """Whether a new key of this user is bound to the workspace for life.

    Raises:
        InsufficientPermissions: the caller may make no key for this user.
        ValidationFailed: the user is no member.
    """
    if user_id == call.principal.user_id:
        return call.principal.bound
    if not call.principal.is_operator and found.role not in MANAGERS:
        raise InsufficientPermissions("members:write", "Only owners and admins make keys for other members.")
    member = await membership(tx, found.workspace_id, user_id)
    if member is None:
        raise ValidationFailed({"user_id": ["Not a member of this workspace."]})
    found.require_within(await permissions_of(tx, member))
    return not call.principal.is_operator


async def _check_target(tx: Transaction, call: Call, found: Access, key: domain.ApiKey) -> None:
    """Return if scopes, tier and user's role of the key are within the caller's.

    Raises:
        InsufficientScope, InsufficientPermissions: they are not.
    """
    beyond = missing(key.settings.scopes, call.principal.scopes)
    if beyond:
        raise InsufficientScope(beyond[0], call.principal.scopes)
    if call.principal.is_operator:
        return
    await _check_user(tx, call.principal, found, key)
    own = await own_limit(tx, call.principal)
    above = is_above(lower(key.settings.rate_limit_tier, found.workspace.tier), tier_of_key(call.principal))
    if above or not (own is None or key.settings.limit.is_within(own)):
        raise InsufficientPermissions(
            "api-keys:write", "The key has a higher tier or limit than yours: use a key that has at least the same."
        )


async def _check_user(tx: Transaction, principal: Principal, found: Access, key: domain.ApiKey) -> None:
    """Return if the key is the caller's own, or its user may do no more in the workspace than the caller.

    Raises:
        InsufficientPermissions: the user may do more.
    """
    own = key.created.user_id == principal.user_id and principal.within is None
    if principal.is_operator or own:
        return
    member = await membership(tx, found.workspace_id, key.created.user_id)
    if member is not None:
        found.require_within(await permissions_of(tx, member))


def _most(found: Access, principal: Principal) -> tuple[str, ...] | None:
    """What a key allows at most that the caller makes for somebody else: what the caller may do itself.

    Its user may come to do more, and the caller, who has seen the key, must not by it.
    """
    return None if principal.is_operator else found.permissions


def _lesser(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return other if one is None else one if other is None else common(one, other)


def _is_anothers(principal: Principal, key: domain.ApiKey) -> bool:
    """Whether it opens workspaces in which the caller's key has no say."""
    own = key.created.user_id == principal.user_id and not principal.bound
    return not (key.created.bound or own or principal.is_operator)


async def _check_within(tx: Transaction, call: Call, found: Access, settings: domain.Settings) -> None:
    """Return if a key may have these settings.

    Raises:
        InsufficientScope: a scope goes beyond the caller's.
        ValidationFailed: the tier goes beyond the workspace's or the caller's, or the limit is no enterprise key's.
    """
    principal = call.principal
    beyond = missing(settings.scopes, principal.scopes)
    if beyond:
        raise InsufficientScope(beyond[0], principal.scopes)
    tier, most = settings.rate_limit_tier, found.workspace.tier
    own = await own_limit(tx, principal)
    faults: dict[str, Sequence[str]] = {}
    if is_above(tier, most):
        faults["rate_limit_tier"] = [f"At most the workspace's tier, {most}."]
    elif is_above(tier, tier_of_key(principal)) and not principal.is_operator:
        faults["rate_limit_tier"] = [f"At most the tier of the key that you use, {principal.tier}."]
    if settings.rate_limit is not None and tier != "enterprise":
        faults["rate_limit"] = ["Only a key of the tier enterprise has a limit of its own."]
    elif not (faults or principal.is_operator or settings.limit.is_within(own or _USUAL)):
        own = own or _USUAL
        told = f"At most that of the key that you use, {own.requests} an hour and a burst of {own.burst}."
        faults["rate_limit" if tier == "enterprise" else "rate_limit_tier"] = [told]
    if faults:
        raise ValidationFailed(faults)
