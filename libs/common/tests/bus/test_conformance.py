import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from atrium_common.bus.kafka import KafkaBus
from atrium_common.bus.log import LogBus, Source
from atrium_common.bus.ports import Bus, Message
from atrium_common.clock import SystemClock
from atrium_common.cloudevents import HEARTBEAT
from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.lease import LEASES
from atrium_common.eventing.relay import Relay
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSON
from atrium_common.store.commit import EventRecord, Meta, Proposal, Publication, Slice
from atrium_common.store.memory import MemoryStore
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from atrium_common.supervisor import Supervisor
from atrium_common.testing.conformance.bus import TOPIC, BusConformance

CLOCK = SystemClock()


async def in_the_clear(value: JSON) -> JSON:
    return value


class CommittingStage:
    def __init__(self, store: Store, bus: Bus) -> None:
        self.bus = bus
        self._store = store
        self._versions: dict[str, int] = {}

    async def commit(self, numbers: Sequence[int], *, key: str = "wks_1") -> None:
        for number in numbers:
            stream = f"thing/{key}"
            version = self._versions.get(stream, 0)
            publication = Publication("thing.made", {"n": number}, key, (key,), True, key)
            record = EventRecord(f"evt_{uuid.uuid4().hex}", "thing.made", 1, {}, publication)
            meta = Meta("key/key_1", "req_1")
            slices = (Slice(stream, version, (record,)),)
            await self._store.log.append(Proposal(uuid.uuid4().hex, CLOCK.now(), slices, meta=meta))
            self._versions[stream] = version + 1


class TestLogBus(BusConformance):
    @pytest.fixture
    async def stage(self, tmp_path: Path) -> AsyncIterator[CommittingStage]:
        writer, reader = SqliteStore(tmp_path / "tenancy.db"), SqliteStore(tmp_path / "tenancy.db")
        own = MemoryStore()
        await own.open([LEASES, CHECKPOINTS])
        await reader.open([])
        await writer.open([])
        source = Source("tenancy", reader.log, in_the_clear)
        bus = LogBus({TOPIC: source}, documents=own.documents, clock=CLOCK, ids=TimeOrderedIds())
        yield CommittingStage(writer, bus)
        await bus.close()
        await writer.close()
        await reader.close()


@pytest.mark.kafka
class TestKafkaBus(BusConformance):
    @pytest.fixture
    async def stage(self, kafka_bootstrap: str) -> AsyncIterator[CommittingStage]:
        store = MemoryStore()
        await store.open([LEASES, CHECKPOINTS])
        bus = KafkaBus(kafka_bootstrap, topics=[TOPIC], clock=CLOCK, prefix=f"{uuid.uuid4().hex[:8]}.", partitions=3)
        await bus.open()
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
        supervisor = Supervisor()
        supervisor.start("relay", relay.run)
        yield CommittingStage(store, bus)
        await supervisor.stop()
        await asyncio.wait_for(bus.close(), 20)


@pytest.mark.kafka
async def test_a_reader_on_its_way_through_a_backlog_is_not_current(kafka_bootstrap: str) -> None:
    bus = KafkaBus(kafka_bootstrap, topics=[TOPIC], clock=CLOCK, prefix=f"{uuid.uuid4().hex[:8]}.", partitions=1)
    await bus.open()
    await bus.heartbeat(TOPIC, 1)
    message = Message("evt_1", "note.made", "/notes", "", CLOCK.now(), "wks_1", {}, workspace_id="wks_1")
    await bus.publish(TOPIC, [replace(message, id=f"evt_{number}") for number in range(1_500)])
    subscription = await bus.subscribe([TOPIC], group=None, start="earliest")
    received = 0
    async with asyncio.timeout(60):
        while received < 100:
            received += len(await subscription.receive(limit=100, timeout=1))
        assert not subscription.current(within=60)
        while received < 1_500:
            received += len(await subscription.receive(limit=500, timeout=1))
        await bus.heartbeat(TOPIC, 2)
        while not subscription.current(within=60):
            await subscription.receive(limit=500, timeout=0.1)
    await bus.close()


@pytest.mark.kafka
async def test_records_read_back_with_the_published_cloudevents_library_and_a_foreign_consumer(
    kafka_bootstrap: str,
) -> None:
    from cloudevents.kafka import KafkaMessage, from_binary
    from confluent_kafka import Consumer

    store = MemoryStore()
    await store.open([LEASES, CHECKPOINTS])
    prefix = f"{uuid.uuid4().hex[:8]}."
    bus = KafkaBus(kafka_bootstrap, topics=[TOPIC], clock=CLOCK, prefix=prefix, partitions=1)
    await bus.open()
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
    supervisor = Supervisor()
    supervisor.start("relay", relay.run)
    await CommittingStage(store, bus).commit([7])
    consumer = Consumer({"bootstrap.servers": kafka_bootstrap, "group.id": prefix, "auto.offset.reset": "earliest"})
    consumer.subscribe([prefix + TOPIC])
    event = None
    async with asyncio.timeout(30):
        while event is None:
            record = await asyncio.to_thread(consumer.poll, 0.5)
            if record is None or record.error():
                continue
            headers = dict(record.headers() or [])
            if headers["ce_type"] != b"stream.heartbeat":
                plain = {name: value for name, value in headers.items() if isinstance(value, bytes)}
                event = from_binary(KafkaMessage(headers=plain, key=record.key(), value=record.value() or b""))
    await asyncio.to_thread(consumer.close)
    assert event["type"] == "thing.made"
    assert event["source"] == "/tenancy"
    assert event["workspaceid"] == "wks_1"
    assert event.data == {"n": 7}
    await supervisor.stop()
    await bus.close()


@pytest.mark.kafka
async def test_a_record_that_is_no_event_of_ours_holds_up_nothing(kafka_bootstrap: str) -> None:
    prefix = f"{uuid.uuid4().hex[:8]}."
    bus = KafkaBus(kafka_bootstrap, topics=[TOPIC], clock=CLOCK, prefix=prefix, partitions=1)
    await bus.open()
    stranger = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, acks="all")
    await stranger.start()
    try:
        subscription = await bus.subscribe([TOPIC], group="g", start="earliest")
        odd: list[list[tuple[str, bytes]]] = [
            [], [("ce_id", b"\x80")], [("ce_type", HEARTBEAT.encode()), ("ce_position", b"no number")]
        ]  # fmt: skip
        for headers in odd:
            await stranger.send_and_wait(prefix + TOPIC, b"not json", headers=headers)
        await bus.publish(TOPIC, [Message("evt_1", "thing.made", "/t", "thing/1", CLOCK.now(), "wks_1", {"n": 1})])
        async with asyncio.timeout(30):
            while not (received := await subscription.receive(limit=10, timeout=1)):
                pass
        assert [each.message.id for each in received] == ["evt_1"]
        await subscription.commit(received)
    finally:
        await stranger.stop()
        await bus.close()
