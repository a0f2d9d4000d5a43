"""The lines of deliveries as the store has them: read from the head in pages, and given up whole."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence

from atrium_common.clock import Clock
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Condition, Document, Is, Order, Put, Query
from atrium_common.store.ports import Documents
from atrium_webhooks.application.lane import Heads, Waiting
from atrium_webhooks.domain.delivery import BEHIND_FIRST, cancelled, place
from atrium_webhooks.rows import DELIVERIES, EVENTS_SEEN

_BY_PLACE = (Order("due"),)
_REMEMBERED = 2000
_CANCELLED_AT_ONCE = 200


class Line:
    """Every endpoint's line; what the events of a page are is read with it, in one round trip."""

    def __init__(self, documents: Documents, *, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._events: OrderedDict[str, JSONObject] = OrderedDict()

    def remember(self, event_id: str, kept: JSONObject) -> None:
        """The event as kept: the deliveries to come need not read it again."""
        self._events[event_id] = kept
        while len(self._events) > _REMEMBERED:
            self._events.popitem(last=False)

    def forget(self, event_ids: Iterable[str]) -> None:
        """These are kept otherwise now: read them again."""
        for event_id in event_ids:
            self._events.pop(event_id, None)

    async def heads(self, endpoint_id: str, *, limit: int, retries: bool = True) -> Heads:
        """The first `limit` of those that have a place in line, and of those that wait for a time, by time.

        If `retries` are not wanted, the latter are there only where they come by the way.

        A store may show a delivery as it is after an attempt that was settled meanwhile: such a one is left out, but
        says as well as the others that there are `limit` of them.
        """
        page, full = await self._page(endpoint_id, Condition("due", "gt", ""), limit)
        placed = [each for each in page if each.due < BEHIND_FIRST]
        waiting = [each for each in page if each.due >= BEHIND_FIRST]
        if not full:
            return Heads(placed, waiting)
        if not retries:
            return Heads(placed, None, more_fresh=not waiting)
        found, more = await self._page(endpoint_id, Condition("due", "gte", BEHIND_FIRST), limit)
        return Heads(placed, found, more_fresh=not waiting, more_retries=more)

    async def length(self, endpoint_id: str) -> int:
        """How many are not finished."""
        where = (Condition("endpoint_id", "eq", endpoint_id), Condition("due", "gt", ""))
        return await self._documents.count(DELIVERIES.name, where)

    async def kept(self, document: Document) -> JSONObject:
        """The delivery's event; empty where it is kept no longer."""
        (waiting,) = await self._with_events([document])
        return waiting.kept

    async def bring_back(self, waiting: Sequence[Waiting], *, but: Collection[str]) -> int:
        """Give those that wait for a time, but belong to the order, their places again; how many there were.

        Those under way (`but`) find their places when they are settled.
        """
        puts = [
            Put(
                DELIVERIES.name,
                each.document.key,
                {**each.document.body, "due": place(sequence)},
                each.document.version + 1,
                Is(each.document.version),
                each.document.expires_at,
            )
            for each in waiting
            if each.in_line
            and each.document.key not in but
            and isinstance(sequence := each.document.body["sequence"], int)
        ]
        return sum(await self._documents.write(puts)) if puts else 0

    async def unfinished(self, endpoint_id: str, *, but: Iterable[str] = ()) -> Sequence[Document]:
        """Some of the endpoint's line, those under way left aside; empty where there is nothing more."""
        spared = set(but)
        where = (Condition("endpoint_id", "eq", endpoint_id), Condition("due", "gt", ""))
        query = Query(where, _BY_PLACE, limit=_CANCELLED_AT_ONCE + len(spared))
        return [each for each in await self._documents.query(DELIVERIES.name, query) if each.key not in spared]

    async def cancel(self, deliveries: Sequence[Document]) -> None:
        """Give these up, as far as they are still what they were when they were read."""
        now = self._clock.now()
        puts = [
            Put(
                DELIVERIES.name,
                each.key,
                cancelled(each.body, now=now),
                each.version + 1,
                Is(each.version),
                each.expires_at,
            )
            for each in deliveries
        ]
        await self._documents.write(puts)

    async def _page(self, endpoint_id: str, part: Condition, limit: int) -> tuple[list[Waiting], bool]:
        """Some of a part of the line, and whether there may be more of it."""
        where = (Condition("endpoint_id", "eq", endpoint_id), part)
        found = await self._documents.query(DELIVERIES.name, Query(where, _BY_PLACE, limit=limit))
        unfinished = [document for document in found if document.body["due"] is not None]
        return await self._with_events(unfinished), len(found) >= limit

    async def _with_events(self, documents: Sequence[Document]) -> list[Waiting]:
        wanted = {str(document.body["event_id"]) for document in documents}
        missing = [event_id for event_id in wanted if event_id not in self._events]
        if missing:
            found = await self._documents.get_many(EVENTS_SEEN.name, missing)
            for event_id, document in found.items():
                self.remember(event_id, document.body)
        return [Waiting(document, self._events.get(str(document.body["event_id"]), {})) for document in documents]
