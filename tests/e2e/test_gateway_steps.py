"""Gateway and service die at every step of a write with an idempotency key; the retry finds one effect."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.suite import Platform, Suite, Tenant
from tests.e2e.test_gateway_idempotency import names, send

pytestmark = pytest.mark.timeout(150)

DYING = Path(__file__).parent / "dying"
STEPS = [
    f"{process}-{when}-{step}"
    for process, steps in (("gateway", ("claim", "forwarding", "save")), ("tenancy", ("command", "commit")))
    for step in steps
    for when in ("before", "after")
]


@pytest.fixture
async def mortal(directory: Path) -> AsyncIterator[Suite]:
    """A suite whose processes die where a file says so."""
    place = directory / os.urandom(4).hex()
    (place.parent / f"{place.name}-dying").mkdir()
    environment = {
        "PYTHONPATH": str(DYING),
        "ATRIUM_TEST_DYING": str(place.parent / f"{place.name}-dying"),
        "ATRIUM_UNAUTHENTICATED_PER_MINUTE": "100000",
    }
    running = Suite(place, environment)
    running.start()
    async with running:
        yield running
    running.stop()


async def test_death_at_any_step_of_gateway_or_service_and_a_retry_have_one_effect_and_the_same_bytes(
    mortal: Suite,
) -> None:
    tenant = await mortal.tenant()
    answers: dict[str, bytes] = {}
    for step in STEPS:
        armed = Path(mortal.environment["ATRIUM_TEST_DYING"]) / step
        armed.touch()
        tries = 0
        while step not in answers:
            tries += 1
            try:
                status, _, body = await send(mortal, tenant, {"name": f"Died {step}"}, step)
            except (OSError, aiohttp.ClientError):
                await asyncio.sleep(0.05)
                continue
            if status == 201:
                answers[step] = body
            else:
                assert status in {409, 429, 502, 503, 504}, (step, status, body)
                await asyncio.sleep(0.05)
        assert not armed.exists(), f"nobody died {step}"
        # A service that dies between commit and answer is asked again by the gateway itself.
        assert tries > 1 or step.startswith("tenancy"), step
    for step, first in answers.items():
        status, headers, again = await _replayed(mortal, tenant, step)
        assert (status, headers.get("Idempotent-Replayed")) == (201, "true"), step
        assert again == first, step
    assert sorted(await names(mortal, tenant, "Died")) == sorted(f"Died {step}" for step in STEPS)


async def _replayed(platform: Platform, tenant: Tenant, step: str) -> tuple[int, dict[str, str], bytes]:
    async with asyncio.timeout(30):
        while True:
            status, headers, body = await send(platform, tenant, {"name": f"Died {step}"}, step)
            if status != 429:
                return status, dict(headers), body
            await asyncio.sleep(0.2)
