"""Several processes on one file, killed at any moment."""

import asyncio
import random
import signal
import sys
from pathlib import Path

from atrium_common.store.sqlite import SqliteStore

WRITER = """
import asyncio, sys
from pathlib import Path
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.conformance.event_log import one, proposal

async def main() -> None:
    store = SqliteStore(Path(sys.argv[1]))
    await store.open([])
    name, version = sys.argv[2], 0
    while True:
        appended = await store.log.append(proposal(one(f"s/{name}", version)))
        version += 1
        print(appended.commit.position, flush=True)

asyncio.run(main())
"""


async def test_a_reader_sees_each_commit_once_in_order_while_writer_processes_are_killed(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    await store.open([])
    acknowledged: list[int] = []

    async def writer(name: str) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, str(path), name, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        wanted = random.randint(20, 60)
        acknowledged.extend([int(await process.stdout.readline()) for _ in range(wanted)])
        process.send_signal(signal.SIGKILL)
        acknowledged.extend(int(line) for line in (await process.stdout.read()).split(b"\n")[:-1])
        await process.wait()

    await asyncio.wait_for(asyncio.gather(*(writer(f"w{n}") for n in range(4))), 90)
    tail = await store.log.tail()
    seen = [commit.position for commit in await store.log.read_log(after=0, limit=tail + 10)]
    assert seen == list(range(1, tail + 1))
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= set(seen)
    for n in range(4):
        versions = [event.version for event in await store.log.read_stream(f"s/w{n}")]
        assert versions == list(range(1, len(versions) + 1))
    await store.close()


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
