"""A broker that dies mid-stream: nothing is lost, and each effect happens once."""

import asyncio
import uuid

import pytest

from atrium_common.bus.kafka import KafkaBus
from atrium_common.bus.ports import Message
from atrium_common.clock import SystemClock
from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.lease import LEASES
from atrium_common.eventing.parking import PARKED_MESSAGES, REDRIVES
from atrium_common.eventing.reactor import Reactor
from atrium_common.eventing.relay import Relay
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSON
from atrium_common.store.commit import EventRecord, Proposal, Publication, Slice
from atrium_common.store.documents import Absent, Collection, Put
from atrium_common.store.memory import MemoryStore
from atrium_common.supervisor import Supervisor
from tests.infra.jars import Unavailable
from tests.infra.kafka import KafkaBroker

TOPIC = "tenancy.events"
COUNT = 60
CLOCK = SystemClock()


async def in_the_clear(value: JSON) -> JSON:
    return value


@pytest.mark.kafka
@pytest.mark.timeout(180)
async def test_a_broker_killed_and_restarted_mid_stream_loses_nothing_and_doubles_no_effect(
    kafka_bootstrap: str,
) -> None:
    assert kafka_bootstrap
    try:
        broker = KafkaBroker()
    except Unavailable as reason:
        pytest.skip(str(reason))
    await asyncio.to_thread(broker.process.start)
    store = MemoryStore()
    await store.open([LEASES, CHECKPOINTS, PARKED_MESSAGES, REDRIVES, Collection("effects")])
    bus = KafkaBus(broker.bootstrap, topics=[TOPIC], clock=CLOCK, partitions=3)
    await bus.open()
    effects: list[str] = []

    async def once(message: Message) -> None:
        (fresh,) = await store.documents.write([Put("effects", message.id, {}, 1, Absent())])
        if fresh:
            effects.append(message.id)

    relay = Relay(
        service="tenancy",
        topic=TOPIC,
        log=store.log,
        documents=store.documents,
        bus=bus,
        open_sealed=in_the_clear,
        clock=CLOCK,
        ids=TimeOrderedIds(),
    )
    reactor = Reactor("effects", [TOPIC], once, bus=bus, documents=store.documents, clock=CLOCK)
    supervisor = Supervisor()
    supervisor.start("relay", relay.run)
    supervisor.start("reactor", reactor.run)
    committed = []
    for number in range(COUNT):
        key = f"wks_{number % 5}"
        event_id = f"evt_{number:04}"
        record = EventRecord(event_id, "thing.made", 1, {}, Publication("thing.made", {"n": number}, key, (key,)))
        await store.log.append(Proposal(uuid.uuid4().hex, CLOCK.now(), (Slice(f"thing/{number}", 0, (record,)),)))
        committed.append(event_id)
        if number in {COUNT // 3, 2 * COUNT // 3}:
            await asyncio.to_thread(broker.process.restart)
        await asyncio.sleep(0.02)
    async with asyncio.timeout(120):
        while len(effects) < COUNT:
            await asyncio.sleep(0.1)
    assert sorted(effects) == committed
    await supervisor.stop()
    await bus.close()
    await asyncio.to_thread(broker.close)
