"""An audit finds every kind of damage, names it, and finds nothing where nothing is wrong."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from atrium_common.eventing.audit import Audit, Finding
from atrium_common.eventing.checkpoint import CHECKPOINTS, Checkpoint
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.personal import Personal
from atrium_common.eventing.rebuilding import rebuild_rows
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.snapshot import SNAPSHOTS, Snapshotting
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Any as Whatever
from atrium_common.store.documents import Collection, Delete, Newer, Put
from atrium_common.store.mongo import MongoStore
from atrium_common.store.mongo.driver import connect
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.clock import START, FakeClock

BOXES = Collection("boxes")
MASTER = MasterKeys.parse("k1:" + "A" * 43 + "=")


class Filled(Event, type="box.filled", schema=1):
    amount: int
    by: Personal


@dataclass(frozen=True, slots=True)
class Box:
    total: int = 0


def evolve(box: Box | None, event: Event) -> Box:
    assert isinstance(event, Filled)
    return Box((box.total if box else 0) + event.amount)


def row(loaded: Loaded[Box]) -> Put:
    return Put(BOXES.name, loaded.id, {"total": loaded.there.total, "of": ["a"]}, loaded.version, Newer())


BOX = Decider("box", evolve, row=row, snapshot=Snapshotting.of(Box, schema=1, every=3))
Sql: TypeAlias = Callable[[sqlite3.Connection], object]


class World:
    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.vault = Vault(store.documents, MASTER, clock=clock)
        self.codec = Codec(EventRegistry([Filled]), self.vault)
        self.ids = TimeOrderedIds(clock=clock)

    def repository(self) -> Repository:
        return Repository(self.store, codec=self.codec, ids=self.ids, deciders=[BOX])

    async def fill(self) -> None:
        await self.store.open([BOXES, SUBJECT_KEYS, SNAPSHOTS, CHECKPOINTS])
        repository = self.repository()

        async def give(box: str, *, claim: str | None = None, release: str | None = None) -> None:
            async def decide(tx: Transaction) -> JSONObject:
                await tx.emit(BOX, box, Filled(amount=5, by=Personal("usr_1", "Jane")))
                if claim:
                    tx.claim(claim, stream=BOX.stream(box))
                if release:
                    tx.release(release, stream=BOX.stream(box))
                return {"id": box}

            given.append(box)
            await repository.transact(Command(f"c{len(given)}", START), decide)

        given: list[str] = []
        await give("a", claim="name/a")
        await give("b", claim="name/b")
        await give("a")
        await give("a", release="name/a", claim="name/z")
        await give("c", claim="name/a")
        checkpoint = Checkpoint(self.store.documents, "rows")
        await checkpoint.load()
        await checkpoint.advance(5)

    async def findings(self, **tails: int) -> list[Finding]:
        return await Audit(self.store, self.codec, self.repository, [BOX]).findings(tails=tails)


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> World:
    world = World(store, clock)
    await world.fill()
    return world


async def test_where_nothing_is_wrong_nothing_is_found(world: World) -> None:
    assert await world.findings() == []


async def test_damaged_documents_are_named_and_a_rebuild_mends_the_rows(world: World) -> None:
    write = world.store.documents.write
    await write([Put("boxes", "a", {"total": 999, "of": ["a"]}, 3, Whatever())])
    await write([Delete("boxes", "b", 0, Whatever())])
    await write([Put("boxes", "stray", {"total": 1}, 1, Whatever())])
    await write([Put("boxes", "c", {"total": 5, "of": ["a"]}, 77, Whatever())])
    await write([Put("checkpoints", "rows", {"position": 99, "fence": 0}, 9, Whatever())])
    await write([Put("checkpoints", "group:other.events", {"position": 4, "fence": 0}, 9, Whatever())])
    await write([Put("snapshots", "box/a@1", {"state": {"total": 4}}, 3, Whatever())])
    found = await world.findings(**{"other.events": 3})
    assert [(each.kind, each.where) for each in found] == [
        ("checkpoint", "group:other.events"),
        ("checkpoint", "rows"),
        ("row", "boxes/a"),
        ("row", "boxes/b"),
        ("row", "boxes/c"),
        ("row", "boxes/stray"),
        ("snapshot", "box/a"),
    ]
    rebuilt = await rebuild_rows(world.store, world.repository(), [BOX], "boxes")
    assert (rebuilt.rows, rebuilt.removed) == (3, 1)
    assert not [each for each in await world.findings(**{"other.events": 3}) if each.kind == "row"]


async def test_a_key_that_does_not_open_is_told_of_every_event_under_it(world: World, clock: FakeClock) -> None:
    other = MasterKeys.parse("k1:" + "B" * 42 + "A=")
    wrapped = other.seal(b"x" * 32, context="usr_1")
    await world.store.documents.write([Put("subject_keys", "usr_1", {"wrapped": wrapped}, 9, Whatever())])
    clock.advance(6)
    assert {each.kind for each in await world.findings()} >= {"event"}


def execute(statement: str, *values: object) -> Sql:
    return lambda connection: connection.execute(statement, values)


PLANTED: list[tuple[str, Sql, str, str]] = [
    ("a commit is gone", execute("DELETE FROM commits WHERE position = 2"), "gap", "position 2"),
    ("a commit is unreadable", execute("UPDATE commits SET rest = '{' WHERE position = 3"), "unreadable", "position 3"),
    (
        "an event is of a type that nobody knows",
        execute("UPDATE commits SET events = replace(events, 'box.filled', 'box.unknown') WHERE position = 2"),
        "event",
        "box/b version 1",
    ),
    (
        "an event is no event of its schema",
        execute("UPDATE commits SET events = replace(events, 'amount', 'quantity') WHERE position = 2"),
        "event",
        "box/b version 1",
    ),
    (
        "a sealed value was altered",
        execute('UPDATE commits SET events = replace(events, \'"box":"\', \'"box":"AAAA\') WHERE position = 5'),
        "event",
        "box/c version 1",
    ),
    (
        "a version is skipped",
        execute("UPDATE commits SET events = replace(events, '[\"box/a\",1,', '[\"box/a\",2,') WHERE position = 3"),
        "version",
        "box/a version 3",
    ),
    (
        "a stream's look-up is gone",
        execute("DELETE FROM streams WHERE stream = 'box/b'"),
        "stream",
        "box/b",
    ),
    (
        "a stream's look-up points elsewhere",
        execute("UPDATE streams SET position = 1 WHERE stream = 'box/c'"),
        "stream",
        "box/c",
    ),
    (
        "a command is not found by its id",
        execute("UPDATE commits SET command_id = 'other' WHERE position = 2"),
        "command",
        "position 2",
    ),
    (
        "a command has two commits",
        execute("UPDATE commits SET rest = replace(rest, '\"c2\"', '\"c1\"') WHERE position = 2"),
        "command",
        "position 2",
    ),
    ("a claim is lost", execute("DELETE FROM claims WHERE claim = 'name/b'"), "claim", "name/b"),
    ("a claim is nobody's", execute("INSERT INTO claims VALUES ('name/q', 'box/q', 1)"), "claim", "name/q"),
    (
        "a claim is held by another",
        execute("UPDATE claims SET stream = 'box/b' WHERE claim = 'name/z'"),
        "claim",
        "name/z",
    ),
    (
        "a claim that was given up is held",
        lambda connection: (
            connection.execute("DELETE FROM commits WHERE position = 5"),
            connection.execute("DELETE FROM streams WHERE position = 5"),
            connection.execute("UPDATE claims SET stream = 'box/a', position = 1 WHERE claim = 'name/a'"),
        ),
        "claim",
        "name/a",
    ),
]


@pytest.mark.parametrize(("damage", "kind", "where"), [each[1:] for each in PLANTED], ids=[each[0] for each in PLANTED])
async def test_an_audit_finds_that(tmp_path: Path, damage: Sql, kind: str, where: str) -> None:
    store = SqliteStore(tmp_path / "store.db", clock=FakeClock())
    world = World(store, FakeClock())
    await world.fill()
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as connection:
        damage(connection)
    found = await world.findings()
    assert (kind, where) in {(each.kind, each.where) for each in found}
    await store.close()


@pytest.mark.mongo
async def test_a_lost_commit_and_a_lost_claim_are_found_in_mongodb_too(mongodb_url: str, clock: FakeClock) -> None:
    name = f"t_audit_{os.urandom(4).hex()}"
    world = World(MongoStore(mongodb_url, database=name, clock=clock), clock)
    await world.fill()
    client = connect(mongodb_url, "pymongo")
    commits = client[name]["commits"]
    await commits.update_one({"_id": 4}, {"$set": {"keys": ["command/c4", "stream/box/a@3", "end/box/a@3"]}})
    await commits.delete_one({"_id": 2})
    await client.close()
    found = {(each.kind, each.where) for each in await world.findings()}
    assert {("gap", "position 2"), ("claim", "name/z")} <= found
    await world.store.close()
