"""A full disk: what can't be made durable is refused, nothing acknowledged is lost, and it heals when there is room."""

import asyncio
import sys
from pathlib import Path

from atrium_common.store.sqlite import SqliteStore
from atrium_common.store.whole import every_commit

# The limit stands for the disk's end: it holds for every file that the process writes.
FILLER = """
import asyncio, resource, signal, sys
from pathlib import Path
from atrium_common.store.ports import StoreUnavailable
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.conformance.event_log import one, proposal

async def main() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    store = SqliteStore(Path(sys.argv[1]))
    await store.open([])
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, most))
    version, refused = 0, 0
    while refused < 5:
        try:
            await store.log.append(proposal(one("s/1", version), command=f"c{version}"))
        except StoreUnavailable:
            refused += 1
            continue
        version += 1
        print(version, flush=True)
    print("full", flush=True)
    assert version == await store.log.tail() == len(await store.log.read_stream("s/1"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    for version in range(version, version + 20):
        await store.log.append(proposal(one("s/1", version), command=f"c{version}"))
        print(version + 1, flush=True)
    await store.close()

asyncio.run(main())
"""


async def test_a_full_disk_refuses_loses_nothing_acknowledged_and_heals_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    filler = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FILLER, str(path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await asyncio.wait_for(filler.communicate(), 60)
    assert filler.returncode == 0, errors.decode()
    said = output.decode().split()
    assert said.count("full") == 1
    acknowledged = [int(word) for word in said if word != "full"]
    store = SqliteStore(path)
    await store.open([])
    assert [commit.position async for commit in every_commit(store.log)] == acknowledged
    assert acknowledged == list(range(1, len(acknowledged) + 1))
    await store.close()
