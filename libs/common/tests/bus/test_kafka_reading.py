"""Reading from Kafka over time: quiet partitions, partitions that are added, members that come and go."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete

from atrium_common.bus.kafka import KafkaBus, configs_of
from atrium_common.bus.kafka_subscription import KafkaSubscription
from atrium_common.bus.ports import Message
from atrium_common.clock import SystemClock
from atrium_common.metrics import LOST

pytestmark = pytest.mark.kafka

TOPIC = "tenancy.events"
CLOCK = SystemClock()


class Site:
    """A bus of one topic with one partition."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.prefix = f"{uuid.uuid4().hex[:8]}."
        self.bus = KafkaBus(bootstrap, topics=[TOPIC], clock=CLOCK, prefix=self.prefix, partitions=1, metadata_ms=500)

    async def publish(self, *numbers: int, key: str = "wks_1") -> None:
        await self.bus.publish(
            TOPIC, [Message(f"evt_{n}", "thing.made", "/t", "thing/1", CLOCK.now(), key, {"n": n}) for n in numbers]
        )

    async def committed(self, group: str) -> int | None:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=self.prefix + group)
        await consumer.start()
        try:
            committed: int | None = await consumer.committed(TopicPartition(self.prefix + TOPIC, 0))
        finally:
            await consumer.stop()
        return committed


@pytest.fixture
async def site(kafka_bootstrap: str) -> AsyncIterator[Site]:
    made = Site(kafka_bootstrap)
    await made.bus.open()
    yield made
    await made.bus.close()


async def numbers(subscription: KafkaSubscription, count: int) -> list[object]:
    found: list[object] = []
    async with asyncio.timeout(30):
        while len(found) < count:
            found += [each.message.data["n"] for each in await subscription.receive(limit=50, timeout=0.2)]
    return found


async def test_what_a_quiet_partition_says_is_not_read_again_by_the_next_member(site: Site) -> None:
    subscription = await site.bus.subscribe([TOPIC], group="g", start="earliest")
    for position in range(5):
        await site.bus.heartbeat(TOPIC, position)
    async with asyncio.timeout(30):
        while not subscription.current(within=10):
            await subscription.receive(limit=10, timeout=0.2)
    await subscription.close()
    assert await site.committed("g") == 5
    subscription = await site.bus.subscribe([TOPIC], group="g", start="earliest")
    await site.publish(1, 2)
    await site.bus.heartbeat(TOPIC, 7)
    async with asyncio.timeout(30):
        while not (received := await subscription.receive(limit=10, timeout=1)):
            pass
    assert [each.message.data["n"] for each in received] == [1, 2]
    await subscription.commit(received[:1])
    while not subscription.current(within=10):
        await subscription.receive(limit=10, timeout=0.2)
    await subscription.close()
    # Never past a message that is not done.
    assert await site.committed("g") == 6


async def test_a_reader_without_group_reads_partitions_that_are_added_from_their_beginning(site: Site) -> None:
    subscription = await site.bus.subscribe([TOPIC], group=None, start="latest")
    await site.publish(1)
    admin = AIOKafkaAdminClient(bootstrap_servers=site.bootstrap)
    await admin.start()
    await admin.create_partitions({site.prefix + TOPIC: NewPartitions(total_count=3)})
    await admin.close()
    sender = KafkaBus(site.bootstrap, topics=[TOPIC], clock=CLOCK, prefix=site.prefix)
    await sender.open()
    for key in range(12):
        message = Message("evt_2", "thing.made", "/t", "thing/1", CLOCK.now(), f"wks_{key}", {"n": 2 + key})
        await sender.publish(TOPIC, [message])
    await sender.heartbeat(TOPIC, 2)
    assert sorted(await numbers(subscription, 13), key=str) == sorted(range(1, 14), key=str)
    await sender.heartbeat(TOPIC, 3)
    async with asyncio.timeout(30):
        while not subscription.current(within=10):
            await subscription.receive(limit=10, timeout=0.2)
    await sender.close()


async def test_a_reader_that_has_not_heard_of_a_partition_yet_is_not_current(site: Site) -> None:
    slow = KafkaBus(site.bootstrap, topics=[TOPIC], clock=CLOCK, prefix=site.prefix)
    await slow.open()
    subscription = await slow.subscribe([TOPIC], group=None, start="latest")
    admin = AIOKafkaAdminClient(bootstrap_servers=site.bootstrap)
    await admin.start()
    await admin.create_partitions({site.prefix + TOPIC: NewPartitions(total_count=2)})
    await admin.close()
    sender = KafkaBus(site.bootstrap, topics=[TOPIC], clock=CLOCK, prefix=site.prefix)
    await sender.open()
    await sender.heartbeat(TOPIC, 1)
    for _ in range(3):
        await subscription.receive(limit=10, timeout=0.1)
    assert not subscription.current(within=10)
    await sender.close()
    await slow.close()


async def test_members_that_share_a_group_notice_that_what_they_read_was_anothers(site: Site) -> None:
    one = await site.bus.subscribe([TOPIC], group="g", start="earliest")
    await site.publish(1)
    assert await numbers(one, 1) == [1]
    before = one.turn
    two = await site.bus.subscribe([TOPIC], group="g", start="earliest")
    await one.receive(limit=10, timeout=0.1)
    async with asyncio.timeout(30):
        while one.turn == before:
            await one.receive(limit=10, timeout=0.1)
            await two.receive(limit=10, timeout=0.1)
    await two.close()


async def test_what_the_stream_has_dropped_before_it_was_read_is_told(site: Site) -> None:
    topic, told = f"{site.prefix}{TOPIC}", LOST.labels(TOPIC)._value
    before = told.get()
    subscription = await site.bus.subscribe([TOPIC], group="g", start="earliest")
    await site.publish(1, 2, 3)
    async with asyncio.timeout(30):
        while not (received := await subscription.receive(limit=1, timeout=1)):
            pass
    await subscription.commit(received)
    await subscription.close()
    assert told.get() == before
    admin = AIOKafkaAdminClient(bootstrap_servers=site.bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=2)})
    await admin.close()
    subscription = await site.bus.subscribe([TOPIC], group="g", start="earliest")
    assert await numbers(subscription, 1) == [3]
    assert told.get() == before + 1
    await subscription.close()


async def test_a_reader_without_group_that_the_stream_has_left_behind_misses_nothing_that_is_there(site: Site) -> None:
    subscription = await site.bus.subscribe([TOPIC], group=None, start="latest")
    consumer, partition = subscription._consumer, TopicPartition(f"{site.prefix}{TOPIC}", 0)
    consumer.pause(partition)
    await subscription.receive(limit=1, timeout=0.6)  # longer than a fetch that has begun
    await site.publish(1, 2, 3)
    admin = AIOKafkaAdminClient(bootstrap_servers=site.bootstrap)
    await admin.start()
    await admin.delete_records({partition: RecordsToDelete(before_offset=2)})
    await admin.close()
    consumer.resume(partition)
    assert await numbers(subscription, 1) == [3]


@pytest.mark.parametrize(("replication", "least"), [(1, 1), (2, 1), (3, 2), (5, 2)])
async def test_a_topic_of_three_copies_takes_nothing_that_only_one_would_have(replication: int, least: int) -> None:
    assert configs_of(replication)["min.insync.replicas"] == str(least)
