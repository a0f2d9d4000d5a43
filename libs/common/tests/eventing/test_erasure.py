"""Promise 13: after an erasure no plaintext is anywhere, in no file and no freed page, within twenty seconds."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

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
from atrium_common.store.documents import Collection, Newer, Put
from atrium_common.store.mongo import MongoStore
from atrium_common.store.mongo.driver import connect
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from atrium_common.store.whole import every_commit, every_document
from atrium_common.testing.clock import START, FakeClock

PEOPLE = Collection("people", (), frozenset({"words"}))
COLLECTIONS = (PEOPLE, SUBJECT_KEYS, SNAPSHOTS)
NAME = "Zebediah-Quartermaine"


class Named(Event, type="person.named", schema=1):
    name: Personal


def evolve(_: Personal | None, event: Event) -> Personal:
    assert isinstance(event, Named)
    return event.name


def row(loaded: Loaded[Personal]) -> Put:
    """The row holds the name in the clear, as lists need it, until the person is forgotten."""
    name = loaded.there.text
    return Put(PEOPLE.name, loaded.id, {"name": name, "words": [name] if name else []}, loaded.version, Newer())


PERSON = Decider("person", evolve, row=row, snapshot=Snapshotting.of(Personal, schema=1, every=2))


class World:
    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.vault = Vault(store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=clock)
        self.ids = TimeOrderedIds(clock=clock)

    def repository(self) -> Repository:
        codec = Codec(EventRegistry([Named]), self.vault)
        return Repository(self.store, codec=codec, ids=self.ids, deciders=[PERSON])

    async def name_people(self, count: int = 40) -> None:
        repository = self.repository()
        for number in range(count):

            async def decide(tx: Transaction, number: int = number) -> JSONObject:
                name = Personal(f"usr_{number % 4}", f"{NAME}-{number % 4}")
                await tx.emit(PERSON, f"p{number % 4}", Named(name=name))
                return {"name": name.marked()}

            await repository.transact(Command(f"c{number}", START), decide)

    async def erase(self, *subjects: str) -> None:
        for subject in subjects:
            await self.vault.forget(subject)
        await rebuild_rows(self.store, self.repository(), [PERSON], PEOPLE.name)
        assert await self.store.scrub()


async def test_after_an_erasure_nothing_that_a_store_answers_holds_the_name_and_every_stream_still_loads(
    store: Store, clock: FakeClock
) -> None:
    await store.open(COLLECTIONS)
    world = World(store, clock)
    await world.name_people()
    await world.erase("usr_0", "usr_1", "usr_2", "usr_3")
    clock.advance(6)
    told = [str(commit) async for commit in every_commit(store.log)]
    for collection in COLLECTIONS:
        told += [str(document) async for document in every_document(store.documents, collection.name)]
    assert not [text for text in told if NAME in text]
    for number in range(4):
        loaded = await world.repository().load(PERSON, f"p{number}")
        assert (loaded.version, loaded.there) == (10, Personal(f"usr_{number}", None))


async def test_after_an_erasure_no_file_or_freed_page_holds_the_name_within_20_seconds(tmp_path: Path) -> None:
    clock = FakeClock()
    store, beside = SqliteStore(tmp_path / "store.db", clock=clock), SqliteStore(tmp_path / "store.db", clock=clock)
    await store.open(COLLECTIONS)
    await beside.open(COLLECTIONS)
    world = World(store, clock)
    await world.name_people()
    assert _holding(tmp_path, NAME)
    ending = asyncio.Event()

    async def go_on_reading_and_writing() -> None:
        while not ending.is_set():
            await beside.log.read_log(after=0, limit=100)
            await beside.documents.write([Put("people", "other", {"name": os.urandom(40).hex()}, 1, Newer())])
            await asyncio.sleep(0)

    others = asyncio.create_task(go_on_reading_and_writing())
    async with asyncio.timeout(20):
        await world.erase("usr_0", "usr_1", "usr_2", "usr_3")
    assert _holding(tmp_path, NAME) == []
    ending.set()
    await others
    await store.close()
    await beside.close()


async def test_a_scrub_that_a_reader_stands_in_the_way_of_says_so_and_succeeds_when_called_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    from atrium_common.store.sqlite import store as module

    monkeypatch.setattr(module, "SCRUB_SECONDS", 0.3)
    store = SqliteStore(tmp_path / "store.db")
    await store.open(COLLECTIONS)
    await store.documents.write([Put("people", "p", {"name": NAME}, 1, Newer())])
    reader = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM d_people").fetchone()
    await store.documents.write([Put("people", "p", {"name": "x"}, 2, Newer())])
    assert not await store.scrub()
    reader.close()
    assert await store.scrub()
    assert _holding(tmp_path, NAME) == []
    await store.close()


@pytest.mark.mongo
async def test_after_an_erasure_no_raw_document_of_mongodb_holds_the_name(mongodb_url: str) -> None:
    clock, database = FakeClock(), f"t_erasure_{os.urandom(4).hex()}"
    store = MongoStore(mongodb_url, database=database, clock=clock)
    await store.open(COLLECTIONS)
    world = World(store, clock)
    await world.name_people(8)
    await world.erase("usr_0", "usr_1", "usr_2", "usr_3")
    client = connect(mongodb_url, "pymongo")
    for name in await client[database].list_collection_names():
        assert NAME not in str(await client[database][name].find({}).to_list(length=None))
    await client.close()
    await store.close()


def _holding(directory: Path, text: str) -> Sequence[str]:
    return [path.name for path in directory.iterdir() if text.encode() in path.read_bytes()]
