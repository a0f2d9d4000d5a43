"""The way of a command to the log, on a counter that may exist once under a name."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from atrium_common.errors import Duplicate
from atrium_common.eventing.checkpoint import CHECKPOINTS, Checkpoint, StaleCheckpoint
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.lease import LEASES, Lease
from atrium_common.eventing.projector import RowProjector
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Joint, Transaction
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Claim, Release
from atrium_common.store.documents import Any, Collection, Delete, Document, Newer, Put
from atrium_common.store.memory import MemoryDocuments, MemoryStore
from atrium_common.store.ports import ClaimTaken, StoreUnavailable
from atrium_common.testing.clock import START, FakeClock
from atrium_common.testing.conformance.event_log import one, proposal


class Added(Event, type="counter.added", schema=1):
    amount: int


@dataclass(frozen=True)
class Counter:
    total: int


def evolve(counter: Counter | None, event: Event) -> Counter:
    assert isinstance(event, Added)
    return Counter((counter.total if counter else 0) + event.amount)


def row(loaded: Loaded[Counter]) -> Put:
    return Put("counters", loaded.id, {"total": loaded.there.total}, loaded.version, Newer())


COUNTER = Decider("counter", evolve, row=row)


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore(clock=self.clock)
        self.store.documents.declare([Collection("counters"), SUBJECT_KEYS, LEASES, CHECKPOINTS])
        self.ids = TimeOrderedIds(clock=self.clock)
        master = MasterKeys.parse("k1:" + "A" * 43 + "=")
        vault = Vault(self.store.documents, master, clock=self.clock)
        codec = Codec(EventRegistry([Added]), vault)
        self.repository = Repository(self.store, codec=codec, ids=self.ids, deciders=[COUNTER])

    async def add(self, counter: str, amount: int, command: str, claim: str | None = None) -> int:
        async def decide(tx: Transaction) -> JSONObject:
            loaded = await tx.emit(COUNTER, counter, Added(amount=amount))
            if claim:
                tx.claim(claim, stream=COUNTER.stream(counter))
            return {"total": loaded.there.total}

        done = await self.repository.transact(Command(command, START), decide)
        assert (await done.state(COUNTER, counter)).there.total == done.outcome["total"]
        total = done.outcome["total"]
        assert isinstance(total, int)
        return total


@pytest.fixture
def world() -> World:
    return World()


async def test_racing_commands_on_one_stream_are_all_done_once(world: World) -> None:
    totals = await asyncio.gather(*(world.add("c", 1, f"command-{n}") for n in range(20)))
    assert sorted(totals) == list(range(1, 21))


async def test_a_replayed_command_gets_its_first_outcome_and_the_state_it_left(world: World) -> None:
    assert await world.add("c", 5, "first") == 5
    assert await world.add("c", 7, "second") == 12
    assert await world.add("c", 100, "first") == 5
    assert (await world.repository.load(COUNTER, "c")).there.total == 12


async def test_while_a_long_stream_is_loaded_others_have_their_turns(world: World) -> None:
    async def decide(tx: Transaction) -> JSONObject:
        await tx.emit(COUNTER, "c", *(Added(amount=1) for _ in range(2600)))
        return {}

    await world.repository.transact(Command("many", START), decide)
    codec = Codec(EventRegistry([Added]), Vault(world.store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="),
                  clock=world.clock))  # fmt: skip
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(take_turns())
    loaded = await Repository(world.store, codec=codec, ids=world.ids).load(COUNTER, "c", at=2599)
    other.cancel()
    assert (loaded.there.total, loaded.version) == (2599, 2599)
    assert turns >= 5


async def test_a_command_refused_for_what_its_own_rival_copy_did_gets_that_copys_outcome(world: World) -> None:
    rivals = 0

    async def decide(tx: Transaction) -> JSONObject:
        nonlocal rivals
        rivals += 1
        if rivals == 1:
            await world.add("c", 5, "made once")
        if (await tx.load(COUNTER, "c")).version:
            raise Duplicate("code")
        raise AssertionError("the rival was first")

    done = await world.repository.transact(Command("made once", START), decide)
    assert done.replayed
    assert done.outcome == {"total": 5}


async def test_after_a_2xx_the_row_shows_it_also_where_the_first_writer_died_before_the_row(world: World) -> None:
    await world.add("c", 5, "first")
    await world.store.documents.drop("counters")
    await world.add("c", 5, "first")
    found = await world.store.documents.get("counters", "c")
    assert found is not None
    assert found.body == {"total": 5}


async def test_rows_rebuilt_from_the_log_are_the_rows_written_live(world: World) -> None:
    for number in range(5):
        await world.add(f"c{number % 2}", number, f"command-{number}")
    live = await world.store.documents.get_many("counters", ["c0", "c1"])
    await world.store.documents.drop("counters")
    projector = RowProjector(world.store, world.repository, [COUNTER], clock=world.clock, ids=world.ids)
    await projector.catch_up()
    assert await world.store.documents.get_many("counters", ["c0", "c1"]) == live


async def test_a_claim_whose_release_was_cut_short_by_a_crash_is_released_by_the_next_claimant(world: World) -> None:
    log = world.store.log
    await log.append(proposal(one("counter/old", 0), claims=(Claim("slug/x", "counter/old"),)))
    with pytest.raises(ClaimTaken):
        await world.add("new", 1, "too-early", claim="slug/x")
    await log.append(proposal(one("counter/old", 1), releases=(Release("slug/x", "counter/old"),)))
    assert await world.add("new", 1, "now", claim="slug/x") == 1


async def test_joint_commands_are_committed_together_and_replayed_each_with_its_own_outcome(world: World) -> None:
    async def both(joint: Joint) -> None:
        totals.clear()
        for counter in ("a", "b", "a"):

            async def decide(tx: Transaction, counter: str = counter) -> JSONObject:
                loaded = await tx.emit(COUNTER, counter, Added(amount=1))
                return {"total": loaded.there.total}

            part = Command(f"whole/{len(totals)}", START, joint=joint)
            totals.append((await world.repository.transact(part, decide)).outcome["total"])

    totals: list[object] = []
    for _ in range(2):
        await world.repository.transact_jointly(Command("whole", START), both)
        assert totals == [1, 1, 2]
    assert await world.store.log.tail() == 1


async def test_no_two_commands_of_one_transaction_take_one_name(world: World) -> None:
    async def decide(tx: Transaction) -> JSONObject:
        for counter in ("a", "b"):
            await tx.emit(COUNTER, counter, Added(amount=1))
            tx.claim("slug/x", stream=COUNTER.stream(counter))
        return {}

    with pytest.raises(ClaimTaken):
        await world.repository.transact(Command("both", START), decide)
    assert await world.store.log.tail() == 0


async def test_a_lease_has_one_holder_and_is_taken_over_only_after_its_time(world: World) -> None:
    def lease(holder: str) -> Lease:
        return Lease(world.store.documents, "job", holder=holder, seconds=5, clock=world.clock)

    one_, two = lease("one"), lease("two")
    first = await one_.acquire()
    assert first is not None
    assert await two.acquire() is None
    world.clock.advance(4)
    renewed = await one_.acquire()
    assert renewed is not None
    assert await two.acquire() is None
    world.clock.advance(5.1)
    taken = await two.acquire()
    assert taken is not None
    assert taken.version > renewed.version
    assert await one_.acquire() is None
    await two.release()
    assert await one_.acquire() is not None


class Watched(MemoryDocuments):
    """Counts what is asked of it, and may lose the answer to a write."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.declare([LEASES])
        self.asked = 0
        self.loses = False

    async def get(self, collection: str, key: str) -> Document | None:
        self.asked += 1
        return await super().get(collection, key)

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        self.asked += 1
        done = await super().write(writes)
        if self.loses:
            raise StoreUnavailable("the answer is lost")
        return done


async def test_a_lease_is_renewed_when_a_third_of_its_time_is_over_and_asks_nothing_before() -> None:
    clock = FakeClock()
    documents = Watched(clock)
    lease = Lease(documents, "job", holder="one", seconds=6, clock=clock)
    first = await lease.acquire()
    documents.asked = 0
    for _ in range(5):
        assert await lease.acquire() == first
    assert documents.asked == 0
    clock.advance(2)
    renewed = await lease.acquire()
    assert first is not None
    assert renewed is not None
    assert renewed.version == first.version + 1
    assert documents.asked == 1


async def test_a_lease_in_doubt_is_asked_for() -> None:
    clock = FakeClock()
    documents = Watched(clock)
    one_, two = (Lease(documents, "job", holder=holder, seconds=6, clock=clock) for holder in ("one", "two"))
    assert await one_.acquire() is not None
    await documents.write([Put(LEASES.name, "job", {"holder": ""}, 9, Any())])  # an operator's hand
    assert await two.acquire() is not None
    one_.doubt()
    assert await one_.acquire() is None


async def test_a_lease_whose_renewal_had_no_answer_is_its_holders_still() -> None:
    clock = FakeClock()
    documents = Watched(clock)
    lease = Lease(documents, "job", holder="one", seconds=6, clock=clock)
    assert await lease.acquire() is not None
    clock.advance(2)
    documents.loses = True
    with pytest.raises(StoreUnavailable):
        await lease.acquire()
    documents.loses = False
    assert await lease.acquire() is not None


async def test_checkpoints_never_go_back_and_a_stale_token_is_refused(world: World) -> None:
    one_, two = Checkpoint(world.store.documents, "reader"), Checkpoint(world.store.documents, "reader")
    await one_.load()
    await one_.advance(10, fence=1)
    await one_.advance(5, fence=1)
    assert await two.load() == 10
    await two.advance(20, fence=2)
    with pytest.raises(StaleCheckpoint):
        await one_.advance(15, fence=1)
    with pytest.raises(StaleCheckpoint):
        await two.advance(30, fence=1)
