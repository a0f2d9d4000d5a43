"""Messages that a service could not handle, seen and redriven from outside (`atrium admin dead-letters`)."""

from __future__ import annotations

import asyncio
from typing import cast

from atrium_common.clock import SystemClock
from atrium_common.eventing.parking import is_requested, parked_by_reactor, request_redrive
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.settings import Settings
from atrium_local.operated import opened
from atrium_local.options import Failed


async def listed(settings: Settings) -> list[JSONObject]:
    """What is parked in every service, oldest first within a reactor, with the reason."""
    letters: list[JSONObject] = []
    async with opened(settings) as stores:
        for name, service in stores.items():
            for reactor, documents in (await parked_by_reactor(service.store.documents)).items():
                for document in documents:
                    message = cast("JSONObject", document.body["message"])
                    told = {part: document.body[part] for part in ("at", "key", "reason", "topic")}
                    letters.append(
                        {"service": name, "reactor": reactor, **told, "event_id": message["id"],
                         "type": message["type"], "subject": message["subject"]}
                    )  # fmt: skip
    return letters


async def redriven(settings: Settings, only: str | None, wait: float) -> dict[str, JSON]:
    """Ask the running services to handle it again, all or one reactor's: how many they did, how many are parked still.

    Raises:
        Failed: that reactor has parked nothing, or nobody did it within `wait` seconds.
    """
    clock = SystemClock()
    async with opened(settings) as stores:
        asked = [
            (service.store.documents, reactor, len(documents))
            for service in stores.values()
            for reactor, documents in (await parked_by_reactor(service.store.documents)).items()
            if only in {None, reactor}
        ]
        if only is not None and not asked:
            raise Failed(f"nothing of {only} is parked")
        for documents, reactor, _ in asked:
            await request_redrive(documents, reactor, at=clock.now())
        deadline = clock.monotonic() + wait
        while waiting := [reactor for documents, reactor, _ in asked if await is_requested(documents, reactor)]:
            if clock.monotonic() >= deadline:
                raise Failed(f"asked, but nobody has done it yet: {', '.join(waiting)}. Is the service running?")
            await asyncio.sleep(0.1)
        left = [len((await parked_by_reactor(documents)).get(reactor, ())) for documents, reactor, _ in asked]
    return {"redriven": sum(count for _, _, count in asked) - sum(left), "left": sum(left)}
