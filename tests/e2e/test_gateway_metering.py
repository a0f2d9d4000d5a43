"""Requests counted through the gateway: on the stream of both stacks, through kills."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from atrium_common.bus.ports import Subscription
from atrium_common.settings import Settings
from atrium_common.wiring import compose
from tests.e2e.suite import Platform, Suite, Tenant

pytestmark = pytest.mark.timeout(150)


@asynccontextmanager
async def listening(directory: Path, stack: Mapping[str, str]) -> AsyncIterator[Subscription]:
    """A subscriber of `gateway.usage` from its beginning, over the suite's own stores and stream."""
    given = {name.removeprefix("ATRIUM_").lower(): value for name, value in stack.items()}
    secret = base64.b64encode(os.urandom(32)).decode()
    given |= {"data_dir": str(directory), "sealing_keys": f"k:{secret}", "principal_keys": f"k!:{secret}"}
    settings = Settings(**cast("Any", given))
    parts, closers = await compose("reader", settings, ())
    try:
        yield await parts.bus.subscribe(["gateway.usage"], group=None, start="earliest")
    finally:
        for close in closers:
            await close()


async def counted(subscription: Subscription, workspace_id: str, totals: dict[str, int]) -> int:
    """What has been told of a workspace so far: the highest of each id."""
    for received in await subscription.receive(limit=500, timeout=0.5):
        usage = cast("Any", received.message.data)["object"]
        if usage["attributes"]["workspace_id"] == workspace_id:
            assert received.message.type == "usage.counted"
            totals[usage["id"]] = max(usage["attributes"]["requests"], totals.get(usage["id"], 0))
    return sum(totals.values())


async def use(platform: Platform, tenant: Tenant, times: int) -> int:
    """Make requests; how many the limits let pass."""
    passed = 0
    for _ in range(times):
        try:
            passed += (await platform.call("GET", "users?page=0", key=tenant.key)).status == 422
        except (OSError, aiohttp.ClientError, json.JSONDecodeError):
            await asyncio.sleep(0.1)
    return passed


async def test_every_request_is_told_once_and_a_kill_loses_only_what_is_seconds_old(suite: Suite) -> None:
    tenant = await suite.tenant()
    workspace = tenant.workspace["id"]
    totals: dict[str, int] = {}
    async with listening(suite.directory, suite.environment) as subscription:
        # The operator's request that made the key counts for the workspace, too.
        made = 1 + await use(suite, tenant, 20)
        batch = {"operations": [{"action": "create", "data": {"name": f"B {number}"}} for number in range(5)]}
        assert (await suite.call("POST", "namespaces/batch", batch, key=tenant.key)).status == 200
        made += 5
        async with asyncio.timeout(30):
            while await counted(subscription, workspace, totals) < made:
                pass
        assert sum(totals.values()) == made

        await suite.replaced("gateway")
        more = 0
        async with asyncio.timeout(30):
            while more < 15:
                more += await use(suite, tenant, 15 - more)
        async with asyncio.timeout(30):
            while await counted(subscription, workspace, totals) < made + more:
                pass
        await counted(subscription, workspace, totals)
        assert sum(totals.values()) == made + more, "told again, never counted twice"


async def settled(platform: Platform, tenant: Tenant, made: int) -> int:
    """Wait until the quota shows every request that was made, and never more; how many these are with the looks."""
    async with asyncio.timeout(60):
        while True:
            summary = await platform.call("GET", "entitlements/summary", key=tenant.key)
            used = summary.data["entitlements"]["api_calls"]["used"]
            assert used <= made, "a look does not show itself"
            if used == made:
                return made + 1
            made += 1
            await asyncio.sleep(2.5)


async def test_the_quota_of_calls_counts_each_request_once_through_a_kill_and_ends_in_refusals(suite: Suite) -> None:
    package = {"code": "calls.few", "name": "Few calls", "features": [{"feature": "api_calls", "limit": 60}]}
    await suite.created("packages", package)
    workspace = await suite.created("workspaces", {"name": "Metered", "tier": "pro"})
    await suite.created("entitlements", {"workspace_id": workspace["id"], "package": "calls.few"})
    body = {"name": "all", "scopes": ["*"]}
    key = await suite.created("api-keys", body, headers={"X-Workspace-ID": workspace["id"]})
    tenant = Tenant(workspace, key["key"])
    # What the operator does in the workspace counts for it, too.
    made = await settled(suite, tenant, 1 + await use(suite, tenant, 9))
    # The last look does not show itself: it has the two seconds in which counts are written down, and one more.
    await asyncio.sleep(3)

    await suite.replaced("gateway")
    more = 0
    async with asyncio.timeout(30):
        while more < 10:
            more += await use(suite, tenant, 10 - more)
    await settled(suite, tenant, made + more)

    async with asyncio.timeout(60):
        while (answer := await suite.call("GET", "user", key=tenant.key)).status == 200:
            await asyncio.sleep(0.02)
    while answer.code == "RATE_LIMIT_EXCEEDED":
        await asyncio.sleep(1)
        answer = await suite.call("GET", "user", key=tenant.key)
    assert (answer.status, answer.code) == (429, "QUOTA_EXCEEDED")
    assert answer.body["error"]["feature"] == "api_calls"
    assert answer.body["error"]["limit"] == 60
