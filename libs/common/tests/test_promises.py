"""The promises of the event log that only the parts together can keep, on every store.

Numbers are those of design: 2, 3, 7 and 12 are proven by the conformance suites, 6 in `store/test_writer_processes.py`,
9 in `eventing/test_crash_sweep.py`, 10 in `bus/test_killed_consumers.py`, 13 in `eventing/test_erasure.py`, 15 in
`eventing/test_snapshots.py`.
"""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from atrium_common.eventing.checkpoint import CHECKPOINTS, Checkpoint, StaleCheckpoint
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.lease import LEASES
from atrium_common.eventing.projector import RowProjector
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Appended, Proposal
from atrium_common.store.documents import Collection, Newer, Put
from atrium_common.store.ports import EventLog, Store, StoreUnavailable
from atrium_common.store.whole import every_commit, every_document
from atrium_common.testing.clock import START, FakeClock
from atrium_common.testing.conformance.event_log import one, proposal

COUNTERS = Collection("counters")


class Added(Event, type="counter.added", schema=1):
    amount: int


def evolve(total: int | None, event: Event) -> int:
    assert isinstance(event, Added)
    return (total or 0) + event.amount


def row(loaded: Loaded[int]) -> Put:
    return Put(COUNTERS.name, loaded.id, {"total": loaded.there}, loaded.version, Newer())


COUNTER = Decider("counter", evolve, row=row)


@pytest.fixture
async def opened(store: Store) -> Store:
    await store.open([COUNTERS, SUBJECT_KEYS, CHECKPOINTS, LEASES])
    return store


def repository(store: Store, clock: FakeClock) -> Repository:
    vault = Vault(store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=clock)
    codec = Codec(EventRegistry([Added]), vault)
    return Repository(store, codec=codec, ids=TimeOrderedIds(clock=clock), deciders=[COUNTER])


async def add(over: Repository, counter: str, amount: int, command: str) -> int:
    async def decide(tx: Transaction) -> JSONObject:
        return {"total": (await tx.emit(COUNTER, counter, Added(amount=amount))).there}

    return cast("int", (await over.transact(Command(command, START), decide)).outcome["total"])


class LosesAnswers:
    """A log whose answers are lost on the way back, each append's once."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._lost: set[str] = set()

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    async def append(self, proposed: Proposal) -> Appended:
        appended = await self._log.append(proposed)
        if proposed.command_id not in self._lost:
            self._lost.add(proposed.command_id)
            raise StoreUnavailable("the answer was lost")
        return appended


class WithLostAnswers:
    def __init__(self, store: Store) -> None:
        self._store = store
        self.log = LosesAnswers(store.log)

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


async def test_promise_1_a_commit_is_visible_whole_or_not_at_all(opened: Store) -> None:
    log, ending = opened.log, asyncio.Event()

    async def write() -> None:
        for version in range(25):
            await log.append(proposal(one("a/1", version), one("b/1", version)))
        ending.set()

    async def watch() -> None:
        while not ending.is_set():
            first = len(await log.read_stream("a/1"))
            second = len(await log.read_stream("b/1"))
            assert second >= first
            for commit in await log.read_log(after=0, limit=100):
                assert len(commit.proposal.slices) == 2
            await asyncio.sleep(0)

    await asyncio.wait_for(asyncio.gather(write(), watch()), 60)


async def test_promise_4_a_command_whose_answer_was_lost_is_sent_again_and_has_one_commit(
    opened: Store, clock: FakeClock
) -> None:
    losing = cast("Store", WithLostAnswers(opened))
    for amount, total in ((5, 5), (7, 12)):
        command = f"add-{amount}"
        with pytest.raises(StoreUnavailable):
            await add(repository(losing, clock), "c", amount, command)
        totals = await asyncio.gather(*(add(repository(losing, clock), "c", amount, command) for _ in range(3)))
        assert totals == [total] * 3
    assert await opened.log.tail() == 2


async def test_promise_5_positions_have_no_gap_and_a_streams_order_is_the_logs(opened: Store) -> None:
    async def write(stream: str) -> None:
        for version in range(10):
            await opened.log.append(proposal(one(stream, version)))

    await asyncio.wait_for(asyncio.gather(*(write(f"s/{n}") for n in range(5))), 60)
    commits = [commit async for commit in every_commit(opened.log)]
    assert [commit.position for commit in commits] == list(range(1, 51))
    for n in range(5):
        mine = [commit.position for commit in commits if f"s/{n}" in commit.versions]
        assert [event.position for event in await opened.log.read_stream(f"s/{n}")] == mine


async def test_promise_8_checkpoints_never_go_back_and_a_stale_token_is_refused(opened: Store) -> None:
    older, newer = Checkpoint(opened.documents, "reader"), Checkpoint(opened.documents, "reader")
    await older.load()
    await older.advance(10, fence=1)
    await older.advance(4, fence=1)
    assert await newer.load() == 10
    await newer.advance(20, fence=2)
    with pytest.raises(StaleCheckpoint):
        await older.advance(15, fence=1)
    assert await Checkpoint(opened.documents, "reader").load() == 20


async def test_promise_11_a_live_projection_is_what_a_rebuild_makes(opened: Store, clock: FakeClock) -> None:
    over = repository(opened, clock)
    await asyncio.gather(*(add(over, f"c{n % 3}", n, f"command-{n}") for n in range(12)))
    live = [document async for document in every_document(opened.documents, COUNTERS.name)]
    await opened.documents.drop(COUNTERS.name)
    projector = RowProjector(opened, repository(opened, clock), [COUNTER], clock=clock, ids=TimeOrderedIds(clock=clock))
    await projector.catch_up()
    assert [document async for document in every_document(opened.documents, COUNTERS.name)] == live
    assert len(live) == 3


async def test_promise_14_after_an_answer_every_replica_reads_at_least_that_version(
    opened: Store, clock: FakeClock
) -> None:
    writer, other = repository(opened, clock), repository(opened, clock)
    for number in range(8):
        total = await add(writer, "c", 1, f"command-{number}")
        assert (await other.load(COUNTER, "c")).there >= total
        shown = await opened.documents.get(COUNTERS.name, "c")
        assert shown is not None
        assert cast("int", shown.body["total"]) >= total
