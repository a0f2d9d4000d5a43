"""The internal routes: what the gateway, the other services and the first start ask of tenancy."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from atrium_common.http.body import Body
from atrium_common.http.reply import Reply
from atrium_common.http.route import Call, Route
from atrium_tenancy.application.bootstrap import bootstrap, who_operates
from atrium_tenancy.application.key_usage import remember
from atrium_tenancy.application.resolution import holders, resolve
from atrium_tenancy.application.tenancy import Tenancy


class UsedKeys(Body):
    """When keys were last used, by key id."""

    used: dict[str, AwareDatetime]


class WantedHolders(Body):
    """Whose facts are wanted: as they are, or were at a moment."""

    namespace_ids: list[str] = Field(default_factory=list)
    workspace_ids: list[str] = Field(default_factory=list)
    as_of: AwareDatetime | None = None


def internal_routes(tenancy: Tenancy) -> list[Route]:
    """`/internal/…`."""

    async def resolve_key(call: Call) -> Reply:
        content = call.content
        workspace_id, namespace_id = content.get("workspace_id"), content.get("namespace_id")
        return Reply.bare(
            await resolve(
                tenancy,
                str(content.get("digest")),
                workspace_id=workspace_id if isinstance(workspace_id, str) else None,
                namespace_id=namespace_id if isinstance(namespace_id, str) else None,
            )
        )

    async def keys_used(call: Call) -> Reply:
        await remember(tenancy.documents, call.read(UsedKeys).used)
        return Reply.empty()

    async def resolve_holders(call: Call) -> Reply:
        wanted = call.read(WantedHolders)
        return Reply.bare(await holders(tenancy, wanted.namespace_ids, wanted.workspace_ids, as_of=wanted.as_of))

    async def start(_: Call) -> Reply:
        operator = await bootstrap(tenancy)
        return Reply.one(
            {
                "user_id": operator.user_id,
                "workspace_id": operator.workspace_id,
                "key_id": operator.key_id,
                "key": operator.key,
            }
        )

    async def operator(_: Call) -> Reply:
        user_id, workspace_id = await who_operates(tenancy)
        return Reply.one({"user_id": user_id, "workspace_id": workspace_id})

    return [
        Route("GET", "/internal/operator", operator, "Who runs the platform", internal=True),
        Route("POST", "/internal/keys/resolve", resolve_key, "Resolve a key", internal=True),
        Route(
            "POST", "/internal/keys/used", keys_used, "Take note of when keys were used", body=UsedKeys, internal=True
        ),
        Route(
            "POST", "/internal/holders/resolve", resolve_holders, "Resolve holders", body=WantedHolders, internal=True
        ),
        Route("POST", "/internal/bootstrap", start, "Create the operator", internal=True),
    ]
