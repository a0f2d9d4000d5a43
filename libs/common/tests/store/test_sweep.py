import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

from atrium_common.store.documents import Any, Collection, Put
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.clock import START, FakeClock
from atrium_common.wiring import sweep

THINGS = Collection("things")


async def test_whatever_has_expired_is_removed_from_the_file_in_one_go_however_much_it_is(tmp_path: Path) -> None:
    clock = FakeClock()
    store = SqliteStore(tmp_path / "store.db", clock=clock)
    await store.open([THINGS])
    expires_at = START + timedelta(days=30)
    await store.documents.write([Put("things", f"k{n}", {"n": n}, 1, Any(), expires_at) for n in range(1800)])
    await store.documents.write([Put("things", "kept", {}, 1, Any(), expires_at + timedelta(days=1))])
    clock.advance(timedelta(days=30, seconds=1).total_seconds())
    sweeping = asyncio.create_task(sweep(store, every=0.01))
    reading = sqlite3.connect(tmp_path / "store.db")
    async with asyncio.timeout(20):
        while reading.execute("SELECT count(*) FROM d_things").fetchone() != (1,):
            await asyncio.sleep(0.02)
    sweeping.cancel()
    reading.close()
    await store.close()
