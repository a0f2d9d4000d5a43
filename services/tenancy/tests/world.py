"""A tenancy service in one process, over a store of its own and a clock that tests move, entered through HTTP.

Principals are made as the gateway makes them: from what the service itself resolves of a key.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

from atrium_common.api_keys import digest
from atrium_common.bus.translation import messages_of
from atrium_common.clock import parse_rfc3339
from atrium_common.errors import NotFound
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.operated import Opened
from atrium_common.principal import Principal
from atrium_common.store.memory import MemoryStore
from atrium_common.store.ports import Store
from atrium_common.testing.clock import FakeClock
from atrium_common.testing.http import SERVICE, Answer, ServiceUnderTest
from atrium_common.wiring import KERNEL_COLLECTIONS
from atrium_tenancy.application.bootstrap import Operator, bootstrap
from atrium_tenancy.application.census import Census
from atrium_tenancy.application.housekeeping import Housekeeping
from atrium_tenancy.application.resolution import resolve
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.http.routes import routes
from atrium_tenancy.wiring import OPERATED

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Person:
    """A user with a key of its own and the workspace that it began with."""

    id: str
    key: str
    email: str
    workspace_id: str = ""


class World:
    """See the module."""

    def __init__(
        self, store: Store | None = None, *, clock: FakeClock | None = None, master: bytes | None = None
    ) -> None:
        self.clock = clock or FakeClock()
        self.store = store or MemoryStore(clock=self.clock)
        ids = TimeOrderedIds(clock=self.clock)
        self.vault = Vault(
            self.store.documents,
            MasterKeys.parse(f"k1:{base64.b64encode(master or os.urandom(32)).decode()}"),
            clock=self.clock,
        )
        opened = Opened(OPERATED, self.store, self.vault, self.clock, ids)
        repository = opened.repository()
        census = Census.over(opened, repository)
        self.tenancy = Tenancy(repository, self.store, ids, self.clock, self.vault, b"lookup", census)
        self.housekeeping = Housekeeping(self.tenancy)
        self.routes = routes(self.tenancy)
        self.service = ServiceUnderTest(self.routes, clock=self.clock)
        self.operator: Operator

    async def __aenter__(self) -> Self:
        await self.store.open([*KERNEL_COLLECTIONS, SUBJECT_KEYS, *OPERATED.collections])
        self.operator = await bootstrap(self.tenancy)
        await self.service.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.service.__aexit__(kind, error, trace)
        await self.store.close()

    async def principal(
        self, key: str, *, workspace: str | None = None, namespace: str | None = None
    ) -> Principal | int:
        """What the gateway would vouch for, or the status with which it would refuse."""
        try:
            told = await resolve(self.tenancy, digest(key), workspace_id=workspace, namespace_id=namespace)
        except NotFound:
            return 401
        made, user, context = (cast("dict[str, Any]", told[part]) for part in ("key", "user", "context"))
        if made["expires_at"] is not None and parse_rfc3339(made["expires_at"]) <= self.clock.now():
            return 401
        if context["access"] != "ok" or context["namespace_access"] != "ok":
            return 403
        if context["workspace"]["status"] == "suspended" and "admin:*" not in made["scopes"]:
            return 403
        return Principal(
            user_id=user["id"],
            key_id=made["id"],
            key_workspace_id=made["workspace_id"],
            bound=made["bound"],
            workspace_id=context["workspace"]["id"],
            workspace_tier=context["workspace"]["tier"],
            role=context["role"],
            permissions=tuple(context["permissions"]),
            within=None if made["within"] is None else tuple(made["within"]),
            scopes=tuple(made["scopes"]),
            tier=made["rate_limit_tier"],
            user_tier=user["tier"],
            livemode=made["environment"] == "live",
        )

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        workspace: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request below `/api/v1`, with the operator's key unless another is given."""
        principal = await self.principal(key or cast("str", self.operator.key), workspace=workspace)
        assert isinstance(principal, Principal), principal
        return await self.service.request(method, f"{API}/{path}", json=body, principal=principal, headers=headers)

    async def internal(self, method: str, path: str, body: object = None) -> Answer:
        """One request of another service."""
        return await self.service.request(method, f"/internal/{path}", json=body, principal=SERVICE)

    async def made(self, path: str, body: object, **options: Any) -> dict[str, Any]:
        """The resource that a POST creates."""
        answer = await self.call("POST", path, body, **options)
        assert answer.status == 201, answer
        return cast("dict[str, Any]", answer.json["data"])

    async def person(self, name: str = "Ada Lovelace", *, tier: str = "enterprise", scopes: Any = ("*",)) -> Person:
        """A new user with a workspace of its own, in which it is the owner, and an unbound key there."""
        email = f"{name.split(maxsplit=1)[0].lower()}.{os.urandom(3).hex()}@example.com"
        user = await self.made("users", {"name": name, "email": email, "tier": tier})
        first = await self.made("api-keys", {"name": "first", "scopes": ["*"], "user_id": user["id"]})
        workspace = await self.made("workspaces", {"name": f"{name}'s", "tier": tier}, key=first["key"])
        key = await self.made(
            "api-keys", {"name": "own", "scopes": list(scopes)}, key=first["key"], workspace=workspace["id"]
        )
        operators = self.operator.workspace_id
        left = await self.call("DELETE", f"workspaces/{operators}/members/{user['id']}")
        assert left.status == 204, left
        return Person(user["id"], key["key"], email, workspace["id"])

    async def member(self, owner: Person, *, role: str = "member", scopes: Any = ("*",)) -> Person:
        """A new user in a workspace, with a key that is bound to it."""
        email = f"m.{os.urandom(4).hex()}@example.com"
        user = await self.made("users", {"name": "Member", "email": email, "role": role}, key=owner.key)
        wanted = {"name": "bound", "scopes": list(scopes), "user_id": user["id"]}
        key = await self.made("api-keys", wanted, key=owner.key)
        return Person(user["id"], key["key"], email, owner.workspace_id)

    async def published(self) -> list[tuple[str, dict[str, Any]]]:
        """Every public event so far, with its data as the world sees it."""
        return [
            (message.type, cast("dict[str, Any]", message.data))
            for commit in await self.store.log.read_log(after=0, limit=100_000)
            for message in await messages_of(commit, service="tenancy", open_sealed=self.vault.open)
        ]
