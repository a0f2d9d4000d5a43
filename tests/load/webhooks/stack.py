"""Where the webhooks' benchmark keeps everything, and how it travels."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atrium_common.bus.kafka import KafkaBus
from atrium_common.bus.log import LogBus, Source
from atrium_common.bus.ports import Bus
from atrium_common.clock import SystemClock
from atrium_common.eventing.relay import Relay
from atrium_common.eventing.vault import MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.store.mongo import MongoStore
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore

TOPIC = "tenancy.events"


SEALING = MasterKeys({"k": bytes(32)})


@dataclass(frozen=True, slots=True)
class Stack:
    """Where everything is kept, and how it travels."""

    directory: Path
    name: str = ""

    @property
    def is_embedded(self) -> bool:
        return not self.name

    def store(self, service: str) -> Store:
        if self.is_embedded:
            return SqliteStore(self.directory / f"{service}.db")
        return MongoStore(os.environ["ATRIUM_TEST_MONGODB_URL"], database=f"bench_{self.name}_{service}")

    async def bus(self, source: Store, documents: Any) -> Bus:
        clock = SystemClock()
        if self.is_embedded:
            vault = Vault(source.documents, SEALING, clock=clock)
            return LogBus(
                {TOPIC: Source("tenancy", source.log, vault.open)},
                documents=documents, clock=clock, ids=TimeOrderedIds(),
            )  # fmt: skip
        bus = KafkaBus(
            os.environ["ATRIUM_TEST_KAFKA_BOOTSTRAP"], topics=[TOPIC], prefix=f"bench.{self.name}.",
            partitions=3, clock=clock,
        )  # fmt: skip
        await bus.open()
        return bus


async def relay(stack: Stack, source: Store) -> asyncio.Task[None] | None:
    if stack.is_embedded:
        return None
    clock = SystemClock()
    made = Relay(
        service="tenancy",
        topic=TOPIC,
        log=source.log,
        documents=source.documents,
        bus=await stack.bus(source, source.documents),
        open_sealed=Vault(source.documents, SEALING, clock=clock).open,
        clock=clock,
        ids=TimeOrderedIds(),
    )
    return asyncio.create_task(made.run())
