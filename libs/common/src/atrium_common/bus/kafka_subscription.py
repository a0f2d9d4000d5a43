"""Reading from Kafka: CloudEvents in binary mode, offsets committed after the effects."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterator, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    GroupAuthorizationFailedError,
    IllegalStateError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from atrium_common.bus.ports import BusRefused, BusUnavailable, Received
from atrium_common.clock import Clock
from atrium_common.cloudevents import HEARTBEAT, NotACloudEvent, message_of
from atrium_common.metrics import LOST

log = structlog.get_logger("kafka")

PARTITIONS = "ce_partitions"
"""In a heartbeat: how many partitions its topic has."""
_HEARTBEAT_INTERVAL = 0.5
_NEARLY = 1_000
"""Records behind a partition's end: a heartbeat further behind is an old one, met on the way through a backlog."""
_PASSING_SECONDS = 30.0
_ASIDE_SECONDS = 3.0
"""What nobody waits for may take."""


class KafkaSubscription(ConsumerRebalanceListener):  # type: ignore[misc]  # it ships no types
    """See `Subscription`."""

    def __init__(self, consumer: AIOKafkaConsumer, names: Sequence[str], *, prefix: str, clock: Clock) -> None:
        """`names` are the topics, with the prefix."""
        self.turn = 0
        self._consumer = consumer
        self._names = names
        self._prefix = prefix
        self._clock = clock
        self._in_group = False
        self._beats: dict[TopicPartition, float] = {}
        self._given: dict[TopicPartition, int] = {}
        self._passed: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._pass_at = clock.monotonic() + _PASSING_SECONDS
        self.closed = False

    async def join(self) -> None:
        """Read as a member of the consumer's group."""
        self._in_group = True
        self._consumer.subscribe(list(self._names), listener=self)

    async def begin(self, partitions: Collection[TopicPartition], *, earliest: bool) -> None:
        """Read alone, from the partitions' beginning or from their end as it is now."""
        self._consumer.assign(partitions)
        if earliest:
            await self._consumer.seek_to_beginning(*partitions)
            return
        # The place is fixed now: what is published after this call is received.
        for partition, offset in (await self._consumer.end_offsets(partitions)).items():
            self._consumer.seek(partition, offset)

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Kafka is about to share the partitions out anew."""

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:  # noqa: ARG002 (aiokafka's)
        """These are ours now; others may have read in them. Nothing of them has been received yet."""
        self.turn += 1
        self._given.clear()
        self._passed.clear()
        self._next.clear()

    async def receive(self, *, limit: int, timeout: float) -> Sequence[Received]:
        """See `Subscription.receive`."""
        deadline = self._clock.monotonic() + timeout
        while True:
            remaining = max(0.0, deadline - self._clock.monotonic())
            with translated():
                if not self._in_group:
                    await self._take_in_what_was_added()
                fetched = await self._consumer.getmany(timeout_ms=int(remaining * 1000), max_records=limit)
                for partition, records in fetched.items():
                    await self._look_for_what_is_missing(partition, records[0].offset, records[-1].offset + 1)
            batch = [
                received
                for partition, records in fetched.items()
                for record in records
                if (received := self._take(partition, record)) is not None
            ]
            if self._in_group and self._clock.monotonic() >= self._pass_at:
                await self._pass()
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
        for partition, offset in offsets.items():
            if self._given.get(partition, -1) < offset:
                self._given.pop(partition, None)
                offsets[partition] = max(offset, self._passed.pop(partition, 0))
        if offsets:
            # A partition that was lost in the meantime comes again elsewhere.
            with translated(), contextlib.suppress(CommitFailedError, IllegalStateError):
                await self._consumer.commit(offsets)

    def current(self, *, within: float) -> bool:
        """See `Subscription.current`: every partition's last heartbeat is young, and was near its end."""
        now = self._clock.monotonic()
        assigned = self._consumer.assignment()
        oldest = within + _HEARTBEAT_INTERVAL
        return bool(assigned) and all(now - self._beats.get(each, float("-inf")) <= oldest for each in assigned)

    async def close(self) -> None:
        """See `Subscription.close`."""
        if not self.closed:
            self.closed = True
            if self._in_group:
                await self._pass()
            with contextlib.suppress(KafkaError):
                await self._consumer.stop()

    async def _pass(self) -> None:
        """Commit that what needs no handling is done: a quiet partition has two heartbeats a second, for days."""
        self._pass_at = self._clock.monotonic() + _PASSING_SECONDS
        assigned = self._consumer.assignment()
        passed = {each: at for each, at in self._passed.items() if each in assigned and each not in self._given}
        self._passed.clear()
        if passed:
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                async with asyncio.timeout(_ASIDE_SECONDS):
                    await self._consumer.commit(passed)

    async def _look_for_what_is_missing(self, partition: TopicPartition, first: int, after: int) -> None:
        """Offsets follow each other: where some are missing, the topic's retention was shorter than our absence."""
        expected = self._next.get(partition)
        if expected is None and self._in_group:
            # What has been fetched is not given up for want of this.
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                async with asyncio.timeout(_ASIDE_SECONDS):
                    expected = await self._consumer.committed(partition)
        self._next[partition] = after
        if expected is not None and first > expected:
            topic = partition.topic.removeprefix(self._prefix)
            LOST.labels(topic).inc(first - expected)
            log.error(
                "records were dropped before they were read: have them relayed again",
                topic=topic, partition=partition.partition, after=expected - 1, count=first - expected,
            )  # fmt: skip

    async def _take_in_what_was_added(self) -> None:
        """A topic may get more partitions: what is in them has all come since."""
        assigned = self._consumer.assignment()
        there = {
            TopicPartition(name, number)
            for name in self._names
            for number in self._consumer.partitions_for_topic(name) or ()
        }
        if there <= assigned:
            return
        places = {each: await self._consumer.position(each) for each in assigned}
        self._consumer.assign(there | assigned)
        for partition, offset in places.items():
            self._consumer.seek(partition, offset)
        await self._consumer.seek_to_beginning(*(there - assigned))

    def _take(self, partition: TopicPartition, record: ConsumerRecord[bytes, bytes]) -> Received | None:
        topic = partition.topic.removeprefix(self._prefix)
        headers = dict(record.headers)
        if headers.get("ce_type") == HEARTBEAT.encode():
            self._beat(partition, record.offset, headers.get(PARTITIONS))
            return None
        try:
            message = message_of(record.key, record.headers, record.value or b"{}")
        except NotACloudEvent as error:
            # Somebody else's: it can't hold up what comes behind it.
            log.error(
                "a record that is no event of ours is left aside",
                topic=topic, partition=partition.partition, offset=record.offset, reason=str(error),
            )  # fmt: skip
            self._passed[partition] = record.offset + 1
            return None
        self._given[partition] = record.offset
        return Received(topic, partition.partition, record.offset, message)

    def _beat(self, partition: TopicPartition, offset: int, announced: bytes | None) -> None:
        self._passed[partition] = offset + 1
        known = len(self._consumer.partitions_for_topic(partition.topic) or ())
        if announced is not None and announced.isdigit() and int(announced) > known:
            # There are partitions that we have not heard of yet: nobody can say what is in them.
            self._beats.clear()
            return
        end = self._consumer.highwater(partition)
        if end is None or end - offset <= _NEARLY:
            self._beats[partition] = self._clock.monotonic()


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the client's errors into the port's."""
    try:
        yield
    except (CommitFailedError, IllegalStateError):
        raise
    except (TopicAuthorizationFailedError, GroupAuthorizationFailedError) as error:
        raise BusRefused(
            f"Kafka refuses what we do with {', '.join(map(str, error.args))}: the user of"
            " ATRIUM_KAFKA_SASL_USERNAME needs the rights to read and write our topics, and to read as our groups"
        ) from error
    except (KafkaError, OSError, TimeoutError) as error:
        raise BusUnavailable(f"Kafka: {type(error).__name__}") from error
