"""Processes that share a log which is watched, and may be slow."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.presence import Presence
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Appended, Proposal, StreamEvent
from atrium_common.store.memory import MemoryEventLog, MemoryStore
from atrium_common.store.ports import StoreUnavailable
from atrium_common.testing.clock import START, FakeClock


class Counted(Event, type="tally.counted", schema=1):
    amount: int


@dataclass(frozen=True)
class Tally:
    total: int


def evolve(tally: Tally | None, event: Event) -> Tally:
    assert isinstance(event, Counted)
    return Tally((tally.total if tally else 0) + event.amount)


TALLY = Decider("tally", evolve)


class WatchedLog(MemoryEventLog):
    """Counts the looks at the tail, and takes a while for each as a store over a network does."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.reads = 0
        self.slow: asyncio.Event | None = None
        self.late: asyncio.Event | None = None
        self.slow_read: asyncio.Event | None = None
        self.owed: list[Proposal] | None = None
        self.meanwhile: list[Callable[[], Awaitable[None]]] = []

    async def append(self, proposal: Proposal) -> Appended:
        """Append, once it may; what is begun is ended, as by a thread or a server, whoever has gone away meanwhile."""
        return await asyncio.shield(asyncio.ensure_future(self._appended(proposal)))

    async def _appended(self, proposal: Proposal) -> Appended:
        if self.owed is not None:
            self.owed.append(proposal)
            raise StoreUnavailable("no answer in time")
        if self.slow is not None:
            await self.slow.wait()
        appended = await super().append(proposal)
        if self.late is not None:
            await self.late.wait()
        return appended

    async def tail(self) -> int:
        self.looks += 1
        seen = await super().tail()
        await asyncio.sleep(0)
        if self.meanwhile:
            await self.meanwhile.pop(0)()
        return seen

    async def read_stream(self, stream: str, *, after: int = 0, limit: int | None = None) -> Sequence[StreamEvent]:
        self.reads += 1
        found = await super().read_stream(stream, after=after, limit=limit)
        await asyncio.sleep(0)
        slow, self.slow_read = self.slow_read, None
        if slow is not None:
            await slow.wait()
        return found


class Process:
    """One process: a repository of its own on the shared store."""

    number = 0

    def __init__(self, store: MemoryStore, clock: FakeClock, *, present: bool = True) -> None:
        ids = TimeOrderedIds(clock=clock)
        vault = Vault(store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=clock)
        self.presence = Presence(store.documents, clock=clock, ids=ids)
        self.repository = Repository(
            store,
            codec=Codec(EventRegistry([Counted]), vault),
            ids=ids,
            presence=self.presence if present else None,
        )

    async def count(self, amount: int, tally: str = "t") -> None:
        async def decide(tx: Transaction) -> JSONObject:
            await tx.emit(TALLY, tally, Counted(amount=amount))
            return {}

        Process.number += 1
        await self.repository.transact(Command(f"c{Process.number}", START), decide)

    async def total(self, tally: str = "t") -> int:
        await self.repository.confirm()
        state = (await self.repository.current(TALLY, tally)).state
        return state.total if state else 0
