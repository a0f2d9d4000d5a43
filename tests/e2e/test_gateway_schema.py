"""schemathesis takes the OpenAPI document at its word, on every route that is neither tenancy's nor webhooks'."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.fuzzing import operations, run
from tests.e2e.suite import Platform
from tests.e2e.test_tenancy_document import OURS as TENANCY
from tests.e2e.test_webhooks_schema import OURS as WEBHOOKS

pytestmark = pytest.mark.timeout(200)


# The document and the checks are the same on every stack.
@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
async def test_schemathesis_finds_nothing_on_plans_and_usage(platform: Platform) -> None:
    workspace = await platform.created("workspaces", {"name": "Fuzz", "tier": "enterprise"})
    body = {"name": "fuzz", "scopes": ["*"], "rate_limit_tier": "enterprise"}
    key = await platform.created("api-keys", body, headers={"X-Workspace-ID": workspace["id"]})
    document = (await platform.call("GET", "/api/openapi.json")).body
    count = 0
    for operation in operations(document, lambda path: not (TENANCY.match(path) or WEBHOOKS.match(path))):
        await asyncio.to_thread(run, operation, platform.base, key["key"])
        count += 1
    assert count > 25
