"""The end-to-end story as steady load: tenants that make, change, use, tell, revoke, and try each other's doors."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.client import Client, final_of_stranger, final_of_usage
from tests.chaos.journal import State
from tests.chaos.receiver import Receiver

FEATURE = "fire.units"
PLAN, TIGHT_PLAN, EXTRA = "fire.plan", "fire.tight", "fire.extra"
TIGHT, WIDE = 150, 10_000_000
KINDS = ("namespace.create", "namespace.update", "namespace.read", "usage", "event", "key.create", "package.give")
"""What has to go well again before the suite counts as recovered."""


@dataclass
class Tenant:
    """A workspace with a key, an endpoint for everything, and a plan."""

    name: str
    workspace: str
    key: str
    limit: int
    namespaces: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def context(self) -> dict[str, str]:
        return {"X-Workspace-ID": self.workspace}


class Story:
    """The tenants and what they do, for as long as it runs."""

    def __init__(self, client: Client, receiver: Receiver, *, seed: int, pace: float = 1.0) -> None:
        self.client = client
        self.tenants: list[Tenant] = []
        self._receiver = receiver
        self._chances = random.Random(seed)
        self._pace = pace
        self._ending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def operator(self) -> str:
        return self.client.fleet.operator_key

    async def prepare(self) -> None:
        """The catalogue, the tenants, their endpoints and plans, before anything goes wrong."""
        await self._made("features", {"code": FEATURE, "name": "Units", "type": "limit", "reset": "none"})
        await self._made("features", {"code": f"{EXTRA}.on", "name": "More", "type": "boolean"})
        for code, limit in ((PLAN, WIDE), (TIGHT_PLAN, TIGHT)):
            features = [{"feature": FEATURE, "limit": limit}]
            await self._made("packages", {"code": code, "name": code, "is_base": True, "features": features})
        features = [{"feature": f"{EXTRA}.on", "limit": None}]
        await self._made("packages", {"code": EXTRA, "name": EXTRA, "is_stackable": True, "features": features})
        for name in ("ash", "birch", "cedar"):
            workspace = await self._made("workspaces", {"name": f"tenant {name}", "tier": "business"})
            context = {"X-Workspace-ID": workspace["id"]}
            wanted = {"name": f"{name} all", "scopes": ["*"], "rate_limit_tier": "business"}
            key = await self._made("api-keys", wanted, headers=context)
            limit, plan = (TIGHT, TIGHT_PLAN) if name == "ash" else (WIDE, PLAN)
            tenant = Tenant(name, workspace["id"], key["key"], limit)
            endpoint = {"url": self._receiver.url(name), "events": ["*"], "concurrency": 20}
            await self._made("webhooks", endpoint, key=tenant.key)
            await self._made("entitlements", {"workspace_id": tenant.workspace, "package": plan})
            self.tenants.append(tenant)

    def begin(self) -> None:
        """Let everybody do what they do, at their pace."""
        for tenant in self.tenants:
            for seconds, act in (
                (0.5, self._namespace),
                (0.3, self._use),
                (0.3, self._tell),
                (1.5, self._key),
                (1.0, self._try_anothers),
            ):
                self._every(seconds * self._pace, tenant, act)
        self._every(1.5 * self._pace, self.tenants[0], self._workspace)

    async def end(self) -> None:
        """Begin nothing more, and wait until everything that was begun has its last word."""
        self._ending.set()
        await asyncio.gather(*self._tasks)

    def check(self) -> None:
        """Raise what a worker of the story has raised."""
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

    def _every(self, seconds: float, tenant: Tenant, act: Callable[[Tenant, int], Awaitable[None]]) -> None:
        async def work() -> None:
            await asyncio.sleep(self._chances.random() * seconds)
            for number in itertools.count(1):
                if self._ending.is_set():
                    return
                await act(tenant, number)
                await asyncio.sleep(seconds)

        self._tasks.append(asyncio.create_task(work(), name=f"{tenant.name} {act.__name__}"))

    async def _namespace(self, tenant: Tenant, number: int) -> None:
        name = f"{tenant.name} space {number}"
        ask = self.client.ask
        made, _ = await ask("namespace.create", tenant.name, name, "POST", "namespaces", {"name": name}, key=tenant.key)
        if made.state is not State.DONE:
            return
        path = f"namespaces/{made.id}"
        await ask("namespace.read", tenant.name, made.id, "GET", path, key=tenant.key, avoid=made.door)
        if number % 2:
            for n in (1, 2):
                body = {"settings": {"n": n}}
                await ask(
                    "namespace.update", tenant.name, made.id, "PATCH", path, body, key=tenant.key, quantity=n,
                )  # fmt: skip
        else:
            wanted = {"namespace_id": made.id, "package": EXTRA}
            await ask(
                "package.give", tenant.name, f"{name} extra", "POST", "entitlements", wanted,
                key=self.operator, headers=tenant.context,
            )  # fmt: skip
        if number % 5 == 0:
            await ask("namespace.delete", tenant.name, made.id, "DELETE", path, key=tenant.key)
        else:
            tenant.namespaces.append(made.id)

    async def _use(self, tenant: Tenant, number: int) -> None:
        quantity = 1 + number % 3
        body = {"feature": FEATURE, "quantity": quantity, "enforce": True}
        await self.client.ask(
            "usage", tenant.name, str(number), "POST", "entitlements/usage", body,
            key=tenant.key, quantity=quantity, judge=final_of_usage,
        )  # fmt: skip

    async def _tell(self, tenant: Tenant, number: int) -> None:
        n = f"{tenant.name}-{number}"
        body = {"type": "fire.told", "data": {"n": n}}
        await self.client.ask("event", tenant.name, n, "POST", "events", body, key=tenant.key)

    async def _key(self, tenant: Tenant, number: int) -> None:
        ask = self.client.ask
        name = f"{tenant.name} key {number}"
        wanted = {"name": name, "scopes": ["*:read"]}
        made, body = await ask("key.create", tenant.name, name, "POST", "api-keys", wanted, key=tenant.key)
        if made.state is not State.DONE:
            return
        tenant.keys[made.id] = body["data"]["key"]
        await ask("key.read", tenant.name, made.id, "GET", "user", key=body["data"]["key"], avoid=made.door)
        if number % 2:
            await ask("key.revoke", tenant.name, made.id, "DELETE", f"api-keys/{made.id}", key=tenant.key)

    async def _try_anothers(self, tenant: Tenant, number: int) -> None:
        others = [each for each in self.tenants if each is not tenant and each.namespaces]
        if not others:
            return
        other = others[number % len(others)]
        wanted = other.namespaces[-1]
        await self.client.ask(
            "stranger", tenant.name, wanted, "GET", f"namespaces/{wanted}", key=tenant.key, judge=final_of_stranger
        )

    async def _workspace(self, _: Tenant, number: int) -> None:
        name = f"made {number}"
        await self.client.ask(
            "workspace.create", "operator", name, "POST", "workspaces", {"name": name}, key=self.operator
        )

    async def _made(self, path: str, body: object, *, key: str = "", headers: dict[str, str] | None = None) -> Any:
        door = self.client.doors()[0]
        status, answer = await self.client.once(
            "POST", f"{door.url}/api/v1/{path}", body, key=key or self.operator, headers=headers
        )
        assert status == 201, (path, status, answer)
        return answer["data"]
