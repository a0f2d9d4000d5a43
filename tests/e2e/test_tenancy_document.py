"""schemathesis takes the OpenAPI document at its word, on every route of tenancy, a bounded number of times."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.e2e.fuzzing import operations, run
from tests.e2e.suite import Platform

pytestmark = pytest.mark.timeout(150)
OURS = re.compile(r"/api/v1/(workspaces|namespaces|users?|api-keys|invitations)(/|$)(?!.*entitlements)")


# The document and the checks are the same on every stack.
@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
async def test_schemathesis_finds_nothing_on_the_routes_of_tenancy(platform: Platform) -> None:
    workspace = await platform.created("workspaces", {"name": "Fuzz", "tier": "enterprise"})
    context = {"X-Workspace-ID": workspace["id"]}
    person = {"name": "Fuzz", "email": f"{workspace['slug']}@example.com", "role": "owner", "tier": "enterprise"}
    user = await platform.created("users", person, headers=context)
    wanted = {"name": "fuzz", "scopes": ["*"], "user_id": user["id"]}
    key = await platform.created("api-keys", wanted, headers=context)
    document = (await platform.call("GET", "/api/openapi.json")).body
    count = 0
    for operation in operations(document, OURS.match):
        await asyncio.to_thread(run, operation, platform.base, key["key"])
        count += 1
    assert count > 40
