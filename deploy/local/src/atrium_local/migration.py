"""What a fresh store and a fresh broker lack, created; what is there already stays (`atrium migrate`)."""

from __future__ import annotations

from collections.abc import Mapping

from atrium_common.clock import SystemClock
from atrium_common.settings import Settings
from atrium_common.wiring import KERNEL_COLLECTIONS, kafka_bus, make_store
from atrium_local.operated import OPERATED


async def migrated(settings: Settings) -> Mapping[str, str]:
    """Create tables, collections, indexes and topics, and say what there is now."""
    done: dict[str, str] = {}
    for operated in OPERATED:
        store = make_store(operated.name, settings)
        collections = [*KERNEL_COLLECTIONS, *operated.collections]
        try:
            await store.open(collections)
        finally:
            await store.close()
        done[operated.name] = f"its log and {len(collections)} collections"
    if settings.kafka_bootstrap is not None:
        bus = kafka_bus(settings.kafka_bootstrap, settings, SystemClock())
        await bus.open()
        try:
            counts = await bus.partitions()
        finally:
            await bus.close()
        done |= {f"topic {topic}": f"{count} partitions" for topic, count in counts.items()}
    return done
