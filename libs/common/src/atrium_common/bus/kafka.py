"""The bus on Apache Kafka: idempotent publishing, CloudEvents in binary mode, offsets committed after the effects."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    PolicyViolationError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from atrium_common.bus.kafka_producer import MOST_BYTES, KafkaPublisher, Record
from atrium_common.bus.kafka_security import KafkaSecurity
from atrium_common.bus.ports import BusRefused, BusUnavailable, Message, Received, Start
from atrium_common.clock import Clock
from atrium_common.cloudevents import HEARTBEAT, NotACloudEvent, headers_of, message_of

log = structlog.get_logger("kafka")

_HEARTBEAT_INTERVAL = 0.5
_NEARLY = 1_000
"""Records behind a partition's end: a heartbeat further behind is an old one, met on the way through a backlog."""
_OPEN_SECONDS = 30.0
_OPEN = KafkaSecurity()


class KafkaBus:
    """See `Bus`."""

    def __init__(
        self,
        bootstrap: str,
        *,
        topics: Sequence[str],
        clock: Clock,
        prefix: str = "",
        partitions: int = 6,
        replication: int = 1,
        security: KafkaSecurity = _OPEN,
    ) -> None:
        self._bootstrap = bootstrap
        self._security = security
        self._topics = topics
        self._clock = clock
        self._prefix = prefix
        self._partitions = partitions
        self._replication = replication
        self._publisher = KafkaPublisher(bootstrap, security)
        self._subscriptions: list[KafkaSubscription] = []

    async def open(self) -> None:
        """See `Bus.open`; creates the topics that are missing."""
        try:
            with _translated():
                async with asyncio.timeout(_OPEN_SECONDS):
                    await self._create_topics()
                    await self._publisher.open()
        except BusRefused:
            raise
        except BusUnavailable:
            await self._security.ask(self._bootstrap)
            raise

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """See `Bus.publish`."""
        records = [
            Record(message.key.encode(), orjson.dumps(message.data), headers_of(message)) for message in messages
        ]
        with _translated():
            await self._publisher.send(self._prefix + topic, records)

    async def heartbeat(self, topic: str, position: int) -> None:
        """See `Bus.heartbeat`: one record to each partition."""
        headers = [("ce_type", HEARTBEAT.encode()), ("ce_position", str(position).encode())]
        with _translated():
            partitions = await self._publisher.partitions(self._prefix + topic)
            beats = [Record(None, b"{}", headers, partition) for partition in partitions]
            await self._publisher.send(self._prefix + topic, beats)

    async def subscribe(self, topics: Sequence[str], *, group: str | None, start: Start) -> KafkaSubscription:
        """See `Bus.subscribe`."""
        names = [self._prefix + topic for topic in topics]
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=None if group is None else self._prefix + group,
            enable_auto_commit=False,
            auto_offset_reset=start,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            max_poll_interval_ms=300_000,
            metadata_max_age_ms=30_000,
            **self._security.options(),
        )
        with _translated():
            await consumer.start()
            try:
                if group is None:
                    await self._assign_all(consumer, names, start)
                else:
                    consumer.subscribe(names)
            except BaseException:
                await consumer.stop()
                raise
        subscription = KafkaSubscription(consumer, prefix=self._prefix, clock=self._clock)
        self._subscriptions.append(subscription)
        return subscription

    async def close(self) -> None:
        """See `Bus.close`."""
        for subscription in self._subscriptions:
            await subscription.close()
        self._subscriptions.clear()
        await self._publisher.close()

    async def _assign_all(self, consumer: AIOKafkaConsumer, topics: Sequence[str], start: Start) -> None:
        partitions = [
            TopicPartition(topic, number) for topic in topics for number in await self._publisher.partitions(topic)
        ]
        consumer.assign(partitions)
        if start == "earliest":
            await consumer.seek_to_beginning(*partitions)
            return
        # The place is fixed now: what is published after this call is received.
        for partition, offset in (await consumer.end_offsets(partitions)).items():
            consumer.seek(partition, offset)

    async def partitions(self) -> Mapping[str, int]:
        """How many partitions each topic has."""
        with _translated():
            return {topic: len(await self._publisher.partitions(self._prefix + topic)) for topic in self._topics}

    async def _create_topics(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, **self._security.options())
        try:
            await admin.start()
            configs = {"max.message.bytes": str(MOST_BYTES)}
            wanted = [
                NewTopic(self._prefix + topic, self._partitions, self._replication, topic_configs=configs)
                for topic in self._topics
            ]
            answer = await admin.create_topics(wanted)
            refused = {topic: for_code(code) for topic, code, *_ in answer.topic_errors if code}
            faults = {topic: error for topic, error in refused.items() if error is not TopicAlreadyExistsError}
            if faults:
                # Who may not make topics, or not such ones, is told so of those that are there, too.
                there = {each["topic"] for each in await admin.describe_topics(list(faults)) if not each["error_code"]}
                _tell_of({topic: error for topic, error in faults.items() if topic not in there})
        finally:
            await admin.close()


class KafkaSubscription:
    """See `Subscription`."""

    def __init__(self, consumer: AIOKafkaConsumer, *, prefix: str, clock: Clock) -> None:
        self._consumer = consumer
        self._prefix = prefix
        self._clock = clock
        self._beats: dict[TopicPartition, float] = {}
        self._positions: dict[str, int] = {}
        self._closed = False

    async def receive(self, *, limit: int, timeout: float) -> Sequence[Received]:
        """See `Subscription.receive`."""
        deadline = self._clock.monotonic() + timeout
        while True:
            remaining = max(0.0, deadline - self._clock.monotonic())
            with _translated():
                fetched = await self._consumer.getmany(timeout_ms=int(remaining * 1000), max_records=limit)
            batch = [
                received
                for partition, records in fetched.items()
                for record in records
                if (received := self._take(partition, record)) is not None
            ]
            if batch or self._clock.monotonic() >= deadline:
                return batch

    async def commit(self, received: Sequence[Received]) -> None:
        """See `Subscription.commit`."""
        offsets: dict[TopicPartition, int] = {}
        assigned = self._consumer.assignment()
        for each in received:
            partition = TopicPartition(self._prefix + each.topic, each.partition)
            if partition in assigned:
                offsets[partition] = max(each.offset + 1, offsets.get(partition, 0))
        if offsets:
            # A partition that was lost in the meantime comes again elsewhere.
            with _translated(), contextlib.suppress(CommitFailedError, IllegalStateError):
                await self._consumer.commit(offsets)

    def current(self, *, within: float) -> bool:
        """See `Subscription.current`: every partition's last heartbeat is young, and was near its end."""
        now = self._clock.monotonic()
        assigned = self._consumer.assignment()
        oldest = within + _HEARTBEAT_INTERVAL
        return bool(assigned) and all(now - self._beats.get(each, float("-inf")) <= oldest for each in assigned)

    def position(self, topic: str) -> int:
        """See `Subscription.position`."""
        return self._positions.get(topic, 0)

    async def close(self) -> None:
        """See `Subscription.close`."""
        if not self._closed:
            self._closed = True
            with contextlib.suppress(KafkaError):
                await self._consumer.stop()

    def _take(self, partition: TopicPartition, record: ConsumerRecord[bytes, bytes]) -> Received | None:
        topic = partition.topic.removeprefix(self._prefix)
        headers = dict(record.headers)
        try:
            position = int(headers.get("ce_position", b"0"))
            beats = headers.get("ce_type") == HEARTBEAT.encode()
            message = None if beats else message_of(record.key, record.headers, record.value or b"{}")
        except (NotACloudEvent, TypeError, ValueError) as error:
            # Somebody else's: it can't hold up what comes behind it.
            log.error(
                "a record that is no event of ours is left aside",
                topic=topic, partition=partition.partition, offset=record.offset, reason=str(error),
            )  # fmt: skip
            return None
        self._positions[topic] = max(position, self._positions.get(topic, 0))
        if message is None:
            end = self._consumer.highwater(partition)
            if end is None or end - record.offset <= _NEARLY:
                self._beats[partition] = self._clock.monotonic()
            return None
        return Received(topic, partition.partition, record.offset, message)


def _tell_of(faults: Mapping[str, type[KafkaError]]) -> None:
    forbidden = (TopicAuthorizationFailedError, ClusterAuthorizationFailedError, PolicyViolationError)
    for error in faults.values():
        if not issubclass(error, forbidden):
            raise error
    if faults:
        raise BusRefused(
            f"Kafka does not let us make the topics {', '.join(sorted(faults))}: make them, or let the user of"
            " ATRIUM_KAFKA_SASL_USERNAME do it; to use them it needs the rights to read and write"
        )


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (CommitFailedError, IllegalStateError):
        raise
    except (KafkaError, OSError, TimeoutError) as error:
        raise BusUnavailable(f"Kafka: {type(error).__name__}") from error
