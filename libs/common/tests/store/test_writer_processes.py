"""Promise 6: several writer processes on one store, killed at any moment; a reader misses and repeats nothing."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atrium_common.store.mongo import MongoStore
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from atrium_common.store.whole import every_commit

WRITER = """
import asyncio, sys
from pathlib import Path
from atrium_common.store.mongo import MongoStore
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.conformance.event_log import one, proposal

async def main() -> None:
    address, name, version = sys.argv[1], sys.argv[2], 0
    if address.startswith("mongodb"):
        url, _, database = address.partition("#")
        store = MongoStore(url, database=database)
    else:
        store = SqliteStore(Path(address))
    await store.open([])
    while True:
        appended = await store.log.append(proposal(one(f"s/{name}", version)))
        version += 1
        print(appended.commit.position, flush=True)

asyncio.run(main())
"""


@pytest.fixture(params=["sqlite", pytest.param("mongo", marks=pytest.mark.mongo)])
async def shared(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Store, str]]:
    """A store, and how another process reaches it."""
    made: Store
    if request.param == "sqlite":
        made, address = SqliteStore(tmp_path / "store.db"), str(tmp_path / "store.db")
    else:
        url, database = request.getfixturevalue("mongodb_url"), f"t_processes_{os.urandom(4).hex()}"
        made, address = MongoStore(url, database=database), f"{url}#{database}"
    await made.open([])
    yield made, address
    await made.close()


async def test_promise_6_a_reader_sees_each_commit_once_in_order_while_writer_processes_are_killed(
    shared: tuple[Store, str],
) -> None:
    store, address = shared
    acknowledged: list[int] = []
    ended = asyncio.Event()

    async def writer(name: str) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, address, name, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        wanted = random.randint(10, 30)
        acknowledged.extend([int(await process.stdout.readline()) for _ in range(wanted)])
        process.send_signal(signal.SIGKILL)
        acknowledged.extend(int(line) for line in (await process.stdout.read()).split(b"\n")[:-1])
        await process.wait()

    async def tail() -> list[int]:
        seen: list[int] = []
        while not ended.is_set() or len(seen) < await store.log.tail():
            after = seen[-1] if seen else 0
            await store.log.changed(after=after, timeout=0.1)
            seen += [commit.position for commit in await store.log.read_log(after=after, limit=50)]
        return seen

    tailing = asyncio.create_task(tail())
    await asyncio.wait_for(asyncio.gather(*(writer(f"w{n}") for n in range(3))), 100)
    ended.set()
    seen = await tailing
    assert seen == [commit.position async for commit in every_commit(store.log)] == list(range(1, len(seen) + 1))
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= set(seen)
    for n in range(3):
        versions = [event.version for event in await store.log.read_stream(f"s/w{n}")]
        assert versions == list(range(1, len(versions) + 1))


async def test_after_forget_no_file_holds_what_was_deleted(tmp_path: Path) -> None:
    from atrium_common.store.documents import Any, Collection, Delete, Put

    store = SqliteStore(tmp_path / "store.db")
    await store.open([Collection("people", (), frozenset({"words"}))])
    plaintext = "Zebediah-Quartermaine"
    await store.documents.write([Put("people", "p", {"name": plaintext, "words": [plaintext]}, 1, Any())])
    assert any(plaintext.encode() in file.read_bytes() for file in tmp_path.iterdir())
    await store.documents.write([Delete("people", "p", 2, Any())])
    await store.scrub()
    assert not [file.name for file in tmp_path.iterdir() if plaintext.encode() in file.read_bytes()]
    await store.close()
