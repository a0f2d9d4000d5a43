"""Die at every call to a port, start again, and look: nothing lost, nothing doubled."""

from collections.abc import Sequence

import pytest

from atrium_common.bus.ports import Bus, Message, Start, Subscription
from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.lease import LEASES, Token
from atrium_common.eventing.relay import Relay
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import Publication
from atrium_common.store.documents import Collection, Newer, Put
from atrium_common.store.ports import Store
from atrium_common.testing.clock import START, FakeClock
from atrium_common.testing.conformance.event_log import one, proposal
from atrium_common.testing.faults import Fuse, Killed

COMMITS = 5


class Added(Event, type="counter.added", schema=1):
    amount: int


def evolve(total: int | None, event: Event) -> int:
    assert isinstance(event, Added)
    return (total or 0) + event.amount


def publish(event: Event, before: int | None, after: int, counter: str) -> Publication:
    assert isinstance(event, Added)
    return Publication("counter.added", {"from": before, "to": after}, counter)


def row(loaded: Loaded[int]) -> Put:
    return Put("counters", loaded.id, {"total": loaded.there}, loaded.version, Newer())


COUNTER = Decider("counter", evolve, publish, row)


class RecordingBus:
    def __init__(self) -> None:
        self.published: list[str] = []

    async def open(self) -> None: ...

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        assert topic == "t"
        self.published += [message.id for message in messages]

    async def heartbeat(self, topic: str, position: int) -> None: ...

    async def subscribe(self, topics: Sequence[str], *, group: str | None, start: Start) -> Subscription:
        raise AssertionError(topics, group, start)

    async def close(self) -> None: ...


async def in_the_clear(value: JSON) -> JSON:
    return value


@pytest.fixture
async def opened(store: Store) -> Store:
    """A store of every kind, in which each turn of a sweep goes on where the turn before has ended."""
    await store.open([Collection("counters"), SUBJECT_KEYS, LEASES, CHECKPOINTS])
    return store


async def test_a_command_killed_at_any_call_and_sent_again_has_one_effect_and_its_row(opened: Store) -> None:
    async def add(store: Store, turn: str) -> int:
        vault = Vault(store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=FakeClock())
        codec = Codec(EventRegistry([Added]), vault)
        repository = Repository(store, codec=codec, ids=TimeOrderedIds(), deciders=[COUNTER])

        async def decide(tx: Transaction) -> JSONObject:
            total = (await tx.emit(COUNTER, turn, Added(amount=5))).there
            tx.claim(f"name/{turn}", stream=COUNTER.stream(turn))
            return {"total": total}

        done = await repository.transact(Command(f"command-{turn}", START), decide)
        return (await done.state(COUNTER, turn)).there

    died_at = 0
    while True:
        died_at += 1
        turn = f"c{died_at}"
        fuse = Fuse(died_at)
        try:
            await add(fuse.guard(opened), turn)
        except Killed:
            assert await add(opened, turn) == 5
            assert await opened.log.tail() == died_at
            found = await opened.documents.get("counters", turn)
            assert found is not None
            assert found.body == {"total": 5}
        else:
            break
    assert died_at > 8


async def test_promise_9_a_relay_killed_at_any_call_brings_every_commit_to_the_bus_in_order_and_nothing_else(
    opened: Store,
) -> None:
    async def relay_all(store: Store, bus: Bus, name: str) -> None:
        relay = Relay(
            service="s",
            topic="t",
            log=store.log,
            documents=store.documents,
            bus=bus,
            open_sealed=in_the_clear,
            clock=FakeClock(),
            ids=TimeOrderedIds(),
        )
        await relay.resume()
        while await relay.step(Token("relay", name, 1)):
            pass

    died_at = 0
    while True:
        died_at += 1
        bus = RecordingBus()
        committed = []
        for number in range(COMMITS):
            appended = await opened.log.append(proposal(one(f"a/{died_at}-{number}", 0)))
            committed.append(appended.commit.proposal.slices[0].events[0].id)
        fuse = Fuse(died_at)
        try:
            await relay_all(fuse.guard(opened), fuse.guard(bus), "first")
        except Killed:
            await relay_all(opened, bus, "second")
            assert list(dict.fromkeys(bus.published)) == committed
        else:
            break
    assert bus.published == committed
    assert died_at > 6
