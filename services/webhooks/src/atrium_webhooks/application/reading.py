"""From the store to lanes: pages of lines are read, and the lines of those that take no events are given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import timedelta

import structlog

from atrium_common.clock import Clock
from atrium_common.store.documents import Delete, Is, Query
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.application.lane import Lane
from atrium_webhooks.application.line import Line
from atrium_webhooks.application.shards import shard_of
from atrium_webhooks.rows import LANES

log = structlog.get_logger("dispatcher")

RECHECK_SECONDS = 300.0
"""Every line is looked at in the store at least this often, whatever was said or not said about it."""
AFTER_A_FAULT = timedelta(seconds=1)
_LANES_AT_ONCE = 500
_PAGES_AT_ONCE = 16


class Reading:
    """Reads a bounded number of pages at once."""

    def __init__(self, documents: Documents, line: Line, directory: Directory, *, clock: Clock) -> None:
        self._documents = documents
        self._line = line
        self._directory = directory
        self._clock = clock
        self._turns = asyncio.Semaphore(_PAGES_AT_ONCE)

    async def page(self, lane: Lane, limit: int) -> None:
        """Read the head of the lane's line into it; after a fault it is read again later."""
        try:
            async with self._turns:
                retries = lane.endpoint.ordered or lane.wants_retries(self._clock.now())
                heads = await self._line.heads(lane.endpoint_id, limit=limit, retries=retries)
                while lane.endpoint.ordered and await self._line.bring_back(heads.retries or (), but=lane.flying):
                    heads = await self._line.heads(lane.endpoint_id, limit=limit)
                if (heads.more_fresh or heads.more_retries) and not lane.backlog:
                    lane.backlog = await self._line.length(lane.endpoint_id)
            lane.end_page(heads, now=self._clock.now())
        except StoreUnavailable as error:
            log.warning("a line can not be read", endpoint=lane.endpoint_id, reason=str(error))
            lane.abandon_page(again_at=self._clock.monotonic() + AFTER_A_FAULT.total_seconds())
        except Exception:
            log.exception("a line can not be read", endpoint=lane.endpoint_id)
            lane.abandon_page(again_at=self._clock.monotonic() + AFTER_A_FAULT.total_seconds())

    async def give_up(self, lane: Lane, *, is_served: Callable[[], bool]) -> timedelta:
        """Cancel what is in the line of an endpoint that takes no events, while it is served here; after how long to
        look again.
        """
        try:
            while found := await self._line.unfinished(lane.endpoint_id, but=lane.flying):
                # A client may have switched the endpoint on and then asked for these: look before they are given up.
                await self._directory.catch_up()
                if lane.takes_events or not is_served():
                    break
                await self._line.cancel(found)
            again_after = timedelta(0) if lane.changed_while_loading else timedelta(seconds=RECHECK_SECONDS)
        except StoreUnavailable as error:
            log.warning("a line can not be given up yet", endpoint=lane.endpoint_id, reason=str(error))
            again_after = AFTER_A_FAULT
        except Exception:
            log.exception("a line can not be given up", endpoint=lane.endpoint_id)
            again_after = AFTER_A_FAULT
        # An attempt that lands afterwards makes the lane ready, and what it leaves is given up too.
        lane.abandon_page(again_at=self._clock.monotonic() + again_after.total_seconds())
        return again_after

    async def clear_up(self, shards: Collection[int]) -> None:
        """Give up the lines of endpoints that were deleted while nobody served them."""
        after: tuple[str, ...] | None = None
        while page := await self._documents.query(LANES.name, Query(after=after, limit=_LANES_AT_ONCE)):
            await self._directory.catch_up()  # a line that is there may be of an endpoint not heard of yet
            for document in page:
                if shard_of(document.key) in shards and self._directory.get(document.key) is None:
                    while found := await self._line.unfinished(document.key):
                        await self._line.cancel(found)
                    await self._documents.write([Delete(LANES.name, document.key, 0, Is(document.version))])
            after = (page[-1].key,)
