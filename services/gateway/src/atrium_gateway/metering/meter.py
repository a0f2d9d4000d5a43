"""Totals by key, workspace, namespace, minute and process, told again and again (internal topic `gateway.usage`).

A total is absolute: consumers take the highest of an id, so that no repeat counts twice. Every two seconds what has
changed is written down, then published; a document goes when its minute is over and its last word is on the stream.
What a process that died has left behind is published by whoever finds it. While the stream is away for long, totals
beyond a number are left to the store, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import structlog

from atrium_common.bus.ports import Bus, BusUnavailable, Message
from atrium_common.clock import Clock
from atrium_common.jsontypes import JSONObject
from atrium_common.metrics import METER_PUBLISHED, METER_WAITING, METERED
from atrium_common.store.documents import Any, Collection, Condition, Delete, Document, Put, Query
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_gateway.replicas import Replicas

log = structlog.get_logger("metering")

TOPIC = "gateway.usage"
TYPE = "usage.counted"
TOTALS = Collection("usage_totals")
FLUSH_SECONDS = 2.0
_ADOPT_EVERY = 5
_KEPT = timedelta(days=2)
_PAGE = 500
_MOST_WAITING = 20_000
"""Totals in memory that wait for the stream, about: some tens of MiB."""

_Counted: TypeAlias = tuple[str, str, str | None, bool]


@dataclass(frozen=True, slots=True)
class Count:
    """Whose requests are counted together, and in which minute (of Unix time)."""

    key_id: str
    workspace_id: str
    namespace_id: str | None
    livemode: bool
    minute: int


class UsageMeter:
    """See `Meter`."""

    def __init__(
        self, documents: Documents, bus: Bus, replicas: Replicas, *, clock: Clock, most_waiting: int = _MOST_WAITING
    ) -> None:
        self._most_waiting = most_waiting
        self._left = False
        self._documents = documents
        self._bus = bus
        self._replicas = replicas
        self._clock = clock
        self._totals: dict[Count, int] = {}
        self._dirty: set[Count] = set()
        self._waiting: dict[Count, JSONObject] = {}
        self._minute = 0
        self._minute_ends = float("-inf")
        # What was counted since it was last put to the totals of its minute: one look-up a request.
        self._fresh: dict[_Counted, int] = {}

    def count(self, *, key_id: str, workspace_id: str, namespace_id: str | None, livemode: bool, cost: int) -> None:
        """See `Meter.count`."""
        if self._clock.monotonic() >= self._minute_ends:
            self._minute_now()
        counted = (key_id, workspace_id, namespace_id, livemode)
        self._fresh[counted] = self._fresh.get(counted, 0) + cost
        METERED.total += cost

    async def run(self) -> None:
        """Write down and publish, for ever."""
        rounds = 0
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()
            rounds += 1
            if rounds % _ADOPT_EVERY == 0:
                await self.adopt()

    async def close(self) -> None:
        """The last flush."""
        await self.flush()

    async def flush(self) -> None:
        """Write down what has changed, then publish it; what fails is tried again with the next flush."""
        try:
            await self._write_down()
            await self._publish()
        except (StoreUnavailable, BusUnavailable) as error:
            log.warning("usage totals wait", reason=str(error), totals=len(self._dirty | self._waiting.keys()))
            self._leave_to_the_store()
        METER_WAITING.set(len(self._dirty | self._waiting.keys()))

    async def adopt(self) -> int:
        """Publish what processes that are no more have left behind; how many totals that were.

        Raises:
            StoreUnavailable, BusUnavailable: it is left for later.
        """

        async def orphaned(total: Document) -> bool:
            return not await self._replicas.is_running(str(total.body["worker"]))

        return await self._tell_stored("ne", orphaned)

    async def _tell_stored(self, of_own: Literal["eq", "ne"], is_left: Callable[[Document], Awaitable[bool]]) -> int:
        told, query = 0, Query((Condition("worker", of_own, self._replicas.id),), limit=_PAGE)
        while found := await self._documents.query(TOTALS.name, query):
            left = [each for each in found if await is_left(each)]
            await self._tell([each.body for each in left])
            await self._documents.write([Delete(TOTALS.name, each.key, 0, Any()) for each in left])
            told += len(left)
            query = replace(query, after=(found[-1].key,))
        return told

    def _leave_to_the_store(self) -> None:
        """Forget the oldest of what is written down and over, where too much waits for the stream."""
        over = [count for count in self._waiting if count.minute < self._minute and count not in self._dirty]
        for count in over[: max(0, len(self._waiting) - self._most_waiting)]:
            del self._waiting[count], self._totals[count]
            self._left = True

    def _gather(self) -> None:
        """Put what was counted to the totals of this minute."""
        fresh, self._fresh = self._fresh, {}
        for counted, cost in fresh.items():
            count = Count(*counted, self._minute)
            self._totals[count] = self._totals.get(count, 0) + cost
            self._dirty.add(count)

    async def _write_down(self) -> None:
        self._gather()
        changed = {count: self._totals[count] for count in self._dirty}
        if not changed:
            return
        self._dirty -= changed.keys()
        expires_at = self._clock.now() + _KEPT
        bodies = {count: self._body(count, total) for count, total in changed.items()}
        puts = [Put(TOTALS.name, str(body["id"]), body, 1, Any(), expires_at) for body in bodies.values()]
        try:
            await self._documents.write(puts)
        except BaseException:
            self._dirty |= changed.keys()
            raise
        self._waiting |= bodies

    async def _publish(self) -> None:
        waiting = dict(self._waiting)
        await self._tell(list(waiting.values()))
        for count, body in waiting.items():
            if self._waiting.get(count) is body:
                del self._waiting[count]
        now = self._minute_now()
        over = [
            count for count in self._totals if count.minute < now and count not in self._dirty | self._waiting.keys()
        ]
        await self._documents.write([Delete(TOTALS.name, self._id(count), 0, Any()) for count in over])
        for count in over:
            del self._totals[count]
        if self._left:
            held = {self._id(count) for count in self._totals}

            async def forgotten(total: Document) -> bool:
                return total.key not in held

            await self._tell_stored("eq", forgotten)
            self._left = False

    async def _tell(self, bodies: Sequence[JSONObject]) -> None:
        at = self._clock.now()
        for start in range(0, len(bodies), _PAGE):
            part = bodies[start : start + _PAGE]
            await self._bus.publish(TOPIC, [_message(body, at) for body in part])
            METER_PUBLISHED.inc(len(part))

    def _minute_now(self) -> int:
        """The minute, which never goes back: a total that was let go is not begun again."""
        now = self._clock.now().timestamp()
        minute = max(self._minute, int(now // 60))
        if minute > self._minute:
            self._gather()
            self._minute = minute
        self._minute_ends = self._clock.monotonic() + min(60.0, (minute + 1) * 60 - now)
        return self._minute

    def _id(self, count: Count) -> str:
        namespace = count.namespace_id or "-"
        return f"{count.key_id}/{count.workspace_id}/{namespace}/{count.minute}/{self._replicas.id}"

    def _body(self, count: Count, total: int) -> JSONObject:
        return {
            "id": self._id(count),
            "key_id": count.key_id,
            "workspace_id": count.workspace_id,
            "namespace_id": count.namespace_id,
            "livemode": count.livemode,
            "minute": count.minute,
            "worker": self._replicas.id,
            "requests": total,
        }


def _message(body: JSONObject, at: datetime) -> Message:
    """What is told of a total: the same id for the same total, so that repeats can be dropped."""
    attributes = {name: value for name, value in body.items() if name != "id"}
    data: JSONObject = {"object": {"id": body["id"], "type": "usage", "attributes": attributes}}
    return Message(
        id=f"{body['id']}/{body['requests']}",
        type=TYPE,
        source="/gateway",
        subject=f"usage/{body['key_id']}",
        time=at,
        key=str(body["workspace_id"]),
        data=data,
        workspace_id=str(body["workspace_id"]),
        livemode=bool(body["livemode"]),
        correlation_id=str(body["id"]),  # of no one request: of the total
    )
