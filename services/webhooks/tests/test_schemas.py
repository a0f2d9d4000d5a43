"""Clients' schemas, however large, hold up nobody else."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from atrium_common.errors import ValidationFailed
from atrium_common.jsontypes import JSONObject
from atrium_webhooks.application.schemas import Schemas

LARGEST: JSONObject = {"properties": {f"p{n}": {"type": ["string", "null"]} for n in range(900)}}


@pytest.fixture
async def schemas() -> AsyncIterator[Schemas]:
    made = Schemas()
    await made.check({})  # imports the validator
    yield made
    await made.close()


async def longest_wait(work: Awaitable[Any]) -> float:
    """Of this thread's own seconds, the most that others waited for while it was done."""
    longest, last = 0.0, time.thread_time()
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.sleep(0)
        now = time.thread_time()
        longest, last = max(longest, now - last), now
    await asyncio.gather(task, return_exceptions=True)
    return longest


async def test_the_largest_schema_is_looked_at_without_holding_up_others(schemas: Schemas) -> None:
    assert await longest_wait(schemas.check(LARGEST)) < 0.03


async def test_a_costly_schema_is_run_without_holding_up_others(schemas: Schemas) -> None:
    levels: dict[str, Any] = {f"l{n}": {"allOf": [{"$ref": f"#/$defs/l{n + 1}"}] * 2} for n in range(12)}
    doubling: JSONObject = {"$defs": {**levels, "l12": {}}, "$ref": "#/$defs/l0"}
    assert await longest_wait(schemas.faults(doubling, {"any": "thing"})) < 0.03


async def test_an_unfit_schema_is_refused_with_the_way_to_its_fault(schemas: Schemas) -> None:
    with pytest.raises(ValidationFailed) as refused:
        await schemas.check({"properties": {"name": {"type": "text"}}})
    assert list(refused.value.details) == ["schema.properties.name.type"]


async def test_what_is_small_and_what_is_not_is_judged_the_same(schemas: Schemas) -> None:
    assert await schemas.faults({"type": "array"}, {}) == {"data": ["Must be of type array."]}
    many: JSONObject = {"properties": {"n": {"items": {"type": "integer"}}}}
    assert await schemas.faults(many, {"n": [*range(600), "no"]}) == {"data.n.600": ["Must be of type integer."]}
