"""How far every service's log was when an endpoint was made: what had happened by then is not for it.

Clocks can't tell what came first in two services; positions in their logs can. They are kept for as long as an event
can come for the first time, in a document that is there before the endpoint is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from typing import cast

import structlog

from atrium_common.clock import Clock
from atrium_common.errors import AtriumError
from atrium_common.http.client import ServiceClient
from atrium_common.store.documents import Any, Put
from atrium_common.store.ports import Documents
from atrium_webhooks.rows import BEGINNINGS

log = structlog.get_logger("webhooks")

FIRST_COMES_WITHIN = timedelta(days=30)
"""No event comes for the first time so long after it happened: the topics that we make keep none for longer.

Nor is this longer than deliveries are usually kept: what is older comes again, and nothing is left to know it by.
"""
_PATIENCE_SECONDS = 0.5

Head = Callable[[], Awaitable[int]]


class Beginnings:
    """Asks where the logs are, and remembers it of each endpoint."""

    def __init__(self, documents: Documents, own: Head, others: Mapping[str, ServiceClient], *, clock: Clock) -> None:
        """`others` by the source that their events name, like `/tenancy`."""
        self._documents = documents
        self._own = own
        self._others = others
        self._clock = clock

    async def now(self) -> Mapping[str, int]:
        """The position of each log that can be asked, by source.

        A service that does not answer hinders nobody from making an endpoint: of it the times have to decide.
        """
        others = await asyncio.gather(*(self._head(source, client) for source, client in self._others.items()))
        found = {"/webhooks": await self._own()}
        return found | {source: head for source, head in zip(self._others, others, strict=True) if head is not None}

    async def keep(self, endpoint_id: str, heads: Mapping[str, int]) -> None:
        """Remember where the logs were, before the endpoint is there."""
        expires_at = self._clock.now() + FIRST_COMES_WITHIN
        await self._documents.write([Put(BEGINNINGS.name, endpoint_id, dict(heads), 1, Any(), expires_at)])

    async def _head(self, source: str, client: ServiceClient) -> int | None:
        try:
            deadline = self._clock.monotonic() + _PATIENCE_SECONDS
            return cast("int", (await client.call("GET", "/internal/head", deadline=deadline))["position"])
        except AtriumError as error:
            log.warning("a webhook is made without knowing where a log is", source=source, reason=str(error))
            return None


async def beginnings(documents: Documents, endpoint_ids: Collection[str]) -> Mapping[str, Mapping[str, int]]:
    """What is remembered of these endpoints; nothing of those that were made long ago."""
    found = await documents.get_many(BEGINNINGS.name, list(endpoint_ids))
    return {key: cast("Mapping[str, int]", document.body) for key, document in found.items()}
