"""The webhook routes against their own document: what fits it is answered as it says, and what does not is refused."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.e2e.fuzzing import operations, run
from tests.e2e.suite import Platform

pytestmark = pytest.mark.timeout(150)
OURS = re.compile(r"/api/v1/(webhooks|events|event-types)(/|$)")
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


# The document and the checks are the same on every stack.
@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
async def test_schemathesis_finds_nothing_on_the_webhook_routes(platform: Platform) -> None:
    tenant = await platform.tenant()
    document = (await platform.call("GET", "/api/openapi.json")).body
    count = 0
    for operation in operations(document, OURS.match):
        await asyncio.to_thread(run, operation, platform.base, tenant.key)
        count += 1

        @settings(max_examples=4, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def unfit(case: "Case[Any]") -> None:
            headers = {"Authorization": f"Bearer {tenant.key}"}
            case.call_and_validate(base_url=platform.base, headers=headers, checks=CHECKS)

        await asyncio.to_thread(unfit)
    assert count > 20
