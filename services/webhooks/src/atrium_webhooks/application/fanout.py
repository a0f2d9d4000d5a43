"""From an event to its deliveries: stored first, then one delivery for each endpoint that wants it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from atrium_common.bus.ports import Message
from atrium_common.clock import Clock, rfc3339
from atrium_common.eventing.reactor import stored_form
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Absent, Put
from atrium_common.store.ports import Documents
from atrium_webhooks.application.body import delivery_id
from atrium_webhooks.application.directory import Directory
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

    async def before(self, _: Sequence[Message]) -> None:
        """Know every endpoint that was created before these events were received."""
        await self._directory.catch_up()

    async def handle(self, message: Message) -> None:
        """Store the event, then its deliveries."""
        now = self._clock.now()
        expires_at = now + KEPT
        writes = [
            Put(
                DELIVERIES.name,
                delivery_id(message.id, endpoint_id),
                self._delivery(message, endpoint_id, endpoint.workspace_id, active=endpoint.is_active),
                1,
                Absent(),
                expires_at,
            )
            for endpoint_id, endpoint in self._directory.matching(message)
        ]
        if writes:
            stored = Put(EVENTS_SEEN.name, message.id, stored_form(message), 1, Absent(), expires_at)
            await self._documents.write([stored, *writes])
            self._written()

    def _delivery(self, message: Message, endpoint_id: str, workspace_id: str, *, active: bool) -> JSONObject:
        now = rfc3339(self._clock.now())
        return {
            "endpoint_id": endpoint_id,
            "workspace_id": workspace_id,
            "event_id": message.id,
            "event_type": message.type,
            "event_time": rfc3339(message.time),
            "status": "pending" if active else "cancelled",
            "status_code": None,
            "attempts": 0,
            "due_at": now if active else None,
            "next_attempt_at": now if active else None,
            "delivered_at": None,
            "created_at": now,
            "history": [],
        }
