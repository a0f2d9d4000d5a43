"""From the bus to a handler: in order within a key, tried again for a time, then parked; nothing else waits for it.

Handlers must take repeats: a command's id is made from the event's id and the handler's name, a document's write is
guarded. Offsets are committed after the effects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias, cast

import structlog

from atrium_common.bus.ports import Bus, BusUnavailable, Message, Received, Start, Subscription
from atrium_common.clock import Clock, rfc3339
from atrium_common.errors import GatewayTimeout, Unavailable
from atrium_common.eventing.parking import (
    PARKED_MESSAGES,
    opened,
    parked,
    parked_keys,
    parked_line,
    restored,
    sealed,
    settle_request,
    stored_form,
    take_request,
)
from atrium_common.eventing.repository import Contended
from atrium_common.eventing.sealing import Sealing
from atrium_common.jsontypes import JSONObject
from atrium_common.metrics import CONSUMED, CONSUMER_LAG, PARKED
from atrium_common.store.documents import Any, Delete, Document, Put
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_common.tracing import CURRENT, Span, Tracer, tracer

log = structlog.get_logger("reactor")

RETRY_SECONDS = 30.0
_BATCH = 200
_PATIENCE = 1.0
_LONGEST_PAUSE = 2.0
_LOOK_SECONDS = 1.0
_COUNT_SECONDS = 15.0
_AWAY = (StoreUnavailable, BusUnavailable, Unavailable, GatewayTimeout, Contended)

Handler: TypeAlias = Callable[[Message], Awaitable[None]]
BatchHandler: TypeAlias = Callable[[Sequence[Message]], Awaitable[None]]
Trim: TypeAlias = Callable[[Message], Message]


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
        trim: Trim | None = None,
        sealing: Sealing | None = None,
        start: Start = "earliest",
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        """`before` sees each batch once, after its receipt and before any of it is handled.

        `trim` leaves of a message what its handler reads: nothing else is kept of one that is parked, so that what is
        personal in it does not outlive its person here. Where the handler reads that too, `sealing` keeps it sealed.
        """
        self.name = name
        self._topics = topics
        self._handle = handle
        self._bus = bus
        self._documents = documents
        self._clock = clock
        self._before = before
        self._trim: Trim = trim or (lambda message: message)
        self._sealing = sealing
        self._start: Start = start
        self._retry_seconds = retry_seconds
        self._parked: set[str] = set()
        self._turn: int | None = None
        self._look_at = self._count_at = 0.0
        self._oldest: datetime | None = None
        # Asked when it is read, so that it grows while a batch is stuck.
        CONSUMER_LAG.labels(name).set_function(self._behind)

    def _behind(self) -> float:
        return 0.0 if self._oldest is None else max(0.0, (self._clock.now() - self._oldest).total_seconds())

    async def run(self) -> None:
        """Consume for ever."""
        await self._know_what_is_parked()
        subscription = await self._bus.subscribe(self._topics, group=self.name, start=self._start)
        self._turn = None
        try:
            while True:
                await self.step(subscription)
                if self._clock.monotonic() >= self._look_at:
                    await self._redrive_if_asked()
        finally:
            await subscription.close()

    async def step(self, subscription: Subscription, *, patience: float = _PATIENCE) -> int:
        """Receive and handle one batch; the number of messages."""
        batch = await subscription.receive(limit=_BATCH, timeout=patience)
        self._oldest = min((received.message.time for received in batch), default=None)
        if not batch:
            return 0
        if subscription.turn != self._turn:
            # Another process may have parked what these follow.
            turn = subscription.turn
            await self._know_what_is_parked()
            self._turn = turn
        spans: dict[str, Span] = {}
        recording = tracer()
        if recording is not None:
            batch = [self._traced(received, recording, spans) for received in batch]
        try:
            await self._handle_all(batch, spans)
        finally:
            for span in spans.values():
                span.end()
        await subscription.commit(batch)
        return len(batch)

    async def _handle_all(self, batch: Sequence[Received], spans: Mapping[str, Span]) -> None:
        prepared = await self._prepare([received.message for received in batch])
        by_key: dict[str, list[Received]] = {}
        for received in batch:
            by_key.setdefault(f"{received.topic}/{received.message.key}", []).append(received)
        handling = (self._one_key(key, messages, spans, prepared=prepared) for key, messages in by_key.items())
        # Nothing goes on behind the caller's back: these messages come again, and would meet themselves.
        for fault in await asyncio.gather(*handling, return_exceptions=True):
            if isinstance(fault, BaseException):
                raise fault

    async def _prepare(self, messages: Sequence[Message]) -> bool:
        """Whether all were seen by `before` at once; else each is before it is handled, and one is at fault."""
        if self._before is None:
            return True
        try:
            await self._before(messages)
        except _AWAY:
            raise
        except Exception as error:
            log.warning("messages could not be prepared together", reactor=self.name, error=repr(error))
            return False
        return True

    def _traced(self, received: Received, recording: Tracer, spans: dict[str, Span]) -> Received:
        """The message with a span of ours in the place of its maker's: what comes of it belongs below that."""
        message = received.message
        told = {"messaging.destination.name": received.topic, "messaging.message.id": message.id}
        span = recording.begin(f"{self.name} {message.type}", "CONSUMER", message.traceparent, told)
        spans[message.id] = span
        return replace(received, message=replace(message, traceparent=span.traceparent))

    async def _one_key(self, key: str, batch: Sequence[Received], spans: Mapping[str, Span], *, prepared: bool) -> None:
        for received in batch:
            CURRENT.set(received.message.traceparent)
            if key in self._parked and await self._is_parked(key):
                await self._park(key, received, "an earlier message of its key is parked")
                continue
            fault = await self._try(received.message, prepared=prepared)
            if received.message.id in spans:
                spans[received.message.id].end(fault=fault or "")
            if fault is None:
                CONSUMED.labels(self.name, "done").inc()
            else:
                await self._park(key, received, fault)

    async def _try(self, message: Message, *, prepared: bool) -> str | None:
        """Handle the message; the reason where it can't be, after trying for a time."""
        deadline = self._clock.monotonic() + self._retry_seconds
        pause = 0.05
        while True:
            try:
                if self._before is not None and not prepared:
                    await self._before([message])
                await self._handle(message)
            except _AWAY:
                # Nothing is wrong with the message: wait for what can't be reached for as long as it takes.
                pass
            except Exception as error:
                log.warning(
                    "message failed", reactor=self.name, message=message.id, type=message.type, error=str(error)
                )
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
        message = self._trim(received.message)
        if self._sealing is not None:
            message = await sealed(message, self._sealing)
        body: JSONObject = {
            "reactor": self.name,
            "key": key,
            "at": rfc3339(self._clock.now()),
            "reason": reason,
            "topic": received.topic,
            "offset": received.offset,
            "message": stored_form(message),
        }
        await self._documents.write([Put(PARKED_MESSAGES.name, f"{self.name}/{received.message.id}", body, 1, Any())])

    async def _know_what_is_parked(self) -> None:
        self._count_at = self._clock.monotonic() + _COUNT_SECONDS
        self._parked = await parked_keys(self._documents, self.name)
        PARKED.labels(self.name).set(len(self._parked))

    async def _is_parked(self, key: str) -> bool:
        """Whether a message of the key is parked still: another process may have redriven it."""
        if await parked(self._documents, self.name, key=key, limit=1):
            return True
        self._parked.discard(key)
        PARKED.labels(self.name).set(len(self._parked))
        return False

    async def _redrive_if_asked(self) -> None:
        self._look_at = self._clock.monotonic() + _LOOK_SECONDS
        if await take_request(self._documents, self.name):
            try:
                await self.redrive()
            finally:
                await settle_request(self._documents, self.name)
        elif self._parked and self._clock.monotonic() >= self._count_at:
            await self._know_what_is_parked()  # another process may have redriven them

    async def redrive(self) -> int:
        """Handle the parked messages again, in order; how many are done. One that fails again stays, with its key."""
        done = 0
        stuck: set[str] = set()
        # What is parked behind a message while it is handled is met by another round.
        while keys := await parked_keys(self._documents, self.name) - stuck:
            for key in sorted(keys):
                for document in await parked_line(self._documents, self.name, key):
                    if not await self._redriven(document):
                        stuck.add(key)
                        break
                    done += 1
        self._parked = stuck
        PARKED.labels(self.name).set(len(stuck))
        return done

    async def _redriven(self, document: Document) -> bool:
        message = restored(cast("JSONObject", document.body["message"]))
        try:
            if self._sealing is not None:
                message = await opened(message, self._sealing)
            if self._before is not None:
                await self._before([message])
            await self._handle(message)
        except Exception as error:
            log.warning("message failed again", reactor=self.name, message=message.id, error=str(error))
            return False
        await self._documents.write([Delete(PARKED_MESSAGES.name, document.key, 0, Any())])
        return True
