import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atrium_common.store.mongo import MongoStore
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from tests.engine import Processes
from tests.hostile import Hostile


@pytest.fixture(params=["sqlite", pytest.param("mongodb", marks=pytest.mark.mongo)])
async def processes(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Processes]:
    """Engines over either stack's store."""
    name = f"t_webhooks_{os.urandom(6).hex()}"
    url = request.getfixturevalue("mongodb_url") if request.param == "mongodb" else ""

    async def store() -> Store:
        return MongoStore(url, database=name) if url else SqliteStore(tmp_path / "webhooks.db")

    made = Processes(store)
    yield made
    await made.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Hostile]:
    async with Hostile() as hostile:
        yield hostile
