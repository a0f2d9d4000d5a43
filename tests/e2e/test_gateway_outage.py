"""What is withdrawn reaches every gateway within a second, also after the stream was away; and in time while it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.replica import Replica
from tests.e2e.suite import Platform, Suite, Tenant
from tests.infra.jars import Unavailable
from tests.infra.kafka import KafkaBroker

pytestmark = pytest.mark.timeout(180)

WITHIN = 1.0
# The promise is a minute; answers are kept for 5 s while the stream is away.
WITHOUT_STREAM = 20.0


@pytest.fixture
def broker(stack: dict[str, str]) -> Iterator[KafkaBroker | None]:
    """A broker of the test's own to be killed, where the stack has one."""
    if "ATRIUM_KAFKA_BOOTSTRAP" not in stack:
        yield None
        return
    try:
        running = KafkaBroker()
    except Unavailable as reason:
        pytest.skip(str(reason))
    running.process.start()
    yield running
    running.close()


@pytest.fixture
async def gateways(
    stack: dict[str, str], broker: KafkaBroker | None, directory: Path
) -> AsyncIterator[tuple[Suite, Platform]]:
    """A suite of the test's own, and a second gateway beside its own."""
    own = {} if broker is None else {"ATRIUM_KAFKA_BOOTSTRAP": broker.bootstrap}
    suite = Suite(directory / os.urandom(4).hex(), {**stack, **own})
    suite.start()
    replica = Replica(suite.directory, suite.environment)
    try:
        await asyncio.to_thread(replica.ready)
        async with suite, Platform(suite.directory, replica.port) as second:
            yield suite, second
    finally:
        replica.end()
        suite.stop()


async def test_tier_changes_and_revocations_reach_two_gateways_within_a_second_also_after_an_outage(
    gateways: tuple[Suite, Platform], broker: KafkaBroker | None
) -> None:
    suite = gateways[0]
    tenant = await suite.tenant()
    await _withdrawn(gateways, tenant, WITHIN)
    if broker is None:
        await suite.replaced("tenancy")
    else:
        await asyncio.to_thread(broker.process.kill)
        await _withdrawn(gateways, tenant, WITHOUT_STREAM)
        await asyncio.to_thread(broker.process.start)
    # As soon as the stream is back, so is the promise.
    async with asyncio.timeout(90):
        while True:
            try:
                await _withdrawn(gateways, tenant, WITHIN)
                break
            except (AssertionError, TimeoutError):
                await asyncio.sleep(0.5)
    for _ in range(3):
        await _withdrawn(gateways, tenant, WITHIN)


async def _withdrawn(gateways: tuple[Suite, Platform], tenant: Tenant, seconds: float) -> None:
    """Lower a key's tier, then revoke it; both must be seen at both gateways within so many seconds."""
    first, _ = gateways
    body = {"name": "k", "scopes": ["*:read"], "rate_limit_tier": "pro"}
    key: Any = await first.created("api-keys", body, key=tenant.key)
    await _soon(gateways, key["key"], lambda status, limit: (status, limit) == (200, "10000"), 20.0)
    path = f"api-keys/{key['id']}"
    assert (await first.call("PATCH", path, {"rate_limit_tier": "free"}, key=tenant.key)).status == 200
    await _soon(gateways, key["key"], lambda status, limit: (status, limit) == (200, "1000"), seconds)
    assert (await first.call("DELETE", path, key=tenant.key)).status == 204
    await _soon(gateways, key["key"], lambda status, _: status == 401, seconds)


async def _soon(
    gateways: tuple[Suite, Platform], key: str, holds: Callable[[int, str | None], bool], seconds: float
) -> None:
    """Wait until it holds at every gateway; what was asked within the time may be answered after it."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        asked = loop.time() - began
        answers = await asyncio.gather(*(gateway.call("GET", "namespaces", key=key) for gateway in gateways))
        if all(holds(answer.status, answer.headers.get("X-RateLimit-Limit")) for answer in answers):
            return
        assert asked < seconds, [(answer.status, answer.headers.get("X-RateLimit-Limit")) for answer in answers]
        await asyncio.sleep(0.02)
