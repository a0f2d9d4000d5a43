"""When keys were last used: kept in memory, told to tenancy every 30 s and at the end (`last_used_at`)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from atrium_common.clock import Clock, rfc3339
from atrium_common.errors import AtriumError
from atrium_common.jsontypes import JSONObject

log = structlog.get_logger("keys")

_EVERY_SECONDS = 30.0


class LastUsed:
    """The newest use of each key since it was last told."""

    def __init__(self, tell: Callable[[JSONObject], Awaitable[object]], *, clock: Clock) -> None:
        """`tell` posts `{key id: RFC 3339}`; the highest wins there, so that telling twice does no harm."""
        self._tell = tell
        self._clock = clock
        self._used: dict[str, float] = {}

    def note(self, key_id: str, now: float) -> None:
        """The key is used now (monotonic)."""
        self._used[key_id] = now

    async def run(self) -> None:
        """Tell every 30 s, for ever."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Tell what is not told yet; what can't be told now is told next time."""
        used, self._used = self._used, {}
        if not used:
            return
        now, monotonic = self._clock.now(), self._clock.monotonic()
        told: JSONObject = {key: rfc3339(now - timedelta(seconds=monotonic - at)) for key, at in used.items()}
        try:
            await self._tell(told)
        except AtriumError as error:
            log.warning("the last use of keys could not be told", keys=len(used), reason=str(error))
            self._used = used | self._used
