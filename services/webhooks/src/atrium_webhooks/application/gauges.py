"""What one process tells Prometheus of the lines that it serves, from its memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable

from atrium_common.clock import Clock, parse_rfc3339, rfc3339
from atrium_common.metrics import BREAKERS_OPEN, DELIVERIES_DUE, DELIVERIES_DUE_AGE
from atrium_webhooks.application.lane import Lane

_SECONDS = 2.0


async def tell(served: Callable[[], Collection[Lane]], clock: Clock) -> None:
    """Keep the gauges, for ever."""
    lateness = Lateness(clock)
    while True:
        await asyncio.sleep(_SECONDS)
        lanes = served()
        DELIVERIES_DUE.set(
            sum(max(lane.backlog if lane.behind else 0, len(lane.fresh) + len(lane.retries)) for lane in lanes)
        )
        DELIVERIES_DUE_AGE.set(lateness.of(lanes))
        BREAKERS_OPEN.set(sum(lane.health.is_open for lane in lanes))


class Lateness:
    """For how long this process has let a delivery wait that was due and could have begun.

    What an endpoint itself holds back (its breaker, its rate limit, attempts that its receiver has not answered) is no
    lateness of ours, however old it is, and more processes would not send it sooner.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free: dict[str, str] = {}
        self._held: set[str] = set()

    def of(self, lanes: Iterable[Lane]) -> float:
        """The longest of them, in seconds, as far as looks one after the other tell; 0: none waits."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        free: dict[str, str] = {}
        held: set[str] = set()
        oldest = moment = rfc3339(now)
        for lane in lanes:
            if not lane.fresh and not lane.retries:
                continue
            head = lane.first(now, monotonic)
            if head is None:
                held.add(lane.endpoint_id)
                continue
            # What its endpoint has held back until just now was not late before.
            since = moment if lane.endpoint_id in self._held else ""
            since = free[lane.endpoint_id] = self._free.get(lane.endpoint_id, since)
            oldest = min(oldest, max(since, str(head.document.body["next_attempt_at"])))
        self._free, self._held = free, held
        return max(0.0, (now - parse_rfc3339(oldest)).total_seconds())
