"""How far the stream is behind is told when it matters: while nothing can be put onto it."""

import asyncio
from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY

from atrium_common.bus.ports import Bus, BusUnavailable, Message, Start, Subscription
from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.lease import LEASES
from atrium_common.eventing.relay import Relay
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSON
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_common.testing.conformance.event_log import one, proposal


class AwayBus:
    """A bus whose broker takes nothing."""

    async def open(self) -> None: ...

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        raise BusUnavailable(f"{topic} {len(messages)}")

    async def heartbeat(self, topic: str, position: int) -> None:
        raise BusUnavailable(f"{topic} {position}")

    async def subscribe(self, topics: Sequence[str], *, group: str | None, start: Start) -> Subscription:
        raise BusUnavailable(f"{topics} {group} {start}")

    async def close(self) -> None: ...


async def in_the_clear(value: JSON) -> JSON:
    return value


def relay(store: MemoryStore, bus: Bus) -> Relay:
    return Relay(
        service="s",
        topic="relayed",
        log=store.log,
        documents=store.documents,
        bus=bus,
        open_sealed=in_the_clear,
        clock=FakeClock(),
        ids=TimeOrderedIds(),
    )


def lag() -> float | None:
    return REGISTRY.get_sample_value("atrium_relay_lag_commits", {"topic": "relayed"})


async def test_the_lag_is_told_while_the_broker_takes_nothing_and_no_longer_by_who_does_not_relay() -> None:
    store = MemoryStore(clock=FakeClock())
    store.documents.declare([LEASES, CHECKPOINTS])
    for number in range(3):
        await store.log.append(proposal(one(f"a/{number}", 0)))
    with pytest.raises(BusUnavailable):
        await relay(store, AwayBus()).run()
    assert lag() == 3
    assert await relay(store, AwayBus())._lease.acquire() is not None
    beside = asyncio.create_task(relay(store, AwayBus()).run())
    async with asyncio.timeout(5):
        while lag() != 0:
            await asyncio.sleep(0)
    beside.cancel()
