"""The worker of replays over stores in memory: what is cut short goes on where it was, nothing is done twice."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import pytest

from atrium_common.bus.ports import Message
from atrium_common.clock import rfc3339
from atrium_common.errors import ValidationFailed
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import MasterKeys, Vault
from atrium_common.http.body import validated
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.documents import Absent, Delete, Document, Is, Put
from atrium_common.store.memory import MemoryStore
from atrium_common.store.ports import StoreUnavailable
from atrium_common.testing.clock import FakeClock
from atrium_common.wiring import KERNEL_COLLECTIONS
from atrium_webhooks import rows
from atrium_webhooks.application.kept import Keeper
from atrium_webhooks.application.replaying import Replaying
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import new_credentials
from atrium_webhooks.domain.delivery import delivery_id, new_delivery
from atrium_webhooks.domain.replay import ended, new_replay, wanted_statuses
from atrium_webhooks.http.bodies import StartReplay

KEPT = timedelta(days=30)
EVENTS = 450


class Dies(BaseException):
    """The process is gone."""


@dataclass
class World:
    clock: FakeClock
    store: MemoryStore
    repository: Repository
    replaying: Replaying
    woken: list[str]

    @classmethod
    async def new(cls) -> World:
        clock = FakeClock()
        store = MemoryStore(clock=clock)
        await store.open([*KERNEL_COLLECTIONS, *rows.COLLECTIONS])
        ids = TimeOrderedIds(clock=clock)
        vault = Vault(store.documents, MasterKeys({"k": bytes(32)}), clock=clock)
        repository = Repository(store, codec=Codec(EventRegistry(rows.EVENTS), vault), ids=ids, deciders=rows.DECIDERS)
        woken: list[str] = []

        async def due(endpoint_ids: Collection[str]) -> None:
            woken.extend(endpoint_ids)

        replaying = Replaying(store.documents, Keeper(vault), repository, due=due, kept_for=KEPT, clock=clock, ids=ids)
        world = cls(clock, store, repository, replaying, woken)
        await world.emit(
            domain.WebhookCreated(
                workspace_id="wks_1",
                settings=domain.EndpointSettings(url="https://example.com", events=("order.paid",)),
                credentials=new_credentials("wh_1", secret=None, randomness=bytes),
                is_active=True,
                livemode=True,
                at=clock.now(),
            )
        )
        return world

    async def emit(self, *events: Event) -> None:
        async def decide(tx: Transaction) -> JSONObject:
            await tx.emit(rows.ENDPOINT, "wh_1", *events)
            return {}

        await self.repository.transact(Command(f"cmd_{self.clock.monotonic()}", self.clock.now()), decide)

    async def event(self, number: int, *, kind: str = "order.paid", livemode: bool = True) -> str:
        self.clock.advance(1)
        event_id = f"evt_{number:026d}"
        message = Message(event_id, kind, "/webhooks", "event/x", self.clock.now(), "wks_1", {}, "wks_1", ("wks_1",),
                          livemode=livemode)  # fmt: skip
        vault = Vault(self.store.documents, MasterKeys({"k": bytes(32)}), clock=self.clock)
        kept = await Keeper(vault).keep(message, received_at=rfc3339(self.clock.now()), endpoints=[])
        await self.store.documents.write([Put(rows.EVENTS_SEEN.name, event_id, kept, 1, Absent())])
        return event_id

    async def delivery(self, event_id: str, status: str) -> None:
        moment = rfc3339(self.clock.now())
        body = new_delivery(
            event_id=event_id, event_type="order.paid", event_time=moment, endpoint_id="wh_1", workspace_id="wks_1",
            livemode=True, sequence=1, now=moment,
        )  # fmt: skip
        body |= {"status": status, "due": None, "attempts": 6}
        await self.store.documents.write([Put(rows.DELIVERIES.name, delivery_id(event_id, "wh_1"), body, 1, Absent())])

    async def start(self, *, since: str = "2020-01-01T00:00:00.000Z") -> None:
        now = rfc3339(self.clock.now())
        body = new_replay(
            endpoint_id="wh_1", workspace_id="wks_1", livemode=True, since=since, until=now,
            statuses=wanted_statuses(None), at=now,
        )  # fmt: skip
        await self.store.documents.write([Put(rows.REPLAYS.name, "rpl_1", body, 1, Absent())])

    async def job(self) -> Document:
        found = await self.store.documents.get(rows.REPLAYS.name, "rpl_1")
        assert found is not None
        return found

    async def found(self, event_id: str) -> Document | None:
        return await self.store.documents.get(rows.DELIVERIES.name, delivery_id(event_id, "wh_1"))


@pytest.fixture
async def world() -> World:
    return await World.new()


async def test_failed_cancelled_and_missing_ones_are_made_due_and_nothing_else_is(world: World) -> None:
    ids: dict[str, str] = {}
    for number, status in enumerate(("failed", "cancelled", "success", "pending", "retrying")):
        ids[status] = await world.event(number)
        await world.delivery(ids[status], status)
    missing = await world.event(10)
    others = [
        await world.event(11, kind="order.lost"),
        await world.event(12, livemode=False),
        await world.event(13, kind="webhook.test"),
    ]
    await world.start()
    assert await world.replaying.step() == 1
    job = (await world.job()).body
    assert (job["status"], job["done"], job["total"]) == ("completed", 3, 3)
    for status, event_id in ids.items():
        delivery = await world.found(event_id)
        assert delivery is not None
        replayed = delivery.body.get("replay") == "rpl_1"
        assert replayed is (status in {"failed", "cancelled"})
        assert delivery.body["attempts"] == 6
        if replayed:
            assert (delivery.body["status"], delivery.body["due"]) == ("retrying", rfc3339(world.clock.now()))
    new = await world.found(missing)
    assert new is not None
    assert (new.body["status"], new.body["due"]) == ("pending", rfc3339(world.clock.now()))
    assert [await world.found(each) for each in others] == [None, None, None]
    assert world.woken == ["wh_1"]
    assert await world.replaying.step() == 0


async def test_a_worker_killed_at_any_write_leaves_a_job_that_ends_with_every_delivery_once(world: World) -> None:
    events = [await world.event(number) for number in range(EVENTS)]
    await world.start()
    write = world.store.documents.write
    made: list[str] = []

    for alive, whole in itertools.product(range(4), (True, False)):
        left = iter(range(alive))

        async def dying(
            writes: Sequence[Put | Delete], left: Iterator[int] = left, whole: bool = whole
        ) -> Sequence[bool]:
            if next(left, None) is not None:
                return await write(writes)
            if whole:
                await write(writes)
            raise Dies

        world.store.documents.write = dying  # type: ignore[method-assign]
        with contextlib.suppress(Dies):
            while await world.replaying.step():
                continue
    world.store.documents.write = write  # type: ignore[method-assign]
    while await world.replaying.step():
        continue
    for event_id in events:
        delivery = await world.found(event_id)
        assert delivery is not None
        assert delivery.version == 1
        made.append(delivery.key)
    job = (await world.job()).body
    assert (job["status"], job["done"], job["total"]) == ("completed", EVENTS, EVENTS)
    assert len(set(made)) == EVENTS


async def test_a_worker_killed_behind_a_pages_progress_has_told_of_its_deliveries(world: World) -> None:
    await world.event(1)
    await world.start()
    write = world.store.documents.write

    async def dies_behind(writes: Sequence[Put | Delete]) -> Sequence[bool]:
        done = await write(writes)
        if any(each.collection == rows.REPLAYS.name for each in writes):
            raise Dies
        return done

    world.store.documents.write = dies_behind  # type: ignore[method-assign]
    with pytest.raises(Dies):
        await world.replaying.step()
    assert world.woken == ["wh_1"]


async def test_a_cancelled_job_makes_nothing_more_due(world: World) -> None:
    events = [await world.event(number) for number in range(EVENTS)]
    await world.start()
    await world.replaying.step()
    job = await world.job()
    assert (job.body["status"], job.body["done"]) == ("running", 200)
    body = ended(job.body, reason=None, at=rfc3339(world.clock.now()))
    await world.store.documents.write([Put(rows.REPLAYS.name, job.key, body, job.version + 1, Is(job.version))])
    assert await world.replaying.step() == 0
    assert [await world.found(event_id) is not None for event_id in events] == [True] * 200 + [False] * 250


async def test_a_job_ends_where_its_endpoint_is_disabled_or_deleted(world: World) -> None:
    await world.event(1)
    await world.start()
    await world.emit(domain.WebhookDisabled(cause="gone", reason="410 Gone", at=world.clock.now()))
    await world.replaying.step()
    job = (await world.job()).body
    assert (job["status"], job["reason"], job["done"]) == ("cancelled", "The webhook is disabled.", 0)


async def test_the_worker_waits_for_a_store_that_is_away(world: World) -> None:
    await world.event(1)
    await world.start()
    write = world.store.documents.write

    async def away(_: Sequence[Put | Delete]) -> Sequence[bool]:
        raise StoreUnavailable("away")

    world.store.documents.write = away  # type: ignore[method-assign,assignment]
    with pytest.raises(StoreUnavailable):
        await world.replaying.step()
    world.store.documents.write = write  # type: ignore[method-assign]
    await world.replaying.step()
    assert (await world.job()).body["status"] == "completed"


async def test_a_job_that_fails_inside_ends_with_a_reason_and_holds_up_no_other(world: World) -> None:
    event_id = await world.event(1)
    await world.start()
    job = await world.job()
    broken = {**job.body, "endpoint_id": "wh_unknown", "created_at": "2020-01-01T00:00:00.000Z"}
    await world.store.documents.write([Put(rows.REPLAYS.name, "rpl_0", broken, 1, Absent())])
    assert await world.replaying.step() == 2
    unfit = await world.store.documents.get(rows.REPLAYS.name, "rpl_0")
    assert unfit is not None
    assert (unfit.body["status"], unfit.body["reason"]) == ("cancelled", "It failed inside: start it again.")
    assert await world.found(event_id) is not None
    assert (await world.job()).body["status"] == "completed"


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "soon", 5])
def test_a_span_that_no_clock_can_tell_is_refused(moment: object) -> None:
    sent: dict[str, JSON] = {"since": "2024-01-15", "until": cast("JSON", moment)}
    with pytest.raises(ValidationFailed) as caught:
        validated(StartReplay, sent)
    assert list(caught.value.details) == ["until"]
