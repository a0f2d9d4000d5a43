"""How fast histories follow the log, how fast they answer, and what metering costs: figures, no judgement."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from atrium_common.clock import SystemClock
from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.lease import LEASES
from atrium_common.eventing.log_projector import SLOTS, LogProjector, in_slots
from atrium_common.eventing.merging import Merger
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.snapshot import SNAPSHOTS
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.sqlite import SqliteStore
from atrium_entitlements.application import history, usage_history
from atrium_entitlements.application.holders import KnownHolders
from atrium_entitlements.application.known_facts import FACTS, KnownFacts
from atrium_entitlements.application.metering import Metering
from atrium_entitlements.domain.events import Debit, Place, UsageRecorded
from atrium_entitlements.domain.facts import WorkspaceFacts
from atrium_entitlements.domain.holder import Holder, Level
from atrium_entitlements.domain.meter import Context
from atrium_entitlements.wiring import EVENTS

ACCOUNT: Decider[int] = Decider("account", lambda count, _: (count or 0) + 1)
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
EVENTS_WRITTEN, ACCOUNTS, A_COMMIT = 20_000, 200, 50


class Bench:
    """The service's projections and metering on an embedded store."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        clock = SystemClock()
        ids = TimeOrderedIds(clock=clock)
        codec = Codec(EVENTS, Vault(store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=clock))
        self.repository = Repository(store, codec=codec, ids=ids)
        self.projector = LogProjector(
            history.NAME,
            history.Histories(store.documents).project,
            collections=history.COLLECTIONS,
            types=history.TYPES,
            store=store,
            codec=codec,
            clock=clock,
            ids=ids,
        )
        facts = KnownFacts(store.documents, None)  # type: ignore[arg-type]
        facts.remember(WorkspaceFacts(f"wks_{n}", 1) for n in range(ACCOUNTS))
        merger = Merger(self.repository)
        self.metering = Metering(self.repository, merger, KnownHolders(facts), self._count, ids, clock)

    async def write(self, number: int) -> None:
        """One commit of usage of one account, spread over days."""
        account = f"wks_{number % ACCOUNTS}"

        async def decide(tx: Transaction) -> JSONObject:
            await tx.emit(ACCOUNT, account, *_usages(account, number))
            return {}

        await self.repository.transact(Command(f"c{number}", NOON), decide)

    async def meter(self, number: int) -> None:
        """What a worker tells of one workspace in one minute."""
        minute = NOON + timedelta(minutes=number // ACCOUNTS)
        context = Context(f"wks_{number % ACCOUNTS}", None, True, minute)
        await self.metering.take(context, {f"key_{key}/w1": 5 for key in range(3)})

    async def _count(self, tx: Transaction, holder: Holder, _: str, quantity: int, occurred_at: datetime) -> None:
        await tx.emit(ACCOUNT, holder.id, _usage(holder.id, quantity, occurred_at))


def _usages(account: str, number: int) -> Sequence[UsageRecorded]:
    return [_usage(account, 1, NOON + timedelta(hours=number % 240, minutes=n)) for n in range(A_COMMIT)]


def _usage(account: str, quantity: int, at: datetime) -> UsageRecorded:
    return UsageRecorded(
        feature="api_calls",
        quantity=quantity,
        occurred_at=at,
        used=0,
        debits=(Debit(feature="api_calls"),),
        place=Place(workspace_id=account),
        at=at,
    )


async def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as directory:
        store = SqliteStore(Path(directory) / "store.db")
        slotted = [each for collection in history.COLLECTIONS for each in in_slots(collection)]
        await store.open([SUBJECT_KEYS, LEASES, CHECKPOINTS, SLOTS, SNAPSHOTS, FACTS, *slotted])
        bench = Bench(store)
        for number in range(EVENTS_WRITTEN // A_COMMIT):
            await bench.write(number)
        began = time.perf_counter()
        await bench.projector.catch_up()
        live = time.perf_counter() - began
        began = time.perf_counter()
        await bench.projector.rebuild()
        rebuilt = time.perf_counter() - began
        print(f"histories: {EVENTS_WRITTEN / live:,.0f} usage events/s live, {EVENTS_WRITTEN / rebuilt:,.0f}/s rebuilt")
        slot = await bench.projector.slot()
        holder = Holder("workspace", "wks_1", (Level("workspace", "wks_1"),), workspace_id="wks_1")
        began = time.perf_counter()
        for _ in range(200):
            await usage_history.used(
                store.documents, slot, holder, "api_calls", "day", since=NOON, until=NOON + timedelta(days=30)
            )
        print(f"histories: {(time.perf_counter() - began) / 200 * 1000:.2f} ms for 30 days of one feature")
        began = time.perf_counter()
        await asyncio.gather(*(bench.meter(number) for number in range(2_000)))
        first = time.perf_counter() - began
        began = time.perf_counter()
        await asyncio.gather(*(bench.meter(number) for number in range(2_000)))
        again = time.perf_counter() - began
        print(f"metering: {2_000 / first:,.0f} new contexts/s booked, {2_000 / again:,.0f}/s repeats passed over")
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
