"""Publishing to Kafka in lines: one for each partition, one batch of it at a time, and nothing behind a failed one.

A producer of aiokafka goes on with what is queued behind a failed batch. Where it is new to a partition the broker
takes that, so that a message overtakes the one before; where it is not, the broker refuses everything that this
producer ever sends there again. So after any failure a producer is given up with all it still has, and the next
sending makes a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerClosed

from atrium_common.bus.kafka_security import KafkaSecurity
from atrium_common.bus.ports import BusRefused, BusUnavailable

MOST_BYTES = 8 * 1024 * 1024
"""The largest record that a topic of ours must take: numbers may be several times longer than in a body of 1 MiB."""
_BATCH_BYTES = 256 * 1024
_SEND_SECONDS = 30.0
_GRACE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Record:
    """What goes to a topic: to its key's partition, or to the one that is given."""

    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]
    partition: int | None = None


class KafkaPublisher:
    """Sends records; what it was given first, a partition has first."""

    def __init__(self, bootstrap: str, security: KafkaSecurity) -> None:
        self._bootstrap = bootstrap
        self._security = security
        self._producer: _Producer | None = None
        self._making = asyncio.Lock()
        self._closed = True

    async def open(self) -> None:
        """Connect.

        Raises:
            KafkaError: no broker answers.
        """
        self._closed = False
        await self._ready()

    async def partitions(self, topic: str) -> list[int]:
        """The numbers of the topic's partitions."""
        return sorted(await (await self._ready()).partitions_for(topic))

    async def send(self, topic: str, records: Sequence[Record]) -> None:
        """Have the records taken by a majority of each partition's replicas, in this order within a partition.

        Raises:
            KafkaError, TimeoutError: some, all or none are there; per partition the first so many.
            BusRefused: one is larger than the topic takes.
        """
        producer = await self._ready()
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await producer.send_lines(topic, records)
        except MessageSizeTooLargeError as error:
            await self._give_up(producer)
            size = max(len(record.value) for record in records)
            raise BusRefused(
                f"Kafka takes no message of {size} bytes on {topic}: set the topic's max.message.bytes to {MOST_BYTES}"
            ) from error
        except BaseException:
            await self._give_up(producer)
            raise

    async def close(self) -> None:
        """Let go; what was not taken yet is told to nobody as taken, and is dropped."""
        self._closed = True
        if self._producer is not None:
            await self._give_up(self._producer)

    async def _ready(self) -> _Producer:
        async with self._making:
            if self._closed:
                raise BusUnavailable("the bus is not open")
            if self._producer is None:
                producer = _Producer(
                    bootstrap_servers=self._bootstrap, enable_idempotence=True, acks="all", linger_ms=0,
                    compression_type=None, max_batch_size=_BATCH_BYTES, **self._security.options(),
                )  # fmt: skip
                try:
                    async with asyncio.timeout(_SEND_SECONDS):
                        await producer.start()
                except BaseException:
                    await producer.give_up()
                    raise
                self._producer = producer
            return self._producer

    async def _give_up(self, producer: _Producer) -> None:
        if self._producer is producer:
            self._producer = None
        await producer.give_up()


class _Producer(AIOKafkaProducer):  # type: ignore[misc]  # it ships no types
    async def send_lines(self, topic: str, records: Iterable[Record]) -> None:
        """Send the records, the partitions beside each other; where some fail, all others are waited for."""
        await self.partitions_for(topic)
        lines: dict[int, list[Record]] = {}
        for record in records:
            # The hash by which all Kafka clients find a key's partition.
            partition = self._partition(topic, record.partition, None, None, record.key, None)
            lines.setdefault(partition, []).append(record)
        sending = (self._send_line(topic, partition, line) for partition, line in lines.items())
        for fault in await asyncio.gather(*sending, return_exceptions=True):
            if isinstance(fault, BaseException):
                raise fault

    async def _send_line(self, topic: str, partition: int, records: Iterable[Record]) -> None:
        """A batch is sent when the one before it is there."""
        batch = self.create_batch()
        for record in records:
            told: dict[str, Any] = {"key": record.key, "value": record.value, "headers": record.headers}
            if batch.append(timestamp=None, **told) is None:
                await (await self.send_batch(batch, topic, partition=partition))
                batch = self.create_batch()
                batch.append(timestamp=None, **told)
        batch.close()
        await (await self.send_batch(batch, topic, partition=partition))

    async def give_up(self) -> None:
        """End, without sending what is queued (`stop` would, for as long as it takes)."""
        task = self._sender.sender_task
        for _ in range(2):
            # What is on its way is waited for a little; then it is cut off.
            if task is not None and not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_GRACE_SECONDS)
        self._message_accumulator.fail_all(ProducerClosed())
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                await self.stop()
