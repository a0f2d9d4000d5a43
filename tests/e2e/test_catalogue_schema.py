"""schemathesis takes the OpenAPI document at its word, on every route of plans, a bounded number of times."""

from __future__ import annotations

import asyncio
import re

import pytest
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.e2e.fuzzing import operations, run
from tests.e2e.suite import Platform

pytestmark = pytest.mark.timeout(150)
OURS = re.compile(r"/api/v1/(features|packages|entitlements|boosts|usage|namespaces/\{namespace_id\}/entitlements)")
# Whether these are accepted depends on what there is: pools, what a package may include, what type a feature has, how
# much was used, and which package a holder has.
DEPENDENT = re.compile(r"/api/v1/(features|packages|boosts|entitlements/(usage|preview))")


@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
async def test_schemathesis_finds_nothing_on_the_routes_of_plans(platform: Platform) -> None:
    document = (await platform.call("GET", "/api/openapi.json")).body
    count = 0
    for operation in operations(document, OURS.match):
        depends = operation.method.upper() in {"POST", "PATCH"} and DEPENDENT.match(operation.path)
        unless = [positive_data_acceptance] if depends else []
        await asyncio.to_thread(run, operation, platform.base, platform.key, unless=unless)
        count += 1
    assert count > 25
