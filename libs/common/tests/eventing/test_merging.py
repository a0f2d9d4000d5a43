"""Commands merged into one commit: each keeps its own outcome and its own refusal, on every store."""

import asyncio
from dataclasses import dataclass

import pytest

from atrium_common.errors import StateConflict
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.merging import Merger
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.snapshot import SNAPSHOTS
from atrium_common.eventing.transaction import Command, Decide, Transacted, Transaction
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.ports import Store
from atrium_common.testing.clock import START, FakeClock


class Filled(Event, type="glass.filled", schema=1):
    amount: int


@dataclass(frozen=True)
class Glass:
    level: int


def evolve(glass: Glass | None, event: Event) -> Glass:
    assert isinstance(event, Filled)
    return Glass((glass.level if glass else 0) + event.amount)


GLASS = Decider("glass", evolve)
FULL = 10


def fill(amount: int, glass: str = "g") -> Decide:
    async def decide(tx: Transaction) -> JSONObject:
        loaded = await tx.load(GLASS, glass)
        if (loaded.state.level if loaded.state else 0) + amount > FULL:
            raise StateConflict("full", "fill")
        return {"level": (await tx.emit(GLASS, glass, Filled(amount=amount))).there.level} if amount else {"level": 0}

    return decide


async def repository_on(store: Store) -> Repository:
    clock = FakeClock()
    await store.open([SUBJECT_KEYS, SNAPSHOTS])
    vault = Vault(store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=clock)
    return Repository(store, codec=Codec(EventRegistry([Filled]), vault), ids=TimeOrderedIds(clock=clock))


async def filled(merger: Merger, command: str, amount: int = 1, glass: str = "g") -> int | str:
    """The level after it, or the word of its refusal."""
    try:
        done: Transacted = await merger.transact("turn", Command(command, START), fill(amount, glass))
    except StateConflict as refusal:
        return refusal.current_state
    level = done.outcome["level"]
    assert isinstance(level, int)
    return level


async def test_commands_that_wait_for_a_turn_are_one_commit_and_each_has_its_own_answer(store: Store) -> None:
    merger = Merger(await repository_on(store))
    answers = await asyncio.gather(*(filled(merger, f"c{n}") for n in range(14)))
    assert answers == [*range(1, 11), "full", "full", "full", "full"]
    assert await store.log.tail() <= 2
    assert len(await store.log.read_stream("glass/g")) == FULL


async def test_a_command_sent_again_gets_its_first_outcome_also_out_of_a_merged_commit(store: Store) -> None:
    merger = Merger(await repository_on(store))
    first = await asyncio.gather(*(filled(merger, f"c{n}") for n in range(10)))
    # The glass is full now: decided anew they would be refused.
    again = await asyncio.gather(*(filled(merger, f"c{n}") for n in range(12)))
    assert again == [*first, "full", "full"]
    other = Merger(await repository_on(store))
    assert await filled(other, "c7") == first[7]
    assert len(await store.log.read_stream("glass/g")) == FULL


async def test_of_known_and_new_commands_in_one_turn_only_the_new_ones_are_done(store: Store) -> None:
    merger = Merger(await repository_on(store))
    await filled(merger, "c0")
    other = Merger(await repository_on(store))
    answers = await asyncio.gather(*(filled(other, f"c{n}") for n in (1, 0, 2, 1)))
    assert answers == [2, 1, 3, 2]


async def test_a_refused_command_leaves_nothing_behind_in_the_commit_of_its_neighbours(store: Store) -> None:
    merger = Merger(await repository_on(store))
    answers = await asyncio.gather(filled(merger, "a", 4), filled(merger, "b", 9), filled(merger, "c", 6))
    assert list(answers) == [4, "full", 10]
    assert await store.log.find("b") is None


async def test_what_emits_nothing_makes_no_commit(store: Store) -> None:
    merger = Merger(await repository_on(store))
    assert await filled(merger, "a", 0) == 0
    assert await store.log.tail() == 0


async def test_mergers_of_several_processes_never_pass_the_limit_together(store: Store) -> None:
    mergers = [Merger(await repository_on(store)) for _ in range(3)]
    answers = await asyncio.gather(*(filled(mergers[n % 3], f"c{n}") for n in range(60)))
    assert sorted(answer for answer in answers if isinstance(answer, int)) == list(range(1, 11))
    assert answers.count("full") == 50


@pytest.mark.parametrize("failure", [RuntimeError("a mistake"), KeyError("x")])
async def test_a_command_that_breaks_does_not_break_the_turn(store: Store, failure: Exception) -> None:
    merger = Merger(await repository_on(store))

    async def breaks(_: Transaction) -> JSONObject:
        raise failure

    broken = asyncio.create_task(merger.transact("turn", Command("x", START), breaks))
    assert await filled(merger, "a") == 1
    with pytest.raises(type(failure)):
        await broken
