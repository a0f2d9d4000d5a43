"""Waiting for news: one's own is told at once, others' has to be looked for, and all who wait share the time to look.

There are many who wait for one log, mostly for nothing: what they cost while all is quiet is most of what an idle
process costs. So one look serves all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from atrium_common.single_flight import SingleFlight

_QUIET_AFTER = 1.0


class News:
    """Wakes who waits: when there is news of this process's own, and every so often to look for that of others."""

    def __init__(self, tail: Callable[[], Awaitable[int]], *, busy: float, idle: float) -> None:
        """`tail` gives the newest position there is; a look is one such call.

        Seconds between two looks: `busy` for a second after there was something, `idle` from then on.
        """
        self._tail = SingleFlight(tail)
        self._busy = busy
        self._idle = idle
        self._quiet_at = float("-inf")
        self._told = 0
        self._waiting: list[asyncio.Future[int]] = []
        # uvloop gives a handle that does not know its time where that is less than a millisecond away.
        self._timer: asyncio.Handle | None = None
        self._wakes_at = float("inf")

    def tell(self) -> None:
        """There is something; to be called on the event loop."""
        self._told += 1
        self._wake()

    async def wait(self, *, after: int, timeout: float) -> None:
        """Return when there is something after this position, or after about so many seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        asked = self._tail.ask()
        while True:
            told = self._told
            found, now = await self._tail.answer(asked) > after, loop.time()
            if found:
                self._quiet_at = now + _QUIET_AFTER
            if found or now >= deadline:
                return
            if told == self._told:
                asked = await self._woken(loop, min(self.pause(now), deadline - now))
            else:
                asked = self._tail.ask()

    def pause(self, now: float) -> float:
        """Seconds until the next look, at this moment of the loop's clock."""
        return self._busy if now < self._quiet_at else self._idle

    async def _woken(self, loop: asyncio.AbstractEventLoop, pause: float) -> int:
        """Wait; the look that all who were woken at this moment share."""
        waiter: asyncio.Future[int] = loop.create_future()
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
        asked = self._tail.ask()
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(asked)
