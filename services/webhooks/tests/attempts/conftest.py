"""An engine of which single attempts are looked at."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from tests.engine import Processes, Running


@pytest.fixture
async def processes(tmp_path: Path) -> AsyncIterator[Processes]:
    """Engines over files: what one attempt leaves behind does not hang on the store."""

    async def store() -> Store:
        return SqliteStore(tmp_path / "webhooks.db")

    made = Processes(store)
    yield made
    await made.close()


@pytest.fixture
async def running(processes: Processes) -> Running:
    return await processes.start(webhooks_timeout=1, webhooks_retry_schedule="0,60")
