"""`atrium events tail` follows all of the stream: what services have committed, and what gateways have counted."""

from datetime import UTC, datetime
from pathlib import Path

from atrium_common.bus.ports import Message
from atrium_common.bus.spool import SPOOL, Spool
from atrium_common.clock import SystemClock
from atrium_common.settings import Settings
from atrium_common.store.sqlite import SqliteStore
from atrium_local.data_directory import DataDirectory
from atrium_local.following import published


async def test_the_tail_follows_every_topic_that_is_told_of(data: Path) -> None:
    counted = Message("t/1", "usage.counted", "/gateway", "usage/key_1", datetime(2030, 1, 1, tzinfo=UTC), "wks_1", {})
    store = SqliteStore(data / "gateway.db")
    await store.open([SPOOL])
    await Spool("gateway.usage", store.documents, clock=SystemClock()).append([counted])
    await store.close()
    keys = {name.removeprefix("ATRIUM_").lower(): value for name, value in DataDirectory(data).kept_secrets().items()}
    stream = published(Settings.model_validate({"data_dir": data, **keys}), from_start=True)
    message = await anext(stream)
    await stream.aclose()
    assert (message.id, message.type, message.livemode) == ("t/1", "usage.counted", None)
    assert message.correlation_id
