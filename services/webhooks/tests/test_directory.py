"""The endpoints in memory: what is deleted is gone from it, whenever it was read."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from atrium_common.eventing.checkpoint import Checkpoint
from atrium_common.eventing.projector import ROWS
from atrium_common.eventing.repository import Repository
from atrium_common.store.documents import Any as Anyhow
from atrium_common.store.documents import Delete, Put
from atrium_common.store.ports import Store, StoreUnavailable
from atrium_common.store.sqlite import SqliteStore
from atrium_webhooks import rows
from atrium_webhooks.domain import endpoint as domain
from tests.engine import Processes


async def test_an_endpoint_that_is_deleted_between_two_beginnings_is_not_known(tmp_path: Path) -> None:
    async def store() -> Store:
        return SqliteStore(tmp_path / "webhooks.db")

    processes = Processes(store)
    running = await processes.make()
    first, second = sorted([await running.endpoint("https://example.com/") for _ in range(2)])
    documents, directory = running.store.documents, running.engine.directory
    await documents.write([Put(rows.WEBHOOKS.name, each, {}, 1, Anyhow()) for each in (first, second)])
    loaded: list[str] = []

    async def breaks_off(stream: Any, endpoint_id: str) -> Any:
        loaded.append(endpoint_id)
        if len(loaded) == 2:
            raise StoreUnavailable("broken off")
        return await running.repository.load(stream, endpoint_id)

    directory._repository = cast("Repository", SimpleNamespace(load=breaks_off))
    with pytest.raises(StoreUnavailable):
        await directory.catch_up()
    gone = loaded[0]
    await running.decide(gone, lambda state: domain.delete(state, at=datetime.now(UTC)))
    await documents.write([Delete(rows.WEBHOOKS.name, gone, 0, Anyhow())])
    await Checkpoint(documents, ROWS).advance(await running.store.log.tail())
    await directory.catch_up()
    assert set(directory.endpoints) == {first, second} - {gone}
    await processes.close()
