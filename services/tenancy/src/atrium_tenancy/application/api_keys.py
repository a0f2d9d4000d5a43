"""Commands on API keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from atrium_common import api_keys as form
from atrium_common.errors import InsufficientScope, NotFound, ValidationFailed
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.personal import PERSONAL, Personal
from atrium_common.eventing.repository import Transaction
from atrium_common.eventing.vault import day_subject
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.scopes import missing
from atrium_tenancy.application.context import Tenancy
from atrium_tenancy.domain import api_key as domain
from atrium_tenancy.domain.tiers import Tier, is_above
from atrium_tenancy.rows import API_KEY, WORKSPACE


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """What a client asks for."""

    name: str
    scopes: tuple[str, ...]
    rate_limit_tier: Tier | None
    rate_limit: domain.RateLimit | None
    ip_allowlist: tuple[str, ...]
    environment: form.Environment
    expires_at: datetime | None


async def create(
    tenancy: Tenancy, call: Call, wanted: NewApiKey, *, generate: Callable[[form.Environment], str] = form.generate
) -> tuple[Loaded[domain.ApiKey], str | None]:
    """Create a key for the caller in the workspace in context; the key itself is in the answer alone.

    The key is None where a replay comes after the time in which it may be shown again.

    Raises:
        InsufficientScope: a scope goes beyond the caller's.
        ValidationFailed: the tier is above the workspace's, or the expiry is past.
    """
    beyond = missing(wanted.scopes, call.principal.scopes)
    if beyond:
        raise InsufficientScope(beyond[0], call.principal.scopes)
    workspace_id = call.principal.workspace_id or call.principal.key_workspace_id

    async def decide(tx: Transaction) -> JSONObject:
        workspace = (await tx.load(WORKSPACE, workspace_id)).state
        if workspace is None or workspace.status == "deleted":
            raise NotFound("workspace", workspace_id)
        tier = wanted.rate_limit_tier or workspace.tier
        if is_above(tier, workspace.tier) and not call.principal.is_operator:
            raise ValidationFailed({"rate_limit_tier": [f"At most the workspace's tier, {workspace.tier}."]})
        if wanted.expires_at is not None and wanted.expires_at <= tx.at:
            raise ValidationFailed({"expires_at": ["Must be in the future."]})
        key, key_id = generate(wanted.environment), tenancy.ids.new("key")
        created = domain.ApiKeyCreated(
            name=wanted.name,
            workspace_id=workspace_id,
            user_id=call.principal.user_id,
            bound=call.principal.bound,
            environment=wanted.environment,
            digest=form.digest(key),
            last4=key[-4:],
            scopes=wanted.scopes,
            rate_limit_tier=tier,
            rate_limit=wanted.rate_limit,
            ip_allowlist=wanted.ip_allowlist,
            expires_at=wanted.expires_at,
            at=tx.at,
        )
        await tx.emit(API_KEY, key_id, created)
        tx.claim(f"digest/{created.digest}", stream=API_KEY.stream(key_id))
        return {"id": key_id, "key": Personal(day_subject(tx.at), key).marked()}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(API_KEY, str(done.outcome["id"])), shown_once(done.outcome["key"])


def shown_once(marked: JSON) -> str | None:
    """The secret in an outcome, or None once its day's key has lapsed."""
    value = marked.get("value") if isinstance(marked, dict) and PERSONAL in marked else None
    return value if isinstance(value, str) else None


async def read(tenancy: Tenancy, call: Call, key_id: str) -> Loaded[domain.ApiKey]:
    """A key of the workspace in context.

    Raises:
        NotFound: there is none of this id there.
    """
    loaded = await tenancy.repository.load(API_KEY, key_id)
    _check_visible(call, key_id, loaded.state)
    return loaded


async def revoke(tenancy: Tenancy, call: Call, key_id: str) -> None:
    """Revoke a key of the workspace in context.

    Raises:
        NotFound, PreconditionFailed.
    """

    async def decide(tx: Transaction) -> JSONObject:
        loaded = await tx.load(API_KEY, key_id)
        key = _check_visible(call, key_id, loaded.state)
        call.check_version(loaded.version)
        await tx.emit(API_KEY, key_id, *domain.revoke(key, at=tx.at))
        return {"id": key_id}

    await tenancy.repository.transact(call.command, decide)


def _check_visible(call: Call, key_id: str, key: domain.ApiKey | None) -> domain.ApiKey:
    if key is None or key.revoked_at is not None or key.created.workspace_id != call.principal.workspace_id:
        raise NotFound("api_key", key_id)
    own = key.created.user_id == call.principal.user_id
    if not own and not call.principal.is_operator and call.principal.role not in {"owner", "admin"}:
        raise NotFound("api_key", key_id)
    return key
