"""Metering by its promise: whatever is repeated, late, out of order or raced for counts once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from atrium_common.bus.ports import Message
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.merging import Merger
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Transaction
from atrium_common.eventing.vault import MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import START, FakeClock
from atrium_entitlements.application.holders import KnownHolders
from atrium_entitlements.application.known_facts import FACTS, KnownFacts
from atrium_entitlements.application.metering import Metering
from atrium_entitlements.domain import meter
from atrium_entitlements.domain.facts import WorkspaceFacts
from atrium_entitlements.domain.holder import Holder, usage_account
from atrium_entitlements.reactors.gateway import UsageReader, counted

MINUTE = int(START.timestamp()) // 60


class Booked(Event, type="test.booked", schema=1):
    quantity: int
    occurred_at: datetime


ACCOUNT: Decider[int] = Decider("account", lambda used, event: (used or 0) + getattr(event, "quantity", 0))


class Replica:
    """One consumer on a store that others share."""

    def __init__(self, store: MemoryStore) -> None:
        clock = FakeClock(START + timedelta(minutes=5))
        ids = TimeOrderedIds(clock=clock)
        vault = Vault(store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=clock)
        codec = Codec(EventRegistry([Booked, *meter.EVENTS]), vault)
        self.repository = Repository(store, codec=codec, ids=ids)
        facts = KnownFacts(store.documents, None)  # type: ignore[arg-type]
        facts.remember(WorkspaceFacts(id=f"wks_{n}", version=1) for n in range(2))
        holders = KnownHolders(facts)
        self.metering = Metering(self.repository, Merger(self.repository), holders, self._count, ids, clock)
        self.reader = UsageReader(self.metering)

    async def _count(self, tx: Transaction, holder: Holder, _: str, quantity: int, occurred_at: datetime) -> None:
        account = usage_account(holder.id, livemode=holder.livemode)
        await tx.emit(ACCOUNT, account, Booked(quantity=quantity, occurred_at=occurred_at))

    async def take(self, messages: list[Message]) -> None:
        await self.reader.before(messages)
        for message in messages:
            await self.reader.handle(message)


def told(workspace: int = 0, key: int = 0, worker: int = 0, minute: int = 0, total: int = 1, **more: Any) -> Message:
    attributes: dict[str, Any] = {
        "key_id": f"key_{key}",
        "workspace_id": f"wks_{workspace}",
        "namespace_id": None,
        "livemode": True,
        "minute": MINUTE + minute,
        "worker": f"w{worker}",
        "requests": total,
        **more,
    }
    name = f"key_{key}/wks_{workspace}/-/{MINUTE + minute}/w{worker}"
    return Message(
        id=f"{name}/{total}",
        type="usage.counted",
        source="/gateway",
        subject=f"usage/key_{key}",
        time=START,
        key=f"wks_{workspace}",
        data={"object": {"id": name, "type": "usage", "attributes": attributes}},
    )


COUNTERS = st.tuples(*(st.integers(0, 1) for _ in range(4)))
TOTALS = st.lists(st.tuples(COUNTERS, st.integers(1, 30)), max_size=40)


@settings(max_examples=40, deadline=None)
@given(sent=TOTALS, sizes=st.lists(st.integers(1, 7), min_size=1), races=st.booleans())
def test_any_delivery_of_totals_books_the_highest_of_each_counter_once(
    sent: list[tuple[tuple[int, int, int, int], int]], sizes: list[int], *, races: bool
) -> None:
    messages = [told(*counter, total) for counter, total in sent]

    async def run() -> dict[str, int]:
        store = MemoryStore()
        await store.open([FACTS])
        replicas = [Replica(store), Replica(store)]
        left, turn = list(messages), 0
        while left:
            batch, left = left[: sizes[turn % len(sizes)]], left[sizes[turn % len(sizes)] :]
            if races:
                await asyncio.gather(*(replica.take(batch) for replica in replicas))
            else:
                await replicas[turn % 2].take(batch)
            turn += 1
        await replicas[0].take(messages)
        return {f"wks_{n}": (await replicas[0].repository.load(ACCOUNT, f"wks_{n}")).state or 0 for n in range(2)}

    highest: dict[tuple[int, int, int, int], int] = {}
    for counter, total in sent:
        highest[counter] = max(total, highest.get(counter, 0))
    expected = {f"wks_{n}": sum(t for counter, t in highest.items() if counter[0] == n) for n in range(2)}
    assert asyncio.run(run()) == expected


async def test_a_batch_for_one_context_is_one_commit_and_repeats_are_none() -> None:
    store = MemoryStore()
    await store.open([FACTS])
    replica = Replica(store)
    messages = [told(key=key, worker=worker, total=3) for key in range(5) for worker in range(2)]
    await replica.take(messages)
    assert await store.log.tail() == 1
    await replica.take(messages)
    await replica.take(messages[3:])
    assert await store.log.tail() == 1
    assert (await replica.repository.load(ACCOUNT, "wks_0")).state == 30


async def test_requests_in_test_mode_count_on_an_account_of_their_own() -> None:
    store = MemoryStore()
    await store.open([FACTS])
    replica = Replica(store)
    await replica.take([told(total=2), told(key=1, total=5, livemode=False)])
    assert (await replica.repository.load(ACCOUNT, "wks_0")).state == 2
    assert (await replica.repository.load(ACCOUNT, "wks_0~test")).state == 5


def test_a_message_tells_its_context_and_counter() -> None:
    context, counter, total = counted(told(workspace=1, key=2, worker=3, total=4, namespace_id="ns_1"))
    assert context.id == "wks_1/ns_1/live/20260115T1030"
    assert context.minute == datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
    assert (counter, total) == ("key_2/w3", 4)
