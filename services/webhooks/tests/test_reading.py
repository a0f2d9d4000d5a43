"""Who takes shards over gives up no line of an endpoint that it has only not heard of yet."""

from typing import Any, cast

from atrium_common.clock import rfc3339
from atrium_common.store.documents import Absent, Put
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.application.line import Line
from atrium_webhooks.application.reading import Reading
from atrium_webhooks.application.shards import shard_of
from atrium_webhooks.domain.delivery import new_delivery
from atrium_webhooks.rows import DELIVERIES, LANES


class Behind:
    """A directory that is behind the log until it is asked to catch up."""

    caught_up = False

    async def catch_up(self) -> None:
        self.caught_up = True

    def get(self, _: str) -> Any:
        return object() if self.caught_up else None


async def test_a_line_of_an_endpoint_not_heard_of_yet_is_not_given_up() -> None:
    clock = FakeClock()
    store = MemoryStore(clock=clock)
    await store.open([LANES, DELIVERIES])
    now = rfc3339(clock.now())
    body = new_delivery(
        event_id="evt_1", event_type="x.y", event_time=now, endpoint_id="wh_1", workspace_id="wks_1", livemode=True,
        sequence=1, now=now,
    )  # fmt: skip
    await store.documents.write(
        [Put(LANES.name, "wh_1", {}, 1, Absent()), Put(DELIVERIES.name, "dlv_1", body, 1, Absent())]
    )
    reading = Reading(store.documents, Line(store.documents, clock=clock), cast("Directory", Behind()), clock=clock)
    await reading.clear_up({shard_of("wh_1")})
    delivery = await store.documents.get(DELIVERIES.name, "dlv_1")
    assert delivery is not None
    assert delivery.body["status"] == "pending"
    assert await store.documents.get(LANES.name, "wh_1") is not None
