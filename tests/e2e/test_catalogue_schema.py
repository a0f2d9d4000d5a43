"""The routes of plans keep to their own document, whatever they are sent: generated requests, bounded in number."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.e2e.suite import Platform

PLANS = r"^/api/v1/(features|packages|entitlements|boosts|namespaces/\{namespace_id\}/entitlements)"
EXAMPLES = 4
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


def attack(base: str, key: str) -> int:
    """Try every operation with generated requests; how many operations there are."""
    schema = schemathesis.openapi.from_url(f"{base}/api/openapi.json").include(path_regex=PLANS)
    count = 0
    for result in schema.get_all_operations():
        operation = result.ok() if isinstance(result, Ok) else pytest.fail(str(result))
        count += 1

        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def run(case: schemathesis.Case[Any]) -> None:
            response = case.call(base_url=base, headers={"Authorization": f"Bearer {key}"})
            case.validate_response(response, checks=list(CHECKS))

        run()
    return count


@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
async def test_plans_answer_generated_requests_as_their_document_says(platform: Platform) -> None:
    assert await asyncio.to_thread(attack, platform.base, platform.key) >= 25
