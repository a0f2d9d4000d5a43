"""The store's clock, which every process shares, without asking for it each time."""

from __future__ import annotations

from datetime import datetime, timedelta

from atrium_common.clock import Clock
from atrium_common.store.ports import Store

_READ_AGAIN_SECONDS = 10.0


class StoreClock:
    """Reads the store's clock every ten seconds at most, and carries it on by our monotonic one in between.

    Our own wall clock is not asked: however wrong it is, or becomes, what two processes write one after the other is
    in this order.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._read: tuple[datetime, float] | None = None

    async def now(self) -> datetime:
        """The present by the store's clock.

        Raises:
            StoreUnavailable: it was to be read, and could not be.
        """
        if self._read is None or self._clock.monotonic() - self._read[1] >= _READ_AGAIN_SECONDS:
            told = await self._store.now()
            self._read = (told, self._clock.monotonic())
        told, at = self._read
        return told + timedelta(seconds=self._clock.monotonic() - at)
