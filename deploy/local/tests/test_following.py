"""`atrium events tail` follows what services have committed, and not what gateways count."""

from datetime import UTC, datetime
from pathlib import Path

from atrium_common.bus.ports import Message
from atrium_common.bus.spool import SPOOL, Spool
from atrium_common.clock import SystemClock
from atrium_common.settings import Settings
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.conformance.event_log import one, proposal
from atrium_local.data_directory import DataDirectory
from atrium_local.following import published


async def test_the_tail_shows_events_and_not_totals_that_are_told_again_and_again(data: Path) -> None:
    counted = Message("t/1", "usage.counted", "/gateway", "usage/key_1", datetime(2030, 1, 1, tzinfo=UTC), "wks_1", {})
    gateway, tenancy = SqliteStore(data / "gateway.db"), SqliteStore(data / "tenancy.db")
    await gateway.open([SPOOL])
    await Spool("gateway.usage", gateway.documents, clock=SystemClock()).append([counted])
    keys = {name.removeprefix("ATRIUM_").lower(): value for name, value in DataDirectory(data).kept_secrets().items()}
    stream = published(Settings.model_validate({"data_dir": data, **keys}), from_start=True)
    await tenancy.open([])
    shown = set()
    for version in range(2):
        # The second is there when the first has been shown: so everything that was to come before it has come.
        await tenancy.log.append(proposal(one("workspace/wks_1", version)))
        while (message := await anext(stream)).sequence <= version:
            shown.add(message.type)
        shown.add(message.type)
    assert shown == {"thing.made"}
    await stream.aclose()
    for store in (gateway, tenancy):
        await store.close()
