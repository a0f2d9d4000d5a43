"""What happens, as it happens: the event stream, and deliveries as they change."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from atrium_common.bus.ports import Message
from atrium_common.clock import SystemClock
from atrium_common.eventing.vault import MasterKeys
from atrium_common.ids import TimeOrderedIds
from atrium_common.settings import Settings
from atrium_common.store.memory import MemoryStore
from atrium_common.wiring import EVENT_TOPICS, open_bus
from atrium_local.operated import opened
from atrium_webhooks.wiring import FOLLOWED_DELIVERIES, OPERATED

_BATCH = 200
_PATIENCE = 1.0
_PAUSE = 0.3


async def published(settings: Settings, *, from_start: bool) -> AsyncGenerator[Message, None]:
    """Every event that services publish, in order within a key.

    What gateways count is none: totals of the requests of each key, told again and again as they grow.
    """
    clock = SystemClock()
    master = MasterKeys.parse(settings.sealing_keys.get_secret_value())
    bus, closers = await open_bus(settings, MemoryStore(), master, clock, TimeOrderedIds(clock=clock))
    async with contextlib.AsyncExitStack() as stack:
        for close in (*reversed(closers), bus.close):
            stack.push_async_callback(close)
        subscription = await bus.subscribe(list(EVENT_TOPICS), group=None, start="earliest" if from_start else "latest")
        while True:
            for received in await subscription.receive(limit=_BATCH, timeout=_PATIENCE):
                yield received.message


async def delivered(settings: Settings, *, from_start: bool) -> AsyncGenerator[Message, None]:
    """Every delivery whenever it has changed: made, attempted, ended."""
    async with opened(settings, [OPERATED]) as stores:
        followed = FOLLOWED_DELIVERIES(stores[OPERATED.name].store.documents)
        if not from_start:
            await followed.changed()
        while True:
            for message in await followed.changed():
                yield message
            await asyncio.sleep(_PAUSE)
