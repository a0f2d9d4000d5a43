"""The stores' figures, printed beside what they should be: SQLite, and MongoDB where one is to be had. `make bench`."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from atrium_common.clock import SystemClock
from atrium_common.eventing.cache import StateCache
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.snapshot import SNAPSHOTS, Snapshotting
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import EventRecord, Proposal, Publication, Slice
from atrium_common.store.documents import Collection, Condition, Index, Newer, Order, Put, Query
from atrium_common.store.mongo import MongoStore
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from tests.infra import resolve
from tests.infra.jars import Unavailable

WRITERS, EVENTS = 64, 1_000
ROWS = Collection("rows", (Index(("owner", "created_at")),), frozenset({"words"}))


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done: a database server behind a socket gets less."""

    singly: int
    commits: int
    documents: int


class Used(Event, type="usage.recorded", schema=1):
    feature: str
    quantity: int
    cycle: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    used: dict[str, int]


def evolve(account: Account | None, event: Event) -> Account:
    assert isinstance(event, Used)
    used = account.used if account else {}
    return Account({**used, event.feature: used.get(event.feature, 0) + event.quantity})


FOLDED: Decider[Account] = Decider("account", evolve)
SNAPPED: Decider[Account] = Decider("account", evolve, snapshot=Snapshotting.of(Account, schema=1))


def say(what: str, figure: str, wanted: str = "") -> None:
    print(f"  {what:<58}{figure:>12}   {f'(wanted {wanted})' if wanted else ''}")


def proposal(command: str, stream: str, version: int) -> Proposal:
    attributes: JSONObject = {"name": "Acme Corporation", "n": version}
    public = Publication("thing.changed", {"object": {"id": stream, "attributes": attributes}}, "wks_1", ("wks_1",))
    record = EventRecord(f"evt_{command}", "thing.changed", 1, attributes, public)
    return Proposal(command, datetime.now(UTC), (Slice(stream, version, (record,)),), outcome={"id": stream})


def raw_fsyncs(path: Path, count: int) -> float:
    """Bare commits of one small row by the driver itself, a second: what the disk allows."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB)")
    began = time.perf_counter()
    for number in range(count):
        connection.execute("INSERT INTO t VALUES (?, ?)", (number, b"x" * 300))
    return count / (time.perf_counter() - began)


async def appends(store: Store, size: Size, *, wanted: bool) -> None:
    began = time.perf_counter()
    for number in range(size.singly):
        await store.log.append(proposal(f"s{number}", "single/1", number))
    rate = size.singly / (time.perf_counter() - began)
    say("durable commits a second, one writer", f"{rate:,.0f}", "3,000" if wanted else "")
    latencies: list[float] = []
    left = iter(range(size.commits))

    async def write(writer: int) -> None:
        for version, number in enumerate(left):
            started = time.perf_counter()
            await store.log.append(proposal(f"m{number}", f"many/{writer}", version))
            latencies.append(time.perf_counter() - started)

    began = time.perf_counter()
    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    rate = size.commits / (time.perf_counter() - began)
    say(f"durable commits a second, {WRITERS} writers", f"{rate:,.0f}", "15,000" if wanted else "")
    say("p99 of these", f"{sorted(latencies)[int(size.commits * 0.99)] * 1000:.2f} ms", "< 10 ms" if wanted else "")


async def streams(store: Store, *, wanted: bool) -> None:
    for start in range(0, EVENTS, WRITERS):
        for number in range(start, min(start + WRITERS, EVENTS)):
            await store.log.append(proposal(f"r{number}", "read/1", number))
    say(f"a stream of {EVENTS:,} events loaded", await best(lambda: store.log.read_stream("read/1")),
        "< 3 ms" if wanted else "")  # fmt: skip
    vault = Vault(store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=SystemClock())
    codec = Codec(EventRegistry([Used]), vault)

    def fresh() -> Repository:
        return Repository(store, codec=codec, ids=TimeOrderedIds(), cache=StateCache())

    async def decide(tx: Transaction) -> JSONObject:
        used = (Used(feature="storage", quantity=number, cycle="2026-11", at=tx.at) for number in range(10))
        await tx.emit(SNAPPED, "a", *used)
        return {}

    repository = fresh()
    for number in range(EVENTS // 10):
        await repository.transact(Command(f"a{number}", datetime.now(UTC)), decide)
    say("the same as an aggregate's pydantic events, folded", await best(lambda: fresh().load(FOLDED, "a")))
    say("the same behind a snapshot", await best(lambda: fresh().load(SNAPPED, "a")))


async def pages(store: Store, size: Size, *, wanted: bool) -> None:
    for start in range(0, size.documents, 1000):
        numbers = range(start, start + 1000)
        await store.documents.write(
            [Put("rows", f"k{n:06}", {"owner": f"o{n % 10}", "created_at": f"{n:08}"}, 1, Newer()) for n in numbers]
        )
    query = Query((Condition("owner", "eq", "o3"),), (Order("created_at", descending=True),), limit=15)
    say(f"a filtered, sorted page of {size.documents:,} documents",
        await best(lambda: store.documents.query("rows", query)), "< 1 ms" if wanted else "")  # fmt: skip


async def best(action: Callable[[], Awaitable[object]]) -> str:
    """The least of twenty, in milliseconds: what the code costs when the machine lets it."""
    least = float("inf")
    for _ in range(20):
        began = time.perf_counter()
        await action()
        least = min(least, time.perf_counter() - began)
    return f"{least * 1000:.2f} ms"


async def all_of(store: Store, size: Size, *, wanted: bool) -> None:
    await store.open([ROWS, SNAPSHOTS, SUBJECT_KEYS])
    await appends(store, size, wanted=wanted)
    await streams(store, wanted=wanted)
    await pages(store, size, wanted=wanted)
    await store.close()


async def sqlite() -> None:
    size = Size(singly=2_000, commits=40_000, documents=100_000)
    print("SQLite")
    with tempfile.TemporaryDirectory() as folder:
        say("bare commits a second on this disk", f"{raw_fsyncs(Path(folder) / 'raw.db', size.singly):,.0f}")
        await all_of(SqliteStore(Path(folder) / "store.db"), size, wanted=True)


async def mongo(url: str) -> None:
    size = Size(singly=300, commits=3_000, documents=10_000)
    for driver in ("motor", "pymongo"):
        print(f"MongoDB by {driver} (figures of whichever server answers; a stand-in is not the real one)")
        store = MongoStore(url, database=f"bench_{os.urandom(4).hex()}", driver=driver)
        await all_of(store, size, wanted=False)


def main() -> None:
    uvloop.run(sqlite())
    try:
        server = resolve.mongo()
    except Unavailable as reason:
        print(f"MongoDB: not measured ({reason})")
        return
    try:
        uvloop.run(mongo(server.address))
    finally:
        server.close()


if __name__ == "__main__":
    main()
