"""Events are numbered by the store's clock, whatever a process's own clock says meanwhile."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from atrium_common.clock import SystemClock
from atrium_common.store.memory import MemoryStore
from atrium_common.store.ports import Store
from atrium_common.testing.clock import FakeClock
from atrium_webhooks.application.store_clock import StoreClock
from tests.engine import Processes, Running


class Stepped(SystemClock):
    """A clock of which the wall's hands are moved."""

    def __init__(self) -> None:
        self.by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by


@pytest.fixture
async def processes() -> AsyncIterator[Processes]:
    shared = MemoryStore()

    async def store() -> Store:
        return shared

    made = Processes(store)
    yield made
    await made.close()


async def order(running: Running, endpoint: str) -> list[str]:
    found = await running.deliveries(endpoint)
    return [str(each.body["event_id"]) for each in sorted(found, key=lambda each: int(str(each.body["sequence"])))]


@pytest.mark.parametrize("hours", [-1, 1])
async def test_events_stay_in_order_over_processes_when_the_clock_of_one_is_set(
    processes: Processes, hours: int
) -> None:
    clock = Stepped()
    one, other = await processes.make(clock=clock), await processes.make()
    endpoint = await one.endpoint("https://192.0.2.1/")
    sent = [*await one.events(1), *await other.events(1)]
    clock.by = timedelta(hours=hours)
    sent += [*await one.events(1), *await other.events(1), *await one.events(1)]
    assert await order(one, endpoint) == [each.id for each in sent]


async def test_the_stores_clock_is_read_every_ten_seconds_at_most_and_followed_when_it_is_set() -> None:
    of_store, own = FakeClock(), FakeClock()
    reads = 0

    class Read(MemoryStore):
        async def now(self) -> datetime:
            nonlocal reads
            reads += 1
            return of_store.now()

    clock = StoreClock(Read(), own)
    for _ in range(10):
        assert await clock.now() == of_store.now()
        for each in (own, of_store):
            each.advance(0.9)
    assert reads == 1
    of_store.advance(-3600)
    own.advance(10)
    assert await clock.now() == of_store.now()
