"""Where keys stand of which this process holds nothing: read from the ledger, for each key at most once a second."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from dataclasses import dataclass

from atrium_common.clock import Clock
from atrium_gateway.limits.ledger import Ledger, window_end, window_of
from atrium_gateway.limits.settlement import Settlements
from atrium_gateway.ports import Allowance, Standing
from atrium_gateway.replicas import Replicas

PATIENCE = 3.0
_REMEMBERED_SECONDS = 1.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Look:
    """A look at a key's ledger, since `at`; `alone`: no other process could change it then."""

    at: float
    alone: bool
    seen: asyncio.Task[Ledger]


class Looks:
    """Looks at ledgers; who asks while one is under way or young shares it."""

    def __init__(self, settlements: Settlements, replicas: Replicas, *, clock: Clock) -> None:
        self._settlements = settlements
        self._replicas = replicas
        self._clock = clock
        self._looks: OrderedDict[str, _Look] = OrderedDict()

    async def standing(self, allowance: Allowance) -> Standing:
        """Where the key stands: never more is said to remain than is left over all processes.

        Raises:
            StoreUnavailable, TimeoutError: the store does not answer.
        """
        look = self._looks.get(allowance.key_id)
        if look is None or (look.seen.done() and self._clock.monotonic() - look.at >= _REMEMBERED_SECONDS):
            look = self._begun(allowance.key_id)
        seen = await asyncio.shield(look.seen)
        now = self._clock.monotonic()
        ledger = seen.in_window(window_of(self._replicas.store_time(now), allowance.window_offset))
        # Since then the others may have let pass at most what the burst allows.
        alone = look.alone and self._replicas.alone(now)
        elsewhere = 0 if alone else math.ceil(allowance.burst * (1.0 + now - look.at))
        left = max(0, allowance.requests - ledger.used - elsewhere)
        return Standing(allowance.requests, left, window_end(ledger.window, allowance.window_offset))

    def forget(self, key_id: str) -> None:
        """This process begins to spend of the key's requests itself."""
        self._looks.pop(key_id, None)

    def _begun(self, key_id: str) -> _Look:
        now = self._clock.monotonic()
        seen = asyncio.create_task(self._read(key_id), name="limits")
        # Taken by whoever waits; here only so that it does not count as unseen.
        seen.add_done_callback(lambda done: done.cancelled() or done.exception())
        look = self._looks[key_id] = _Look(now, self._replicas.alone(now), seen)
        self._looks.move_to_end(key_id)
        while len(self._looks) > _MOST:
            self._looks.popitem(last=False)
        return look

    async def _read(self, key_id: str) -> Ledger:
        async with asyncio.timeout(PATIENCE):
            ledger, _ = await self._settlements.read(key_id)
        return ledger
