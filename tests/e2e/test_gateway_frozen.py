"""A service that neither answers nor dies (SIGSTOP): what needs it is refused in time, and the rest goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.suite import Answer, Platform, Suite

pytestmark = pytest.mark.timeout(120)

PLACES = 40
SECONDS = 3.0


@pytest.fixture
async def impatient(directory: Path) -> AsyncIterator[Suite]:
    """A suite whose gateway has few places, and little time for each request."""
    environment = {"ATRIUM_MOST_IN_FLIGHT": str(PLACES), "ATRIUM_UPSTREAM_SECONDS": str(SECONDS)}
    running = Suite(directory / os.urandom(4).hex(), environment)
    running.start()
    async with running:
        yield running
    running.stop()


def pid(suite: Suite, service: str) -> int:
    return int((suite.directory / "run" / f"{service}.pid").read_text())


async def asked(platform: Platform, path: str, key: str) -> tuple[Answer, float]:
    """The answer, and after how many seconds it came."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    answer = await platform.call("GET", path, key=key)
    return answer, loop.time() - began


@pytest.mark.parametrize("known", [True, False])
async def test_a_frozen_service_takes_no_other_with_it_and_is_back_when_it_thaws(
    impatient: Suite,
    known: bool,
) -> None:
    suite, hung = impatient, "user"
    tenant = await suite.tenant()
    await asyncio.sleep(
        1.5
    )  # what the stream tells of the tenant's making is seen within a second: its key stays known
    for path in ("user", "webhooks", "features"):
        assert (await suite.call("GET", path, key=tenant.key)).status == 200
    if not known:  # the key in a context in which nobody has asked yet: tenancy must be asked who that is
        hung = f"{hung}?workspace_id={tenant.workspace['id']}"
    frozen = pid(suite, "tenancy")
    os.kill(frozen, signal.SIGSTOP)
    try:
        hanging = [asyncio.create_task(asked(suite, hung, tenant.key)) for _ in range(2 * PLACES)]
        # One service gets half of the places: the rest is refused at once, and has gone before others are asked.
        async with asyncio.timeout(SECONDS):
            while sum(task.done() for task in hanging) < 2 * PLACES - PLACES // 2:
                await asyncio.sleep(0.01)
        for path in ("webhooks", "features"):
            answer, took = await asked(suite, path, tenant.key)
            assert answer.status == 200, path
            assert took < SECONDS, "it waits for nobody else"
        for answer, took in await asyncio.gather(*hanging):
            assert answer.status in {503, 504}
            assert answer.headers["X-Error-Source"] == "gateway"
            assert took < 3 * SECONDS
        if known:  # by now the breaker is open: most are refused at once
            again = await asyncio.gather(*(asked(suite, hung, tenant.key) for _ in range(10)))
            assert sorted(took for _, took in again)[5] < 1.0
    finally:
        os.kill(frozen, signal.SIGCONT)
    async with asyncio.timeout(20):
        while (await suite.call("GET", "user", key=tenant.key)).status != 200:
            await asyncio.sleep(0.1)
    # Every place is free again.
    answers = await asyncio.gather(*(suite.call("GET", "user", key=tenant.key) for _ in range(PLACES // 2)))
    assert {answer.status for answer in answers} == {200}


async def test_a_namespace_is_shown_without_its_plan_while_entitlements_is_frozen(impatient: Suite) -> None:
    tenant = await impatient.tenant()
    namespace = await impatient.created("namespaces", {"name": "N"}, key=tenant.key)
    frozen = pid(impatient, "entitlements")
    os.kill(frozen, signal.SIGSTOP)
    try:
        shown, took = await asked(impatient, f"namespaces/{namespace['id']}", tenant.key)
        assert shown.status == 200
        assert shown.body["meta"]["degraded"] == ["entitlements"]
        assert shown.data["packages"] is None
        assert took < SECONDS + 1
    finally:
        os.kill(frozen, signal.SIGCONT)
    async with asyncio.timeout(20):
        while "meta" in (await impatient.call("GET", f"namespaces/{namespace['id']}", key=tenant.key)).body:
            await asyncio.sleep(0.1)
