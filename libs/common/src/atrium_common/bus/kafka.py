"""The bus on Apache Kafka: its topics, what is published to them, and who reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    PolicyViolationError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from atrium_common.bus.kafka_producer import MOST_BYTES, KafkaPublisher, Record
from atrium_common.bus.kafka_security import KafkaSecurity
from atrium_common.bus.kafka_subscription import PARTITIONS, KafkaSubscription, translated
from atrium_common.bus.ports import BusRefused, BusUnavailable, Message, Start
from atrium_common.clock import Clock
from atrium_common.cloudevents import HEARTBEAT, headers_of

_OPEN_SECONDS = 30.0
_SAFE = 3
_OPEN = KafkaSecurity()
_AS_BROKERS_DO: Mapping[str, timedelta] = MappingProxyType({})


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
        retention: Mapping[str, timedelta] = _AS_BROKERS_DO,
        security: KafkaSecurity = _OPEN,
        metadata_ms: int = 30_000,
    ) -> None:
        """`partitions`, `replication` and `retention` are for topics that are made here.

        `metadata_ms` is after what time a reader looks for new partitions.
        """
        self._bootstrap = bootstrap
        self._security = security
        self._topics = topics
        self._clock = clock
        self._prefix = prefix
        self._partitions = partitions
        self._replication = replication
        self._retention = retention
        self._metadata_ms = metadata_ms
        self._publisher = KafkaPublisher(bootstrap, security)
        self._subscriptions: list[KafkaSubscription] = []

    async def open(self) -> None:
        """See `Bus.open`; creates the topics that are missing."""
        try:
            with translated():
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
        with translated():
            await self._publisher.send(self._prefix + topic, records)

    async def heartbeat(self, topic: str, position: int) -> None:
        """See `Bus.heartbeat`: one record to each partition."""
        with translated():
            partitions = await self._publisher.partitions(self._prefix + topic)
            told = {"ce_type": HEARTBEAT, "ce_position": str(position), PARTITIONS: str(len(partitions))}
            headers = [(name, value.encode()) for name, value in told.items()]
            beats = [Record(None, b"{}", headers, partition) for partition in partitions]
            await self._publisher.send(self._prefix + topic, beats)

    async def subscribe(self, topics: Sequence[str], *, group: str | None, start: Start) -> KafkaSubscription:
        """See `Bus.subscribe`."""
        names = [self._prefix + topic for topic in topics]
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=None if group is None else self._prefix + group,
            enable_auto_commit=False,
            # Who reads alone is put to its place: to find it gone must not lead over what has come since.
            auto_offset_reset="earliest" if group is None else start,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            max_poll_interval_ms=300_000,
            metadata_max_age_ms=self._metadata_ms,
            **self._security.options(),
        )
        subscription = KafkaSubscription(consumer, names, prefix=self._prefix, clock=self._clock)
        with translated():
            try:
                await consumer.start()
                if group is None:
                    await subscription.begin(await self._partitions_of(names), earliest=start == "earliest")
                else:
                    await subscription.join()
            except BaseException:
                await consumer.stop()
                raise
        self._subscriptions = [each for each in self._subscriptions if not each.closed]
        self._subscriptions.append(subscription)
        return subscription

    async def close(self) -> None:
        """See `Bus.close`."""
        for subscription in self._subscriptions:
            await subscription.close()
        self._subscriptions.clear()
        await self._publisher.close()

    async def partitions(self) -> Mapping[str, int]:
        """How many partitions each topic has."""
        with translated():
            return {topic: len(await self._publisher.partitions(self._prefix + topic)) for topic in self._topics}

    async def _partitions_of(self, names: Sequence[str]) -> list[TopicPartition]:
        return [TopicPartition(name, number) for name in names for number in await self._publisher.partitions(name)]

    async def _create_topics(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, **self._security.options())
        try:
            await admin.start()
            answer = await admin.create_topics([self._new(topic) for topic in self._topics])
            refused = {topic: for_code(code) for topic, code, *_ in answer.topic_errors if code}
            faults = {topic: error for topic, error in refused.items() if error is not TopicAlreadyExistsError}
            if faults:
                # Who may not make topics, or not such ones, is told so of those that are there, too.
                there = {each["topic"] for each in await admin.describe_topics(list(faults)) if not each["error_code"]}
                _tell_of({topic: error for topic, error in faults.items() if topic not in there})
        finally:
            await admin.close()

    def _new(self, topic: str) -> NewTopic:
        configs = configs_of(self._replication)
        if topic in self._retention:
            configs["retention.ms"] = str(int(self._retention[topic] / timedelta(milliseconds=1)))
        return NewTopic(self._prefix + topic, self._partitions, self._replication, topic_configs=configs)


def configs_of(replication: int) -> dict[str, str]:
    """How topics of so many copies are made.

    What has been taken is never sent again, so it must outlive a broker: of three copies two have it by then.
    """
    return {"max.message.bytes": str(MOST_BYTES), "min.insync.replicas": "2" if replication >= _SAFE else "1"}


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
