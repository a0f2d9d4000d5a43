"""A suite that is told to end answers what it has begun: the gateways go first, what stands behind them after."""

import asyncio
import os
import signal

import aiohttp

from tests.e2e.suite import Suite


async def test_a_suite_that_ends_under_load_answers_all_that_it_has_received(suite: Suite) -> None:
    tenant = await suite.tenant()
    before = len(suite.log())
    statuses: list[int] = []

    async def write(worker: int) -> None:
        number = 0
        while True:
            number += 1
            try:
                answer = await suite.call("POST", "namespaces", {"name": f"N {worker} {number}"}, key=tenant.key)
            except (aiohttp.ClientConnectionError, ConnectionError):
                return  # refused, or an idle connection was closed: nothing that it had begun
            statuses.append(answer.status)

    writers = [asyncio.create_task(write(worker)) for worker in range(4)]
    async with asyncio.timeout(60):
        while len(statuses) < 20:
            await asyncio.sleep(0.05)
    os.kill(suite.pid, signal.SIGTERM)
    await asyncio.wait_for(asyncio.gather(*writers), 60)
    assert set(statuses) == {201}
    assert suite.stop() == 0
    assert "could not be told" not in suite.log()[before:]
