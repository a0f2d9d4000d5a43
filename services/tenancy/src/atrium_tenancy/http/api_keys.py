"""The routes of API keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from atrium_common.errors import StateConflict
from atrium_common.eventing.decider import Loaded
from atrium_common.http.batch import batch_route
from atrium_common.http.listing import Filter, Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Condition
from atrium_tenancy import attributes, resources, rows
from atrium_tenancy.application import api_keys
from atrium_tenancy.application.key_usage import last_used
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain.api_key import ApiKey, RateLimit, Settings
from atrium_tenancy.domain.tiers import TIERS
from atrium_tenancy.http import bodies
from atrium_tenancy.http.answers import created, refuse_nulls, shown


def api_key_routes(tenancy: Tenancy) -> list[Route]:
    """`/api-keys`."""
    handlers = _ApiKeys(tenancy)
    listing = Listing(
        fields=tuple(resources.ApiKey.model_fields),
        sortable=("created_at", "updated_at", "name", "expires_at"),
        filters={
            "status": Filter(("active", "expired"), field="state"),
            "environment": ("live", "test"),
            "rate_limit_tier": TIERS,
            "user_id": "text",
        },
        searchable=True,
    )
    path, one, model = f"{BASE}/api-keys", f"{BASE}/api-keys/{{key_id}}", resources.ApiKey
    creating = Route(
        "POST", path, handlers.create, "Create an API key", "api-keys:write", bodies.CreateApiKey,
        resources.NewApiKey, status=201, permission="api-keys:write",
        description="The `key` is in this answer alone. Scopes, role and tier are at most your own.",
    )  # fmt: skip
    revoking = Route(
        "DELETE", one, handlers.revoke, "Revoke an API key", "api-keys:delete", status=204, permission="api-keys:delete"
    )
    return [
        Route(
            "GET", path, handlers.index, "List API keys", "api-keys:read", answer=model, listing=listing,
            permission="api-keys:read",
        ),
        creating,
        batch_route(path, {"create": creating, "delete": revoking}, parameter="key_id", repository=tenancy.repository),
        Route(
            "GET", one, handlers.read, "Get an API key", "api-keys:read", answer=model, single=listing,
            permission="api-keys:read",
        ),
        Route(
            "PATCH", one, handlers.update, "Change an API key", "api-keys:write", bodies.UpdateApiKey, model,
            permission="api-keys:write", errors=(StateConflict,),
        ),
        revoking,
        Route(
            "POST", f"{one}/rotate", handlers.rotate, "Give a new key in the place of this one", "api-keys:write",
            bodies.RotateApiKey, resources.RotatedApiKey, status=201, permission="api-keys:write",
            errors=(StateConflict,), description="The old one goes on working until the grace ends.",
        ),
    ]  # fmt: skip


class _ApiKeys:
    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy

    async def index(self, call: Call) -> Reply:
        """Those of the workspace in context that the caller may see."""
        principal = call.principal
        where = [Condition("workspace_id", "eq", principal.workspace_id)]
        if not api_keys.sees_all(principal):
            where.append(Condition("user_id", "eq", principal.user_id))
        return await call.asked.reply(
            self._tenancy.documents, rows.API_KEYS.name, where=where, render=shown, complete=self._put_last_used
        )

    async def create(self, call: Call) -> Reply:
        body = call.read(bodies.CreateApiKey)
        refuse_nulls(call, "ip_allowlist", "environment")
        settings = Settings(
            name=body.name,
            scopes=tuple(body.scopes),
            rate_limit_tier=body.rate_limit_tier or "free",
            rate_limit=_limit(body.rate_limit),
            ip_allowlist=tuple(body.ip_allowlist),
            expires_at=body.expires_at,
        )
        wanted = api_keys.NewApiKey(settings, body.rate_limit_tier, body.environment, body.user_id)
        made, key = await api_keys.create(self._tenancy, call, wanted)
        answer: JSONObject = {**attributes.of_api_key(made.id, made.there), "key": key}
        return created(call, f"api-keys/{made.id}", answer, made.version)

    async def read(self, call: Call) -> Reply:
        return await self._one(await api_keys.read(self._tenancy, call, call.params["key_id"]))

    async def update(self, call: Call) -> Reply:
        body = call.read(bodies.UpdateApiKey)
        changes = body.sent()
        if "rate_limit" in changes:
            changes["rate_limit"] = _limit(body.rate_limit)
        changes |= {name: tuple(value) for name, value in changes.items() if isinstance(value, list)}
        return await self._one(await api_keys.update(self._tenancy, call, call.params["key_id"], changes))

    async def rotate(self, call: Call) -> Reply:
        body = call.read(bodies.RotateApiKey)
        refuse_nulls(call, "grace_period_hours")
        grace = timedelta(hours=body.grace_period_hours)
        done = await api_keys.rotate(self._tenancy, call, call.params["key_id"], grace=grace)
        ends = attributes.of_api_key(done.old.id, done.old.there)["expires_at"]
        answer: JSONObject = {
            **attributes.of_api_key(done.new.id, done.new.there),
            "key": done.key,
            "previous_key_id": done.old.id,
            "previous_expires_at": ends,
        }
        return created(call, f"api-keys/{done.new.id}", answer, done.new.version)

    async def revoke(self, call: Call) -> Reply:
        await api_keys.revoke(self._tenancy, call, call.params["key_id"])
        return Reply.empty()

    async def _put_last_used(self, keys: Sequence[JSONObject]) -> None:
        used = await last_used(self._tenancy.documents, [str(key["id"]) for key in keys])
        for key in keys:
            key["last_used_at"] = used.get(str(key["id"]))

    async def _one(self, loaded: Loaded[ApiKey]) -> Reply:
        used = (await last_used(self._tenancy.documents, [loaded.id])).get(loaded.id)
        return Reply.one(attributes.of_api_key(loaded.id, loaded.there, last_used_at=used), version=loaded.version)


def _limit(body: bodies.RateLimitBody | None) -> RateLimit | None:
    return None if body is None else RateLimit(requests=body.requests, burst=body.burst)
