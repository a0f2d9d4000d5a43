"""What one process tells Prometheus of the lines that it serves, from its memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from atrium_common.clock import Clock, parse_rfc3339
from atrium_common.metrics import BREAKERS_OPEN, DELIVERIES_DUE, DELIVERIES_DUE_AGE
from atrium_webhooks.application.lane import Lane

_SECONDS = 2.0


async def tell(served: Callable[[], Collection[Lane]], clock: Clock) -> None:
    """Keep the gauges, for ever."""
    while True:
        await asyncio.sleep(_SECONDS)
        lanes = served()
        heads = [queue[0].document for lane in lanes for queue in (lane.fresh, lane.retries) if queue]
        DELIVERIES_DUE.set(
            sum(max(lane.backlog if lane.behind else 0, len(lane.fresh) + len(lane.retries)) for lane in lanes)
        )
        oldest = min((str(head.body["next_attempt_at"]) for head in heads), default=None)
        age = 0.0 if oldest is None else (clock.now() - parse_rfc3339(oldest)).total_seconds()
        DELIVERIES_DUE_AGE.set(max(0.0, age))
        BREAKERS_OPEN.set(sum(lane.health.is_open for lane in lanes))
