"""What a read costs on MongoDB: round trips, which are what a load out of memory waits for."""

import os

import pytest
from pymongo import monitoring

from atrium_common.store.mongo import MongoStore
from atrium_common.testing.conformance.event_log import one, proposal


class Reads(monitoring.CommandListener):
    """Counts what is read."""

    def __init__(self) -> None:
        self.count = 0

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.count += event.command_name in {"find", "getMore"}

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


READS = Reads()
monitoring.register(READS)


@pytest.mark.mongo
@pytest.mark.parametrize(("count", "trips"), [(1, 2), (40, 1)])
async def test_a_page_of_a_stream_is_read_in_two_trips_however_many_events_its_commits_have(
    mongodb_url: str, count: int, trips: int
) -> None:
    store = MongoStore(mongodb_url, database=f"t_{os.urandom(8).hex()}")
    await store.open([])
    try:
        for number in range(200):
            await store.log.append(proposal(one("a/1", number * count, count=count)))
        READS.count = 0
        events = await store.log.read_stream("a/1", limit=150)
        assert READS.count == trips
        assert [event.version for event in events] == list(range(1, 151))
    finally:
        await store.close()
