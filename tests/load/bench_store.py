"""The SQLite store's figures, printed beside what they should be. `make bench`."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from atrium_common.store.commit import EventRecord, Proposal, Slice
from atrium_common.store.documents import Collection, Condition, Index, Newer, Order, Put, Query
from atrium_common.store.sqlite import SqliteStore

WRITERS, COMMITS, SINGLY, EVENTS, DOCUMENTS = 64, 40_000, 2_000, 1_000, 100_000
ROWS = Collection("rows", (Index(("owner", "created_at")),), frozenset({"words"}))


def say(what: str, figure: str, wanted: str) -> None:
    print(f"{what:<52}{figure:>16}   (wanted {wanted})")


def proposal(command: str, stream: str, version: int) -> Proposal:
    record = EventRecord(f"evt_{command}", "thing.changed", 1, {"name": "Acme Corporation", "n": version})
    return Proposal(command, datetime.now(UTC), (Slice(stream, version, (record,)),), outcome={"id": stream})


def raw_fsyncs(path: Path) -> float:
    """Bare commits of one small row by the driver itself, a second: what the disk allows."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB)")
    began = time.perf_counter()
    for number in range(SINGLY):
        connection.execute("INSERT INTO t VALUES (?, ?)", (number, b"x" * 300))
    return SINGLY / (time.perf_counter() - began)


async def appends(store: SqliteStore) -> None:
    began = time.perf_counter()
    for number in range(SINGLY):
        await store.log.append(proposal(f"s{number}", "single/1", number))
    say("durable commits a second, one writer", f"{SINGLY / (time.perf_counter() - began):,.0f}", "3,000")
    latencies: list[float] = []
    left = iter(range(COMMITS))

    async def write(writer: int) -> None:
        for version, number in enumerate(left):
            started = time.perf_counter()
            await store.log.append(proposal(f"m{number}", f"many/{writer}", version))
            latencies.append(time.perf_counter() - started)

    began = time.perf_counter()
    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    say(f"durable commits a second, {WRITERS} writers", f"{COMMITS / (time.perf_counter() - began):,.0f}", "15,000")
    say("p99 of these", f"{sorted(latencies)[int(COMMITS * 0.99)] * 1000:.2f} ms", "< 10 ms")


async def reads(store: SqliteStore) -> None:
    for number in range(EVENTS):
        await store.log.append(proposal(f"r{number}", "read/1", number))
    best = float("inf")
    for _ in range(20):
        began = time.perf_counter()
        events = await store.log.read_stream("read/1")
        best = min(best, time.perf_counter() - began)
    say(f"a stream of {len(events):,} events loaded, best of 20", f"{best * 1000:.2f} ms", "< 3 ms")
    for start in range(0, DOCUMENTS, 1000):
        numbers = range(start, start + 1000)
        await store.documents.write(
            [Put("rows", f"k{n:06}", {"owner": f"o{n % 10}", "created_at": f"{n:08}"}, 1, Newer()) for n in numbers]
        )
    query = Query((Condition("owner", "eq", "o3"),), (Order("created_at", descending=True),), limit=15)
    began = time.perf_counter()
    for _ in range(200):
        await store.documents.query("rows", query)
    each = (time.perf_counter() - began) / 200
    say(f"a filtered, sorted page of {DOCUMENTS:,} documents", f"{each * 1000:.2f} ms", "< 1 ms")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        say(
            "bare SQLite commits a second on this disk", f"{raw_fsyncs(Path(folder) / 'raw.db'):,.0f}", "for comparison"
        )
        store = SqliteStore(Path(folder) / "store.db")
        await store.open([ROWS])
        await appends(store)
        await reads(store)
        await store.close()


if __name__ == "__main__":
    uvloop.run(main())
