"""From events to deliveries: each event is kept first, then one delivery is written for each endpoint that wants it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from atrium_common.bus.ports import Message
from atrium_common.clock import Clock, rfc3339
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Absent, Document, Put
from atrium_common.store.ports import Store, StoreUnavailable
from atrium_webhooks.application.beginnings import FIRST_COMES_WITHIN
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.application.dispatcher import Dispatcher
from atrium_webhooks.application.kept import Keeper
from atrium_webhooks.application.line import Line
from atrium_webhooks.application.store_clock import StoreClock
from atrium_webhooks.domain.delivery import delivery_id, new_delivery
from atrium_webhooks.rows import DELIVERIES, EVENTS_SEEN

log = structlog.get_logger("fan-out")


@dataclass(frozen=True, slots=True)
class _Planned:
    """A delivery to be written, with its event."""

    endpoint_id: str
    put: Put
    kept: JSONObject


class FanOut:
    """Writes deliveries in batches; a repeated event writes none twice."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        line: Line,
        keeper: Keeper,
        dispatcher: Dispatcher,
        *,
        kept_for: timedelta,
        clock: Clock,
    ) -> None:
        self._store = store
        self._directory = directory
        self._line = line
        self._keeper = keeper
        self._dispatcher = dispatcher
        self._kept_for = kept_for
        self._repeats_after = max(kept_for, FIRST_COMES_WITHIN)
        self._clock = StoreClock(store, clock)  # sequences go on where another process has stopped
        self._sequence = 0
        self._spread: frozenset[str] = frozenset()
        self._numbers: dict[str, int] = {}

    async def before(self, messages: Sequence[Message]) -> None:
        """Know every endpoint that was created before these events were received; then fan all of them out at once.

        A batch that can't be is handled message by message, so that one that is at fault is found.
        """
        await self._directory.catch_up()
        self._spread = frozenset()
        self._numbers.clear()
        try:
            await self._fan_out(messages)
        except StoreUnavailable:
            return
        except Exception:
            log.exception("a batch is fanned out message by message", messages=len(messages))
            return
        self._spread = frozenset(message.id for message in messages)

    async def handle(self, message: Message) -> None:
        """Fan out an event that was not part of its batch."""
        if message.id not in self._spread:
            await self._fan_out([message])

    async def _fan_out(self, messages: Sequence[Message]) -> None:
        now = await self._clock.now()
        moment, expires_at = rfc3339(now), now + self._kept_for
        events: list[Put] = []
        planned: list[_Planned] = []
        messages = self._without_repeats(messages, now)
        for message in messages:
            # Drawn once: what is tried again must not come behind what was written of its batch at the first try.
            self._numbers.setdefault(message.id, self._next(now))
        for message in messages:
            matching = list(self._directory.matching(message))
            endpoints = [endpoint_id for endpoint_id, _ in matching]
            kept = await self._keeper.keep(message, received_at=moment, endpoints=endpoints)
            events.append(Put(EVENTS_SEEN.name, message.id, kept, 1, Absent(), expires_at))
            for endpoint_id, endpoint in matching:
                body = new_delivery(
                    event_id=message.id,
                    event_type=message.type,
                    event_time=str(kept["created_at"]),
                    endpoint_id=endpoint_id,
                    workspace_id=endpoint.workspace_id,
                    livemode=endpoint.livemode,
                    sequence=self._numbers[message.id],
                    now=moment,
                    active=endpoint.is_active,
                )
                put = Put(DELIVERIES.name, delivery_id(message.id, endpoint_id), body, 1, Absent(), expires_at)
                planned.append(_Planned(endpoint_id, put, kept))
        # In this order: no delivery is there before its event.
        done = await self._store.documents.write([*events, *(each.put for each in planned)])
        await self._hand_over(planned, done[len(events) :])

    def _without_repeats(self, messages: Sequence[Message], now: datetime) -> Sequence[Message]:
        """Without what a log brings that is put onto the stream anew: it has been delivered, and forgotten since."""
        young = [message for message in messages if message.time > now - self._repeats_after]
        if len(young) < len(messages):
            log.info(
                "events are left aside: they are too old to come for the first time", events=len(messages) - len(young)
            )
        return young

    async def _hand_over(self, planned: Iterable[_Planned], written: Sequence[bool]) -> None:
        """Tell the dispatcher, here or elsewhere; what was written before this process died is told again."""
        elsewhere: set[str] = set()
        for each, new in zip(planned, written, strict=True):
            put = each.put
            if put.body["due"] is None:
                continue
            self._line.remember(str(put.body["event_id"]), each.kept)
            document = Document(put.key, put.version, put.body, put.expires_at)
            if not new or not self._dispatcher.offer(each.endpoint_id, document, each.kept):
                elsewhere.add(each.endpoint_id)
        if elsewhere:
            await self._dispatcher.wake(elsewhere)

    def _next(self, now: datetime) -> int:
        """A number above every earlier one: microseconds, counted up where events come faster."""
        self._sequence = max(self._sequence + 1, int(now.timestamp() * 1_000_000))
        return self._sequence
