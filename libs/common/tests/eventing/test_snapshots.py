"""Promise 15: a snapshot and the tail behind it are the full fold."""

from dataclasses import dataclass, replace

import pytest

from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.personal import Personal
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.snapshot import SNAPSHOTS, Snapshotting
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.documents import Query
from atrium_common.store.memory import MemoryStore
from atrium_common.store.ports import Store
from atrium_common.testing.clock import START, FakeClock

EVERY = 5


class Noted(Event, type="diary.noted", schema=1):
    amount: int
    by: Personal


@dataclass(frozen=True, slots=True)
class Diary:
    total: int = 0
    by: tuple[Personal, ...] = ()


def evolve(diary: Diary | None, event: Event) -> Diary:
    assert isinstance(event, Noted)
    diary = diary or Diary()
    return replace(diary, total=(diary.total * 3 + event.amount) % 10007, by=(*diary.by, event.by)[-3:])


FOLDED: Decider[Diary] = Decider("diary", evolve)
SNAPPED = replace(FOLDED, snapshot=Snapshotting.of(Diary, schema=1, every=EVERY))
CHANGED = replace(FOLDED, snapshot=Snapshotting.of(Diary, schema=2, every=EVERY))


def vault(store: Store, clock: FakeClock) -> Vault:
    return Vault(store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=clock)


def refuse(value: JSON) -> Diary:
    raise ValueError(value)


def repository(store: Store, clock: FakeClock) -> Repository:
    """One without a memory of its own: everything it knows it reads."""
    return Repository(store, codec=Codec(EventRegistry([Noted]), vault(store, clock)), ids=TimeOrderedIds(clock=clock))


async def note(over: Repository, decider: Decider[Diary], *, count: int = 1, first: int = 0) -> None:
    async def decide(tx: Transaction) -> JSONObject:
        events = [Noted(amount=first + n, by=Personal("usr_1", "Zebediah")) for n in range(count)]
        await tx.emit(decider, "d", *events)
        return {}

    await over.transact(Command(f"{first}/{count}", START), decide)


@pytest.mark.parametrize("counts", [[1] * 63, [2, 4, 1] * 9, [60, 1, 1]], ids=["singly", "mixed", "at once"])
async def test_snapshot_and_tail_are_the_full_fold_at_every_version(
    store: Store, clock: FakeClock, counts: list[int]
) -> None:
    await store.open([SNAPSHOTS, SUBJECT_KEYS])
    await store.documents.drop(SNAPSHOTS.name)
    done = 0
    for count in counts:
        await note(repository(store, clock), SNAPPED, count=count, first=done)
        done += count
        snapped = await repository(store, clock).load(SNAPPED, "d")
        assert snapped == await repository(store, clock).load(FOLDED, "d")
    for version in range(1, done + 1):
        snapped = await repository(store, clock).load(SNAPPED, "d", at=version)
        assert snapped == await repository(store, clock).load(FOLDED, "d", at=version)


async def test_a_snapshot_shortens_the_load_to_the_tail() -> None:
    store, clock = MemoryStore(), FakeClock()
    await store.open([SNAPSHOTS, SUBJECT_KEYS])
    await note(repository(store, clock), SNAPPED, count=3 * EVERY + 2)
    read: list[int] = []
    plain = store.log.read_stream

    async def watched(stream: str, *, after: int = 0, limit: int | None = None) -> object:
        events = await plain(stream, after=after, limit=limit)
        read.append(len(events))
        return events

    store.log.read_stream = watched  # type: ignore[assignment,method-assign]
    await repository(store, clock).load(SNAPPED, "d")
    await note(repository(store, clock), SNAPPED, count=2, first=100)
    assert read == [0, 0]


async def test_a_changed_shape_of_the_state_folds_anew_and_keeps_snapshots_of_its_own() -> None:
    store, clock = MemoryStore(), FakeClock()
    await store.open([SNAPSHOTS, SUBJECT_KEYS])
    await note(repository(store, clock), SNAPPED, count=EVERY)
    assert {each.key for each in await store.documents.query(SNAPSHOTS.name, Query())} == {"diary/d@1"}
    assert await repository(store, clock).load(CHANGED, "d") == await repository(store, clock).load(FOLDED, "d")
    assert {each.key for each in await store.documents.query(SNAPSHOTS.name, Query())} == {"diary/d@1", "diary/d@2"}


async def test_an_unreadable_snapshot_costs_a_fold_and_nothing_else() -> None:
    store, clock = MemoryStore(), FakeClock()
    await store.open([SNAPSHOTS, SUBJECT_KEYS])
    await note(repository(store, clock), SNAPPED, count=EVERY)
    how = Snapshotting.of(Diary, schema=1, every=EVERY)
    broken = replace(SNAPPED, snapshot=replace(how, load=refuse))
    assert await repository(store, clock).load(broken, "d") == await repository(store, clock).load(FOLDED, "d")


async def test_snapshots_hold_no_personal_value_in_the_clear_and_forget_with_their_subject() -> None:
    store, clock = MemoryStore(), FakeClock()
    await store.open([SNAPSHOTS, SUBJECT_KEYS])
    await note(repository(store, clock), SNAPPED, count=EVERY)
    (kept,) = await store.documents.query(SNAPSHOTS.name, Query())
    assert "Zebediah" not in str(kept.body)
    assert "usr_1" in str(kept.body)
    known = (await repository(store, clock).load(SNAPPED, "d")).there
    assert known.by[0].value == "Zebediah"
    await vault(store, clock).forget("usr_1")
    forgotten = (await repository(store, clock).load(SNAPPED, "d")).there
    assert [each.value for each in forgotten.by] == [None, None, None]
    assert forgotten.total == known.total
