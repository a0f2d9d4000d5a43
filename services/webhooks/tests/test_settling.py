"""Writes that are gathered: each caller hears of its own."""

import asyncio
from pathlib import Path

from atrium_common.store.documents import Any, Put
from atrium_common.store.sqlite import SqliteStore
from atrium_webhooks import rows
from atrium_webhooks.application.settling import Settler


async def test_a_write_that_can_not_be_made_is_nothing_to_those_that_are_gathered_with_it(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "webhooks.db")
    await store.open(rows.COLLECTIONS)
    settler = Settler(store.documents, groups=1)
    puts = [Put(rows.WAKES.name, str(n), {"text": "\udce9" if n == 1 else "fine"}, 1, Any()) for n in range(3)]
    first, second, third = await asyncio.gather(*map(settler.write, puts), return_exceptions=True)
    await store.close()
    assert (first, third) == (True, True)
    assert isinstance(second, Exception)
