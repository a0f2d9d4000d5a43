"""Promises 1 and 2 under fire: whatever is killed under load, every committed event is delivered to every endpoint,
once, and repeated only where an attempt was under way."""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.suite import Suite, Tenant
from tests.hostile import Hostile, answer, slow
from tests.infra.jars import Unavailable
from tests.infra.kafka import KafkaBroker
from tests.infra.mongo import MongoServer

CONCURRENCY = 4
PAUSE = 0.1
UNSETTLED = 2  # under way, or answered and not stored yet, for each that a receiver may have at once
PATHS = {"/quick": (answer(),), "/slow": (slow(0.1),), "/moody": (*[answer(500)] * 5, answer())}

Kill = Callable[[], Awaitable[None]]


class Writers:
    """Publish until they are told to end, each event until it is acknowledged.

    At a pace at which there is always something under way and no backlog that takes longer than the kills.
    """

    def __init__(self, suite: Suite, tenant: Tenant, number: int = 3) -> None:
        self.acknowledged: list[str] = []
        self._suite = suite
        self._tenant = tenant
        self._ending = asyncio.Event()
        self._tasks = [asyncio.create_task(self._write(worker)) for worker in range(number)]

    async def more(self, number: int = 5) -> None:
        """Wait until so many more are acknowledged."""
        wanted = len(self.acknowledged) + number
        async with asyncio.timeout(90):
            while len(self.acknowledged) < wanted:
                await asyncio.sleep(0.05)

    async def end(self) -> set[str]:
        """End; the events that are there."""
        self._ending.set()
        await asyncio.gather(*self._tasks)
        return set(self.acknowledged)

    async def _write(self, worker: int) -> None:
        number = 0
        while not self._ending.is_set():
            number += 1
            await asyncio.sleep(PAUSE)
            body = {"type": "order.placed", "data": {"n": number}, "idempotency_key": f"{worker}/{number}"}
            while True:
                try:
                    told = await self._suite.call("POST", "events", body, key=self._tenant.key)
                except (OSError, aiohttp.ClientError):
                    await asyncio.sleep(0.1)
                    continue
                if told.status == 201:
                    self.acknowledged.append(told.data["id"])
                    break
                assert told.status in {502, 503, 504}, told
                await asyncio.sleep(0.1)


async def killed(suite: Suite, *kills: Kill) -> None:
    """Kill one after the other under load, and look at what became of every event."""
    tenant = await suite.tenant()
    async with Hostile() as receiver:
        endpoints = {}
        for path, behaviours in PATHS.items():
            receiver.script(path, *behaviours)
            wanted = {"url": receiver.url(path), "events": ["order.*"], "concurrency": CONCURRENCY}
            endpoints[path] = await suite.created("webhooks", wanted, key=tenant.key)
        writers = Writers(suite, tenant)
        for kill in kills:
            await writers.more()
            await kill()
        await writers.more()
        events = await writers.end()
        for path, endpoint in endpoints.items():
            found = await delivered(suite, tenant, endpoint, len(events))
            assert sorted(each["event_id"] for each in found) == sorted(events)  # one for each, and none missing
            assert {arrival.event_id for arrival in receiver.at(path)} == events
            tried = Counter((arrival.event_id, arrival.attempt) for arrival in receiver.at(path))
            repeated = sum(count - 1 for count in tried.values())
            assert repeated <= len(kills) * CONCURRENCY * UNSETTLED, "more was repeated than can have been under way"


async def delivered(suite: Suite, tenant: Tenant, endpoint: Any, number: int) -> list[Any]:
    """The endpoint's deliveries, as soon as so many have succeeded."""
    async with asyncio.timeout(120):
        while True:
            found: list[Any] = []
            cursor: str | None = ""  # numbered pages would move on while deliveries are still being made
            while cursor is not None:
                url = f"webhooks/{endpoint['id']}/deliveries?per_page=100&cursor={cursor}"
                page = await suite.call("GET", url, key=tenant.key)
                found += page.data
                cursor = page.body["meta"]["next_cursor"]
            if [each["status"] for each in found].count("success") >= number:
                return found
            await asyncio.sleep(0.1)


async def test_services_and_dispatchers_killed_under_load_lose_no_committed_event(suite: Suite) -> None:
    async def webhooks() -> None:
        await suite.replaced("webhooks")

    await killed(suite, webhooks, webhooks, webhooks)


@pytest.mark.kafka
@pytest.mark.mongo
@pytest.mark.timeout(300)
async def test_a_broker_and_a_store_killed_under_load_lose_no_committed_event(
    directory: Path, kafka_bootstrap: str, mongodb_url: str
) -> None:
    assert kafka_bootstrap
    assert mongodb_url
    try:
        broker, server = KafkaBroker(), MongoServer()
    except Unavailable as reason:
        pytest.skip(str(reason))
    broker.process.start()
    server.process.start()
    environment = {
        "ATRIUM_WEBHOOKS_RETRY_SCHEDULE": "0,0.3,0.3,0.3",
        "ATRIUM_LOG_LEVEL": "info",
        "ATRIUM_MONGODB_URL": server.url,
        "ATRIUM_KAFKA_BOOTSTRAP": broker.bootstrap,
        "ATRIUM_KAFKA_PARTITIONS": "3",
    }
    suite = Suite(directory / os.urandom(4).hex(), environment)
    try:
        suite.start()
        async with suite:

            async def the_broker() -> None:
                await asyncio.to_thread(broker.process.restart)

            async def the_store() -> None:
                await asyncio.to_thread(server.process.restart)

            async def both() -> None:
                await asyncio.gather(the_broker(), the_store())

            await killed(suite, the_broker, the_store, both)
    finally:
        suite.stop()
        broker.close()
        server.close()
