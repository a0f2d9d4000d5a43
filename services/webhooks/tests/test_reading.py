"""Lines are given up where nobody wants them any more, and only there."""

from datetime import timedelta
from typing import Any, cast

from atrium_common.clock import rfc3339
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Absent, Put
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.application.lane import Lane
from atrium_webhooks.application.line import Line
from atrium_webhooks.application.reading import AFTER_A_FAULT, Reading
from atrium_webhooks.application.shards import shard_of
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import new_credentials
from atrium_webhooks.domain.delivery import new_delivery
from atrium_webhooks.rows import DELIVERIES, EVENTS_SEEN, LANES


class Behind:
    """A directory that is behind the log until it is asked to catch up."""

    caught_up = False

    async def catch_up(self) -> None:
        self.caught_up = True

    def get(self, _: str) -> Any:
        return object() if self.caught_up else None


class Broken(Behind):
    """A directory that can't catch up, by no fault of the store."""

    async def catch_up(self) -> None:
        raise KeyError("events")


def waiting(now: str, sequence: int = 1) -> JSONObject:
    return new_delivery(
        event_id=f"evt_{sequence}", event_type="x.y", event_time=now, endpoint_id="wh_1", workspace_id="wks_1",
        livemode=True, sequence=sequence, now=now,
    )  # fmt: skip


def endpoint(clock: FakeClock, *, is_active: bool = True, ordered: bool = False) -> domain.Endpoint:
    created = domain.WebhookCreated(
        workspace_id="wks_1",
        settings=domain.EndpointSettings(url="https://example.com/hooks", events=("*",), ordered=ordered),
        credentials=new_credentials("wh_1", secret="the one secret", randomness=bytes),
        is_active=is_active,
        livemode=True,
        at=clock.now(),
    )
    return domain.evolve(None, created)


async def test_a_line_that_becomes_ordered_takes_back_all_that_wait_for_a_time_however_many() -> None:
    clock = FakeClock()
    store = MemoryStore(clock=clock)
    await store.open([LANES, DELIVERIES, EVENTS_SEEN])
    puts = []
    for number in range(1, 7):  # the oldest waits for longest
        moment = rfc3339(clock.now() + timedelta(minutes=10 - number))
        body = waiting(rfc3339(clock.now()), number)
        body |= {"attempts": 1, "status": "retrying", "due": moment, "next_attempt_at": moment}
        puts.append(Put(DELIVERIES.name, f"dlv_{number}", body, 1, Absent()))
    await store.documents.write(puts)
    reading = Reading(store.documents, Line(store.documents, clock=clock), cast("Directory", Behind()), clock=clock)
    lane = Lane("wh_1", endpoint(clock, ordered=True))
    lane.begin_page()
    await reading.page(lane, 2)
    assert [each.document.key for each in lane.fresh] == ["dlv_1", "dlv_2"]


async def test_a_line_whose_giving_up_fails_inside_is_given_up_later() -> None:
    clock = FakeClock()
    store = MemoryStore(clock=clock)
    await store.open([LANES, DELIVERIES])
    await store.documents.write([Put(DELIVERIES.name, "dlv_1", waiting(rfc3339(clock.now())), 1, Absent())])
    reading = Reading(store.documents, Line(store.documents, clock=clock), cast("Directory", Broken()), clock=clock)
    lane = Lane("wh_1", endpoint(clock, is_active=False))
    lane.begin_page()
    assert await reading.give_up(lane, is_served=lambda: True) == AFTER_A_FAULT
    assert not lane.loading


async def test_a_line_of_an_endpoint_not_heard_of_yet_is_not_given_up() -> None:
    clock = FakeClock()
    store = MemoryStore(clock=clock)
    await store.open([LANES, DELIVERIES])
    now = rfc3339(clock.now())
    await store.documents.write(
        [Put(LANES.name, "wh_1", {}, 1, Absent()), Put(DELIVERIES.name, "dlv_1", waiting(now), 1, Absent())]
    )
    reading = Reading(store.documents, Line(store.documents, clock=clock), cast("Directory", Behind()), clock=clock)
    await reading.clear_up({shard_of("wh_1")})
    delivery = await store.documents.get(DELIVERIES.name, "dlv_1")
    assert delivery is not None
    assert delivery.body["status"] == "pending"
    assert await store.documents.get(LANES.name, "wh_1") is not None
