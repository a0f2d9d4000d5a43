"""Requests counted for `api_calls`: each once, whatever is killed, and by day."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from tests.e2e.suite import Platform, Suite, Tenant


async def used(platform: Platform, namespace_id: str) -> int:
    """What the namespace's workspace has used of api_calls, asked by the operator: it counts on its own workspace."""
    while True:
        try:
            answer = await platform.call(
                "POST", f"namespaces/{namespace_id}/entitlements/check", {"feature": "api_calls"}
            )
        except (OSError, aiohttp.ClientError):
            await asyncio.sleep(0.1)
            continue
        if answer.status == 200:
            return int(answer.body["current_usage"])
        await asyncio.sleep(0.1)


async def settled(platform: Platform, namespace_id: str, wanted: int, seconds: float = 60) -> None:
    """Wait until so many are counted."""
    async with asyncio.timeout(seconds):
        while await used(platform, namespace_id) != wanted:
            await asyncio.sleep(0.2)


async def requests(platform: Platform, tenant: Tenant, count: int, **options: Any) -> int:
    """Make so many requests; how many the gateway has taken."""
    taken = 0
    for _ in range(count):
        try:
            answer = await platform.call("GET", "features/seats", key=tenant.key, **options)
        except (OSError, aiohttp.ClientError):
            continue
        taken += answer.status in {200, 502, 503, 504}
    return taken


async def test_each_request_counts_once_on_the_account_that_grants_api_calls(platform: Platform) -> None:
    tenant = await platform.tenant()
    shared = await platform.created("namespaces", {"name": "Shares the pool"}, key=tenant.key)
    own = await platform.created("namespaces", {"name": "Has a plan"}, key=tenant.key)
    await platform.created("entitlements", {"namespace_id": own["id"], "package": "starter"})
    await requests(platform, tenant, 5)
    await requests(platform, tenant, 3, headers={"X-Namespace-ID": shared["id"]})
    await requests(platform, tenant, 4, headers={"X-Namespace-ID": own["id"]})
    # The key and the two namespaces were made by requests in this context as well.
    await settled(platform, shared["id"], 3 + 5 + 3)
    await settled(platform, own["id"], 4)
    usage = await platform.call("GET", "usage", key=tenant.key)
    today = usage.data["requests"]["by_day"][-1]
    assert today["date"] == datetime.now(UTC).date().isoformat()
    assert today["count"] >= 14


async def test_requests_of_test_keys_count_apart(platform: Platform) -> None:
    tenant = await platform.tenant()
    context = {"X-Workspace-ID": tenant.workspace["id"]}
    made = await platform.created(
        "api-keys", {"name": "t", "scopes": ["*:read"], "environment": "test"}, headers=context
    )
    tester = Tenant(tenant.workspace, made["key"])
    namespace = await platform.created("namespaces", {"name": "Live"}, key=tenant.key)
    await settled(platform, namespace["id"], 3)
    await requests(platform, tester, 6)
    async with asyncio.timeout(40):
        while True:
            summary = await platform.call("GET", "entitlements/summary", key=tester.key)
            if summary.data["entitlements"]["api_calls"]["used"] >= 6:
                break
            await asyncio.sleep(0.3)
    await settled(platform, namespace["id"], 3)


async def test_once_the_granted_calls_are_spent_requests_are_refused_until_more_are_granted(platform: Platform) -> None:
    tenant = await platform.tenant(tier="free")
    workspace_id = tenant.workspace["id"]
    few = {"feature": "api_calls", "limit": 8}
    plan = await platform.created(
        "packages", {"code": f"few.{tenant.workspace['slug']}", "name": "Few calls", "is_base": True, "features": [few]}
    )
    await platform.created("entitlements", {"workspace_id": workspace_id, "package": plan["id"]})
    async with asyncio.timeout(60):
        while (answer := await platform.call("GET", "features/seats", key=tenant.key)).status == 200:
            await asyncio.sleep(0.3)
    assert (answer.status, answer.code) == (429, "QUOTA_EXCEEDED")
    more = {"workspace_id": workspace_id, "feature": "api_calls", "type": "unlimited", "duration": "permanent"}
    await platform.created("boosts", more)
    async with asyncio.timeout(60):
        while (await platform.call("GET", "features/seats", key=tenant.key)).status != 200:
            await asyncio.sleep(0.3)


@pytest.mark.timeout(240)
async def test_a_killed_consumer_counts_no_request_twice_and_forgets_none(suite: Suite) -> None:
    tenant = await suite.tenant()
    namespace = await suite.created("namespaces", {"name": "Counted"}, key=tenant.key)
    # Making the key was a request in the workspace's context, and so was making the namespace.
    await settled(suite, namespace["id"], 2)
    taken = 2
    for _ in range(3):
        making = asyncio.gather(*(requests(suite, tenant, 15) for _ in range(3)))
        await asyncio.sleep(0.5)
        suite.kill_service("entitlements")
        taken += sum(await making)
        await asyncio.sleep(1.5)
    await settled(suite, namespace["id"], taken)
