"""Wakes: what tells the process that serves an endpoint's line that others have written to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection

import structlog

from atrium_common.store.documents import Any, Delete, Is, Put, Query
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_webhooks.rows import WAKES

log = structlog.get_logger("dispatcher")

_SECONDS = 0.1
_ALONE_SECONDS = 1.0
"""How seldom a process looks that has seen no other one lately: what it leaves itself it knows of."""
_AT_ONCE = 500
_AFTER_A_FAULT = 1.0


class Wakes:
    """One document an endpoint, by its id, until who serves it has heard."""

    def __init__(self, documents: Documents, *, seldom: float = _ALONE_SECONDS) -> None:
        self._documents = documents
        self._seldom = seldom
        self._left = False

    async def leave(self, endpoint_ids: Collection[str]) -> None:
        """Tell whoever serves these endpoints."""
        if endpoint_ids:
            version = time.time_ns()
            try:
                await self._documents.write([Put(WAKES.name, each, {}, version, Any()) for each in endpoint_ids])
            finally:
                self._left = True  # only now: a look before this has not seen them

    async def heed(
        self, serves: Callable[[str], bool], hear: Callable[[str], None], *, alone: Callable[[], bool]
    ) -> None:
        """Let every endpoint that is served here `hear`, for ever; before its wake is taken away."""
        look_at = 0.0
        while True:
            await asyncio.sleep(_SECONDS)
            if time.monotonic() < look_at and not self._left and alone():
                continue
            look_at = time.monotonic() + self._seldom
            self._left = False
            try:
                found = await self._documents.query(WAKES.name, Query(limit=_AT_ONCE))
                self._left = self._left or bool(found)
                heard = [each for each in found if serves(each.key)]
                for each in heard:
                    hear(each.key)
                if heard:
                    await self._documents.write([Delete(WAKES.name, each.key, 0, Is(each.version)) for each in heard])
            except StoreUnavailable as error:
                self._left = True
                log.warning("wakes can not be read", reason=str(error))
                await asyncio.sleep(_AFTER_A_FAULT)
