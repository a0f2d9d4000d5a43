"""Waiting for news: one's own is told at once, others' has to be looked for, and all who wait share the time to look.

There are many who wait for one log, mostly for nothing: what they cost while all is quiet is most of what an idle
process costs. So one look serves all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from atrium_common.single_flight import SingleFlight
from atrium_common.store.ports import StoreUnavailable

_LOOK_SECONDS = 3.0
"""What a look may take: a connection that has died in silence holds all up who wait."""
_QUIET_AFTER = 1.0


class News:
    """Wakes who waits: when there is news of this process's own, and every so often to look for that of others."""

    def __init__(
        self, tail: Callable[[], Awaitable[int]], *, busy: float, idle: float, patience: float = _LOOK_SECONDS
    ) -> None:
        """`tail` gives the newest position there is; a look is one such call, and may take `patience` seconds.

        Seconds between two looks: `busy` for a second after there was something, `idle` from then on.
        """
        self._end = tail
        self._patience = patience
        self._tail = SingleFlight(self._looked)
        self._busy = busy
        self._idle = idle
        self._quiet_at = float("-inf")
        self._newest = 0
        self._told = 0
        self._seen = 0
        self._waiting: list[asyncio.Future[tuple[int, int]]] = []
        # uvloop gives a handle that does not know its time where that is less than a millisecond away.
        self._timer: asyncio.Handle | None = None
        self._wakes_at = float("inf")

    def tell(self) -> None:
        """There is something; to be called on the event loop."""
        self._told += 1
        self._wake()

    async def wait(self, *, after: int, timeout: float) -> bool:
        """Return true when there is something after this position; false where a look after so many seconds finds none.

        Who waits has just read up to there: so it looks at once only where something was told since the last look.

        Raises:
            StoreUnavailable: the end can't be looked for, or not soon.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while self._newest <= after:
            if self._seen < self._told:
                await self._look(self._tail.ask(), self._told)
            elif (left := deadline - loop.time()) > 0:
                await self._look(*await self._woken(loop, min(self.pause(loop.time()), left)))
            else:
                return False
        self._quiet_at = loop.time() + _QUIET_AFTER
        return True

    def pause(self, now: float) -> float:
        """Seconds until the next look, at this moment of the loop's clock."""
        return self._busy if now < self._quiet_at else self._idle

    async def _looked(self) -> int:
        try:
            async with asyncio.timeout(self._patience):
                return await self._end()
        except TimeoutError:
            raise StoreUnavailable(f"the end of the log was not told within {self._patience:g} seconds") from None

    async def _look(self, asked: int, told: int) -> None:
        """Have looked, after so much was told."""
        self._newest = max(self._newest, await self._tail.answer(asked))
        self._seen = max(self._seen, told)

    async def _woken(self, loop: asyncio.AbstractEventLoop, pause: float) -> tuple[int, int]:
        """Wait; the look that all who were woken at this moment share, and how much was told before."""
        waiter: asyncio.Future[tuple[int, int]] = loop.create_future()
        self._waiting.append(waiter)
        at = loop.time() + pause
        if self._timer is None or self._wakes_at > at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer, self._wakes_at = loop.call_later(pause, self._wake), at
        return await waiter

    def _wake(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        look = self._tail.ask(), self._told
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(look)
