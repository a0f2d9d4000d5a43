"""schemathesis takes the OpenAPI document at its word, on every route of tenancy, a bounded number of times."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.e2e.suite import Platform

pytestmark = pytest.mark.timeout(150)
OURS = re.compile(r"/api/v1/(workspaces|namespaces|users?|api-keys|invitations)(/|$)(?!.*entitlements)")
EXAMPLES = 3


def _operations(document: dict[str, Any]) -> Any:
    """The operations of tenancy.

    `fields` is left out: what a selection leaves away OpenAPI cannot tie to the parameter.
    """
    document["paths"] = {path: each for path, each in document["paths"].items() if OURS.match(path)}
    for path in document["paths"].values():
        for operation in path.values():
            operation["parameters"] = [each for each in operation["parameters"] if each["name"] != "fields"]
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


def _run(operation: Any, base: str, key: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        answer = case.call(base_url=base, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code < 500, answer.content
        # That a number of page and a cursor exclude each other, that a tag is the present one and an idempotency key a
        # new one: no document can say it, so what is fit by the document may be refused.
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])

    check()


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
    for operation in _operations(document):
        await asyncio.to_thread(_run, operation, platform.base, key["key"])
        count += 1
    assert count > 40
