"""From an event to its deliveries: stored first, then one delivery for each endpoint that wants it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from atrium_common.bus.ports import Message
from atrium_common.clock import Clock, rfc3339
from atrium_common.store.documents import Absent, Put
from atrium_common.store.ports import Documents
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.application.kept import kept_form
from atrium_webhooks.domain.delivery import delivery_id, new_delivery
from atrium_webhooks.rows import DELIVERIES, EVENTS_SEEN

KEPT = timedelta(days=30)


class FanOut:
    """Writes deliveries; a repeated event writes none twice."""

    def __init__(
        self, documents: Documents, directory: Directory, *, clock: Clock, written: Callable[[], None]
    ) -> None:
        """`written` is called after deliveries have been written: some are due."""
        self._documents = documents
        self._directory = directory
        self._clock = clock
        self._written = written
        self._sequence = 0

    async def before(self, _: Sequence[Message]) -> None:
        """Know every endpoint that was created before these events were received."""
        await self._directory.catch_up()

    async def handle(self, message: Message) -> None:
        """Store the event, then its deliveries."""
        now = self._clock.now()
        moment, expires_at = rfc3339(now), now + KEPT
        matching = list(self._directory.matching(message))
        endpoints = [endpoint_id for endpoint_id, _ in matching]
        kept = kept_form(message, received_at=moment, endpoints=endpoints)
        stored = Put(EVENTS_SEEN.name, message.id, kept, 1, Absent(), expires_at)
        writes = []
        for endpoint_id, endpoint in matching:
            body = new_delivery(
                event_id=message.id,
                event_type=message.type,
                event_time=str(kept["created_at"]),
                endpoint_id=endpoint_id,
                workspace_id=endpoint.workspace_id,
                livemode=endpoint.livemode,
                sequence=self._next(now.timestamp()),
                now=moment,
                active=endpoint.is_active,
            )
            key = delivery_id(message.id, endpoint_id)
            writes.append(Put(DELIVERIES.name, key, body, 1, Absent(), expires_at))
        await self._documents.write([stored, *writes])
        if writes:
            self._written()

    def _next(self, now: float) -> int:
        """A number above every earlier one: microseconds, counted up where events come faster."""
        self._sequence = max(self._sequence + 1, int(now * 1_000_000))
        return self._sequence
