"""The main job, visible in ten seconds: a tenant is made through the API, and its signed webhooks arrive."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections.abc import Callable
from typing import TypeAlias, cast

import aiohttp

from atrium_common.jsontypes import JSONObject
from atrium_local.gateway_client import refusal, unreached
from atrium_local.receiver import Arrival, Receiver

_ARRIVE_SECONDS = 15.0
_UNPROCESSABLE = 422
_KEY_REFUSED = (401, 403)
_SECRET = frozenset({"key", "secret"})
_EXPECTED = ("workspace.updated", "namespace.created", "entitlement.provisioned")


class DemoFailed(Exception):
    """A step did not do what it should; the text says which."""


Tell: TypeAlias = Callable[[str, JSONObject], None]
"""Tells a step: in words with rich's markup, and as facts with the step's name as `event`."""


class Demo:
    """The story, told as it happens."""

    def __init__(self, base: str, key: str, tell: Tell) -> None:
        self._base = base
        self._key = key
        self._say = tell
        self._arrivals: dict[str, float] = {}
        self._news = asyncio.Event()
        self._bad = 0

    async def run(self) -> None:
        """Tell it.

        Raises:
            DemoFailed: a call was refused, or a delivery did not arrive or verify.
        """
        receiver = Receiver(self._seen)
        url = await receiver.start()
        try:
            async with aiohttp.ClientSession() as session:
                await self._tell(session, receiver, url)
        except (aiohttp.ClientError, OSError) as error:
            raise DemoFailed(unreached(self._base, error)) from error
        finally:
            await receiver.stop()

    async def _tell(self, session: aiohttp.ClientSession, receiver: Receiver, url: str) -> None:
        suffix = f"{time.time_ns() // 1_000_000:x}"
        workspace = await self._post(session, "workspaces", {"name": f"Demo {suffix}", "tier": "pro"}, self._key)
        workspace_id = str(workspace["id"])
        self._step("workspace", f"{workspace_id}  {workspace['slug']}", workspace)
        key = await self._post(session, "api-keys", {"name": "demo", "scopes": ["*"]}, self._key, workspace_id)
        tenant = str(key["key"])
        self._step("api key", f"{key['id']}  {key['prefix']}…{key['last4']}", key)
        # A secret of our own: the first delivery may be here before the answer that would tell us another.
        receiver.secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        wanted: JSONObject = {"url": url, "events": ["*"], "secret": receiver.secret}
        webhook = await self._post(session, "webhooks", wanted, tenant)
        self._step("webhook", f"{webhook['id']}  {url}", webhook)
        started = time.perf_counter()
        await self._call(session, "PATCH", f"workspaces/{workspace_id}", {"settings": {"timezone": "UTC"}}, tenant)
        namespace = await self._post(session, "namespaces", {"name": "Production"}, tenant)
        self._step("namespace", f"{namespace['id']}  {namespace['slug']}", namespace)
        given = {"workspace_id": workspace_id, "package": "starter"}
        package = await self._post(session, "entitlements", cast("JSONObject", given), self._key, workspace_id)
        self._step("package", f"{package['package']}  {package['id']}", package)
        used = await self._call(
            session, "POST", "entitlements/usage", {"feature": "api_calls", "quantity": 3, "enforce": True}, tenant
        )
        self._step("usage", f"api_calls {used['current_usage']} of {used['limit']}", used)
        await self._wait(started)

    async def _wait(self, started: float) -> None:
        deadline = time.perf_counter() + _ARRIVE_SECONDS
        while not all(kind in self._arrivals for kind in _EXPECTED):
            self._news.clear()
            remaining = deadline - time.perf_counter()
            if remaining <= 0:
                missing = ", ".join(kind for kind in _EXPECTED if kind not in self._arrivals)
                raise DemoFailed(f"no delivery of {missing} within {_ARRIVE_SECONDS:g} s")
            try:
                await asyncio.wait_for(self._news.wait(), remaining)
            except TimeoutError:
                continue
        if self._bad:
            raise DemoFailed(f"{self._bad} deliveries did not verify")
        first = min(self._arrivals[kind] for kind in _EXPECTED) - started
        self._say(
            f"\n[bold green]verified[/] every delivery; the first came {first * 1000:.0f} ms after its write",
            {"event": "verified", "first_ms": round(first * 1000, 1)},
        )

    async def _seen(self, arrival: Arrival) -> None:
        good = bool(arrival.verified)
        self._bad += not good
        self._arrivals.setdefault(arrival.event_type, time.perf_counter())
        word = "[green]verified[/]" if good else "[red]NOT VERIFIED[/]"
        self._say(
            f"  ← {arrival.event_type:<24} {word}  {arrival.event_id}",
            {"event": "delivery", "type": arrival.event_type, "id": arrival.event_id, "verified": good},
        )
        self._news.set()

    def _step(self, name: str, words: str, made: JSONObject) -> None:
        shown: JSONObject = {key: value for key, value in made.items() if key not in _SECRET}
        self._say(f"→ {name:<10} {words}", {"event": name, **shown})

    async def _post(
        self, session: aiohttp.ClientSession, path: str, body: JSONObject, key: str, workspace_id: str | None = None
    ) -> JSONObject:
        return cast("JSONObject", (await self._call(session, "POST", path, body, key, workspace_id))["data"])

    async def _call(
        self,
        session: aiohttp.ClientSession,
        method: str,
        path: str,
        body: JSONObject,
        key: str,
        workspace_id: str | None = None,
    ) -> JSONObject:
        headers = {"Authorization": f"Bearer {key}"} | ({"X-Workspace-ID": workspace_id} if workspace_id else {})
        async with session.request(method, f"{self._base}/api/v1/{path}", json=body, headers=headers) as answer:
            content = cast("JSONObject", await answer.json())
            if answer.status >= 400:  # noqa: PLR2004
                told = f"{method} {path}: {refusal(answer.status, content)}"
                raise DemoFailed(f"{told.removesuffix('.')}.{_advice(answer.status, path)}")
            return content


def _advice(status: int, path: str) -> str:
    """What to do about a refusal that the demo's own circumstances explain."""
    if path == "webhooks" and status == _UNPROCESSABLE:
        return (
            " The demo's receiver is on this machine: start webhooks with"
            " ATRIUM_WEBHOOKS_ALLOWED_NETWORKS=127.0.0.0/8,::1/128, as `atrium up` does where that is not set"
        )
    if status in _KEY_REFUSED:
        return " The demo wants the operator's key (admin:*) of that suite: give its --data-dir, or ATRIUM_API_KEY"
    return ""
