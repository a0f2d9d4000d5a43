"""The webhook routes against their own document: whatever fits it is answered as it says, and nothing crashes."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.e2e.suite import Platform

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
EXAMPLES = 6


@pytest.mark.timeout(180)
async def test_every_webhook_route_keeps_to_the_openapi_document(platform: Platform) -> None:
    tenant = await platform.tenant()
    headers = {"Authorization": f"Bearer {tenant.key}"}
    url = f"{platform.base}/api/openapi.json"
    schema = await asyncio.to_thread(schemathesis.openapi.from_url, url)
    chosen = schema.include(path_regex=r"^/api/v1/(webhooks|events|event-types)")
    names = []
    for found in chosen.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]
        names.append(operation.label)
        for mode in GenerationMode:

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
                derandomize=True,
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def exercised(case: Case[Any]) -> None:
                case.call_and_validate(base_url=platform.base, headers=headers, checks=CHECKS)

            await asyncio.to_thread(exercised)
    assert len(names) >= 20
