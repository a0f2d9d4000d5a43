"""What one attempt leaves behind."""

import asyncio
from typing import Any, cast

from tests.engine import Running
from tests.hostile import Behaviour, Hostile


async def outcome(running: Running, receiver: Hostile, behaviour: Behaviour, **settings: Any) -> dict[str, Any]:
    """What one attempt at a receiver that behaves so leaves behind."""
    endpoint = await running.endpoint(receiver.script("/", behaviour), **settings)
    await running.events(1)
    async with asyncio.timeout(20):
        while True:
            (delivery,) = await running.deliveries(endpoint)
            if delivery.body["attempts"]:
                return cast("dict[str, Any]", delivery.body)
            await asyncio.sleep(0.01)
