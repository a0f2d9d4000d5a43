"""The write-ahead log of SQLite is folded in beside the commits, and begins anew."""

import asyncio
from pathlib import Path

from atrium_common.store.documents import Any, Collection, Put
from atrium_common.store.sqlite import SqliteStore
from atrium_common.store.sqlite.connection import MOST_PAGES
from atrium_common.store.sqlite.folding import EVERY

ROWS = Collection("rows")
_PAGE_BYTES = 4096
_PAGES_WRITTEN = 2 * MOST_PAGES


async def test_the_write_ahead_log_stays_short_without_any_commit_folding_it_in(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open([ROWS])
    for number in range(_PAGES_WRITTEN // EVERY):
        keys = [f"{number}/{each}" for each in range(EVERY)]
        await store.documents.write([Put("rows", key, {"text": "x" * 3_000}, 1, Any()) for key in keys])
        await asyncio.sleep(0.01)
    pages = (tmp_path / "store.db-wal").stat().st_size / _PAGE_BYTES
    assert pages < MOST_PAGES / 2
    await store.close()
    assert not (tmp_path / "store.db-wal").exists()
