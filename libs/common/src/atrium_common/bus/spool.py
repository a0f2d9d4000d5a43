"""A topic without a log behind it: messages that are kept for a time, in documents, for the bus of one machine.

Positions have no gaps: a message batch is written where nothing is yet, at the position behind the newest. It reads
like a log whose beginning has been forgotten; the newest position never is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from atrium_common.bus.ports import Message
from atrium_common.clock import Clock
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Commit, EventRecord, Proposal, Publication, Slice
from atrium_common.store.documents import Absent, Collection, Condition, Index, Newer, Order, Put, Query
from atrium_common.store.ports import Documents

SPOOL = Collection("spool", (Index(("topic",)),))
KEPT = timedelta(days=2)
MOST_IN_ONE = 500
_NEWEST = "newest"
_POLL = 0.25


class Spool:
    """One topic's messages in a service's documents."""

    def __init__(self, topic: str, documents: Documents, *, clock: Clock) -> None:
        self._topic = topic
        self._documents = documents
        self._clock = clock

    async def append(self, messages: Sequence[Message]) -> None:
        """Put the messages at the end, together; durable when this returns.

        Raises:
            StoreUnavailable: they are there or not; appending them again is right.
        """
        for start in range(0, len(messages), MOST_IN_ONE):
            await self._append(messages[start : start + MOST_IN_ONE])

    async def read_log(self, *, after: int, limit: int) -> Sequence[Commit]:
        """The batches behind this position, as commits, oldest first."""
        where = (Condition("topic", "eq", self._topic), Condition("_key", "gt", self._key(after)))
        found = await self._documents.query(SPOOL.name, Query(where, (Order("_key"),), limit=limit))
        return [_commit(document.body) for document in found]

    async def tail(self) -> int:
        """The newest position; 0 where there never was one."""
        document = await self._documents.get(SPOOL.name, f"{self._topic}/{_NEWEST}")
        tail = 0 if document is None else cast("int", document.body["position"])
        while found := await self.read_log(after=tail, limit=MOST_IN_ONE):
            tail = found[-1].position
        return tail

    async def changed(self, *, after: int, timeout: float) -> bool:
        """Return true when there is more, or false after so many seconds."""
        deadline = self._clock.monotonic() + timeout
        while not await self.read_log(after=after, limit=1):
            left = deadline - self._clock.monotonic()
            if left <= 0:
                return False
            await asyncio.sleep(min(left, _POLL))
        return True

    async def _append(self, messages: Sequence[Message]) -> None:
        body: JSONObject = {
            "topic": self._topic,
            "at": self._clock.now().isoformat(),
            "messages": [_stored(message) for message in messages],
        }
        while True:
            position = await self.tail() + 1
            put = Put(
                SPOOL.name, self._key(position), {**body, "position": position}, 1, Absent(), self._clock.now() + KEPT
            )
            (done,) = await self._documents.write([put])
            if done:
                # The newest position outlives its messages, so that positions never begin anew.
                newest: JSONObject = {"topic": "", "position": position}
                await self._documents.write([Put(SPOOL.name, f"{self._topic}/{_NEWEST}", newest, position, Newer())])
                return

    def _key(self, position: int) -> str:
        return f"{self._topic}/{position:016}"


def _stored(message: Message) -> JSONObject:
    return {
        "id": message.id,
        "type": message.type,
        "subject": message.subject,
        "key": message.key,
        "data": message.data,
        "workspace_id": message.workspace_id,
        "livemode": message.livemode,
        "schema": message.schema,
    }


def _commit(body: JSONObject) -> Commit:
    """A batch in the form in which the bus reads logs."""
    position = cast("int", body["position"])
    slices = tuple(_slice(message) for message in cast("Sequence[JSONObject]", body["messages"]))
    return Commit(position, Proposal(f"spool/{position}", datetime.fromisoformat(str(body["at"])), slices))


def _slice(message: JSONObject) -> Slice:
    publication = Publication(
        type=str(message["type"]),
        data=cast("JSONObject", message["data"]),
        key=str(message["key"]),
        livemode=cast("bool | None", message["livemode"]),
        workspace_id=cast("str | None", message["workspace_id"]),
    )
    record = EventRecord(str(message["id"]), str(message["type"]), cast("int", message["schema"]), {}, publication)
    return Slice(str(message["subject"]), 0, (record,))
