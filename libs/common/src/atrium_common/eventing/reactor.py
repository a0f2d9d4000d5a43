"""From the bus to a handler: in order within a key, tried again for a time, then parked; nothing else waits for it.

Handlers must take repeats: a command's id is made from the event's id and the handler's name, a document's write is
guarded. Offsets are committed after the effects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeAlias, cast

import structlog

from atrium_common.bus.ports import Bus, BusUnavailable, Message, Received, Start, Subscription
from atrium_common.clock import Clock, rfc3339
from atrium_common.jsontypes import JSONObject
from atrium_common.metrics import CONSUMED, PARKED
from atrium_common.store.documents import Any, Collection, Condition, Delete, Document, Index, Order, Put, Query
from atrium_common.store.ports import Documents, StoreUnavailable

log = structlog.get_logger("reactor")

PARKED_MESSAGES = Collection("parked_messages", (Index(("reactor", "at")),))
RETRY_SECONDS = 30.0
_BATCH = 200
_PATIENCE = 1.0
_LONGEST_PAUSE = 2.0

Handler: TypeAlias = Callable[[Message], Awaitable[None]]
BatchHandler: TypeAlias = Callable[[Sequence[Message]], Awaitable[None]]


class Reactor:
    """One named consumer of topics."""

    def __init__(
        self,
        name: str,
        topics: Sequence[str],
        handle: Handler,
        *,
        bus: Bus,
        documents: Documents,
        clock: Clock,
        before: BatchHandler | None = None,
        start: Start = "earliest",
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        """`before` sees each batch once, after its receipt and before any of it is handled."""
        self.name = name
        self._topics = topics
        self._handle = handle
        self._bus = bus
        self._documents = documents
        self._clock = clock
        self._before = before
        self._start: Start = start
        self._retry_seconds = retry_seconds
        self._parked: set[str] = set()

    async def run(self) -> None:
        """Consume for ever."""
        self._parked = {str(document.body["key"]) for document in await parked(self._documents, self.name)}
        PARKED.labels(self.name).set(len(self._parked))
        subscription = await self._bus.subscribe(self._topics, group=self.name, start=self._start)
        try:
            while True:
                await self.step(subscription)
        finally:
            await subscription.close()

    async def step(self, subscription: Subscription, *, patience: float = _PATIENCE) -> int:
        """Receive and handle one batch; the number of messages."""
        batch = await subscription.receive(limit=_BATCH, timeout=patience)
        if not batch:
            return 0
        if self._before is not None:
            await self._before([received.message for received in batch])
        by_key: dict[str, list[Received]] = {}
        for received in batch:
            by_key.setdefault(f"{received.topic}/{received.message.key}", []).append(received)
        await asyncio.gather(*(self._one_key(key, messages) for key, messages in by_key.items()))
        await subscription.commit(batch)
        return len(batch)

    async def _one_key(self, key: str, batch: Sequence[Received]) -> None:
        for received in batch:
            if key in self._parked:
                await self._park(key, received, "an earlier message of its key is parked")
                continue
            fault = await self._try(received.message)
            if fault is None:
                CONSUMED.labels(self.name, "done").inc()
            else:
                await self._park(key, received, fault)

    async def _try(self, message: Message) -> str | None:
        """Handle the message; the reason where it can't be, after trying for a time."""
        deadline = self._clock.monotonic() + self._retry_seconds
        pause = 0.05
        while True:
            try:
                await self._handle(message)
            except (StoreUnavailable, BusUnavailable):
                # Nothing is wrong with the message: wait for the store for as long as it takes.
                pass
            except Exception as error:
                log.warning("message failed", reactor=self.name, event=message.id, type=message.type, error=str(error))
                if self._clock.monotonic() >= deadline:
                    return f"{type(error).__name__}: {error}"
            else:
                return None
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _park(self, key: str, received: Received, reason: str) -> None:
        self._parked.add(key)
        PARKED.labels(self.name).set(len(self._parked))
        CONSUMED.labels(self.name, "parked").inc()
        body: JSONObject = {
            "reactor": self.name,
            "key": key,
            "at": rfc3339(self._clock.now()),
            "reason": reason,
            "topic": received.topic,
            "offset": received.offset,
            "message": stored_form(received.message),
        }
        await self._documents.write([Put(PARKED_MESSAGES.name, f"{self.name}/{received.message.id}", body, 1, Any())])

    async def redrive(self) -> int:
        """Handle the parked messages again, in order; how many are done. One that fails again stays, with its key."""
        done = 0
        stuck: set[str] = set()
        for document in await parked(self._documents, self.name):
            key = str(document.body["key"])
            if key in stuck:
                continue
            try:
                await self._handle(restored(cast("JSONObject", document.body["message"])))
            except Exception as error:
                log.warning("message failed again", reactor=self.name, error=str(error))
                stuck.add(key)
                continue
            await self._documents.write([Delete(PARKED_MESSAGES.name, document.key, 0, Any())])
            done += 1
        self._parked = stuck
        PARKED.labels(self.name).set(len(stuck))
        return done


async def parked(documents: Documents, reactor: str) -> Sequence[Document]:
    """The parked messages of a reactor, oldest first."""
    query = Query((Condition("reactor", "eq", reactor),), (Order("at"), Order("offset")), limit=10_000)
    return await documents.query(PARKED_MESSAGES.name, query)


def stored_form(message: Message) -> JSONObject:
    """A message as JSON."""
    return {
        "id": message.id,
        "type": message.type,
        "source": message.source,
        "subject": message.subject,
        "time": message.time.isoformat(),
        "key": message.key,
        "data": message.data,
        "workspace_id": message.workspace_id,
        "workspace_ids": list(message.workspace_ids),
        "sequence": message.sequence,
        "position": message.position,
        "livemode": message.livemode,
        "actor": message.actor,
        "correlation_id": message.correlation_id,
        "causation_id": message.causation_id,
        "traceparent": message.traceparent,
        "schema": message.schema,
    }


def restored(body: JSONObject) -> Message:
    """A message from its stored form."""
    fields = dict(body)
    return Message(
        **{  # type: ignore[arg-type]
            **fields,
            "time": datetime.fromisoformat(str(fields["time"])),
            "workspace_ids": tuple(cast("list[str]", fields["workspace_ids"])),
        }
    )
