"""Promise 9: first occurrences per key are in order on the bus, also where brokers refuse a part of what is sent."""

import asyncio
import uuid
from collections.abc import Sequence

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from atrium_common.bus.kafka import KafkaBus
from atrium_common.bus.ports import BusRefused, BusUnavailable, Message
from atrium_common.clock import SystemClock
from atrium_common.jsontypes import JSONObject

TOPIC = "tenancy.events"
CLOCK = SystemClock()
MORE_THAN_A_BROKER_TAKES_UNASKED = 3 * 1024 * 1024


def message(number: int, *, size: int = 0, key: str = "wks_1") -> Message:
    data: JSONObject = {"n": number, "text": "x" * size}
    return Message(f"evt_{number}", "thing.made", "/t", "thing/1", CLOCK.now(), key, data, position=number)


async def there_are(bus: KafkaBus, count: int) -> list[str]:
    subscription = await bus.subscribe([TOPIC], group=None, start="earliest")
    ids: list[str] = []
    async with asyncio.timeout(20):
        while len(ids) < count:
            ids += [each.message.id for each in await subscription.receive(limit=50, timeout=0.5)]
    await subscription.close()
    return ids


async def bus_of(bootstrap: str, *, takes: int | None = None) -> KafkaBus:
    prefix = f"{uuid.uuid4().hex[:8]}."
    if takes is not None:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        configs = {"max.message.bytes": str(takes)}
        await admin.create_topics([NewTopic(prefix + TOPIC, 1, 1, topic_configs=configs)])
        await admin.close()
    bus = KafkaBus(bootstrap, topics=[TOPIC], clock=CLOCK, prefix=prefix, partitions=1)
    await bus.open()
    return bus


@pytest.mark.kafka
async def test_nothing_behind_a_refused_message_overtakes_it_and_what_is_fit_goes_on(kafka_bootstrap: str) -> None:
    bus = await bus_of(kafka_bootstrap, takes=20_000)

    async def refused(messages: Sequence[Message]) -> str:
        with pytest.raises(BusRefused) as refusal:
            await bus.publish(TOPIC, messages)
        return str(refusal.value)

    many = [message(number, size=15_000) for number in range(2, 5)]
    told = await refused([message(1, size=30_000), *many])
    assert "max.message.bytes" in told
    assert "xxx" not in told
    await bus.publish(TOPIC, [message(5)])
    await refused([message(6), message(7, size=30_000), message(8)])
    await bus.publish(TOPIC, [message(9)])
    await bus.heartbeat(TOPIC, 9)
    ids = await there_are(bus, 2)
    assert [each for each in ids if each != "evt_6"] == ["evt_5", "evt_9"]
    await bus.close()


@pytest.mark.kafka
async def test_a_message_as_large_as_a_body_can_make_it_is_published(kafka_bootstrap: str) -> None:
    bus = await bus_of(kafka_bootstrap)
    large = message(2, size=MORE_THAN_A_BROKER_TAKES_UNASKED)
    await bus.publish(TOPIC, [message(1), large, message(3)])
    assert await there_are(bus, 3) == ["evt_1", "evt_2", "evt_3"]
    await bus.close()


@pytest.mark.kafka
async def test_a_bus_closes_at_once_though_what_was_being_sent_can_not_be(kafka_bootstrap: str) -> None:
    bus = await bus_of(kafka_bootstrap, takes=20_000)
    sending = asyncio.create_task(bus.publish(TOPIC, [message(1, key=f"wks_{key}") for key in range(200)]))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    async with asyncio.timeout(5):
        await bus.close()
    with pytest.raises(BusUnavailable):
        await bus.publish(TOPIC, [message(1)])
