"""Commands and questions over a store: turns, outcomes, the past, and what is told of expiry."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from atrium_common.errors import NotFound
from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.lease import LEASES
from atrium_common.eventing.presence import REPLICAS
from atrium_common.eventing.snapshot import SNAPSHOTS
from atrium_common.eventing.vault import SUBJECT_KEYS
from atrium_common.store.commit import Appended, Proposal
from atrium_common.store.documents import Delete, Put
from atrium_common.store.memory import MemoryDocuments, MemoryEventLog, MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_entitlements.application.expiry import DEADLINES, LEASE_SECONDS, Expiry
from atrium_entitlements.domain import provisioning
from atrium_entitlements.domain.holder import Level
from atrium_entitlements.published import PUBLISHED
from services.entitlements.tests.engines import Service
from services.entitlements.tests.house import House


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def shared(clock: FakeClock) -> MemoryStore:
    store = MemoryStore(clock=clock)
    await store.open([SUBJECT_KEYS, SNAPSHOTS, LEASES, CHECKPOINTS, DEADLINES, REPLICAS])
    return store


@pytest.fixture
def service(shared: MemoryStore, house: House, clock: FakeClock) -> Service:
    return Service(shared, house, clock)


async def test_many_callers_on_several_processes_never_pass_a_limit_of_any_pool(
    shared: MemoryStore, house: House, clock: FakeClock
) -> None:
    services = [Service(shared, house, clock) for _ in range(3)]
    await services[0].give("plan")
    codes = ["storage", "storage.images", "storage.images.small"]
    answers = await asyncio.gather(*(services[n % 3].use(codes[n % 7 % 3], 13) for n in range(150)))
    summary = await services[1].summary()
    assert summary["storage"]["overage"] == summary["storage.images"]["overage"] == 0
    assert summary["storage"]["used"] == 13 * sum(bool(answer["recorded"]) for answer in answers)
    # What was denied would really have passed a limit.
    assert summary["storage"]["available"] < 13 or summary["storage.images"]["available"] < 13


async def test_a_command_sent_again_has_its_first_outcome_whatever_has_become_of_the_limit(service: Service) -> None:
    await service.give("plan")
    first = await service.use("seats", 10, name="the-command")
    assert (await service.use("seats", 1))["recorded"] is False
    assert await service.use("seats", 10, name="the-command") == first
    assert (await service.summary())["seats"]["used"] == 10


async def test_the_answer_for_a_past_moment_is_what_was_answered_then(service: Service, clock: FakeClock) -> None:
    await service.give("plan")
    told: list[tuple[datetime, Any]] = []
    for number in range(60):
        clock.advance(3600 * 20)
        await service.use("calls", 1 + number % 3, enforce=False)
        await service.use("mails", 1, enforce=False)
        clock.advance(1)
        told.append((clock.now(), await service.summary()))
    for moment, figures in told:
        assert await service.summary(as_of=moment) == figures
    before = await service.summary(as_of=told[0][0] - timedelta(days=365))
    assert before["seats"]["limit"] == 2


async def test_what_expires_is_told_of_once_though_nobody_asks(service: Service, clock: FakeClock) -> None:
    job = Expiry(service.store, service.repository, service.engine.merger, clock=clock, ids=service.ids)
    first = await service.give("plan", expires_at=clock.now() + timedelta(days=1))
    assert await job.step() == 0
    clock.advance(86_400)
    assert (await service.summary())["seats"]["limit"] == 2
    assert await job.step() == 1
    assert await job.step() == 0
    events = [event.type for event in await service.store.log.read_stream("account/ns_1")]
    assert events.count("entitlement.expired") == 1

    def renew(account: Any, acting: Any) -> Any:
        return provisioning.renew(account, first, acting, expires_at=clock.now() + timedelta(days=1))

    await service.engine.giving.change(service.command(), "ns_1", first, renew)
    assert await job.step() == 0
    clock.advance(86_400)
    again = Expiry(service.store, service.repository, service.engine.merger, clock=clock, ids=service.ids)
    assert await again.step() == 1
    events = [event.type for event in await service.store.log.read_stream("account/ns_1")]
    assert events.count("entitlement.expired") == 2


async def test_however_many_packages_end_at_one_moment_all_are_told_of_at_once(
    service: Service, house: House, clock: FakeClock
) -> None:
    job = Expiry(service.store, service.repository, service.engine.merger, clock=clock, ids=service.ids)
    for number in range(120):
        holder = replace(house.holder, id=f"ns_{number}", levels=(Level("namespace", f"ns_{number}"),))
        await service.give("plan", to=holder, expires_at=clock.now() + timedelta(days=1))
    clock.advance(86_400)
    assert await job.step() == 120
    assert await job.step() == 0


class SlowClock(FakeClock):
    """Time passes with every look."""

    def now(self) -> datetime:
        self.advance(0.06)
        return super().now()


async def test_telling_of_many_ends_leaves_time_to_renew_the_lease_however_slow_the_store_is(
    service: Service, house: House, clock: FakeClock
) -> None:
    slow = SlowClock(clock.now() + timedelta(days=1))
    job = Expiry(service.store, service.repository, service.engine.merger, clock=slow, ids=service.ids)
    for number in range(120):
        holder = replace(house.holder, id=f"ns_{number}", levels=(Level("namespace", f"ns_{number}"),))
        await service.give("plan", to=holder, expires_at=clock.now() + timedelta(days=1))
    clock.advance(86_400)
    told = 0
    while told < 120:
        began = slow.monotonic()
        told += await job.step()
        assert slow.monotonic() - began < LEASE_SECONDS


class LateStore(MemoryStore):
    """Answers an append some time after it is in the log, as a server does."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock=clock)
        self.log = self.late = LateLog()


class LateLog(MemoryEventLog):
    def __init__(self) -> None:
        super().__init__()
        self.answers = asyncio.Event()
        self.answers.set()

    async def append(self, proposal: Proposal) -> Appended:
        appended = await super().append(proposal)
        await self.answers.wait()
        return appended


async def test_an_expiry_whose_writer_has_not_heard_of_it_yet_is_told_of(house: House, clock: FakeClock) -> None:
    store = LateStore(clock)
    await store.open([SUBJECT_KEYS, SNAPSHOTS, LEASES, CHECKPOINTS, DEADLINES, REPLICAS])
    service = Service(store, house, clock, alone=True)
    await service.presence.beat()
    assert (await service.summary())["seats"]["limit"] == 2  # what the account is without a package is in memory now
    job = Expiry(store, service.repository, service.engine.merger, clock=clock, ids=service.ids)
    before = await store.log.tail()
    store.late.answers.clear()
    giving = asyncio.create_task(service.give("plan", expires_at=clock.now() + timedelta(days=1)))
    async with asyncio.timeout(5):
        while await store.log.tail() == before:
            await asyncio.sleep(0)
    await job.step()
    store.late.answers.set()
    await giving
    clock.advance(86_400)
    await service.presence.beat()
    assert await job.step() == 1


class PausedDocuments(MemoryDocuments):
    """Holds the first removal of a deadline back, as a process does that is stopped before it."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.hold: asyncio.Event | None = None

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        if self.hold is not None and isinstance(writes[0], Delete) and writes[0].collection == DEADLINES.name:
            hold, self.hold = self.hold, None
            await hold.wait()
        return await super().write(writes)


async def test_a_paused_process_takes_no_deadline_away_that_its_successor_has_written(
    house: House, clock: FakeClock
) -> None:
    store = MemoryStore(clock=clock)
    documents = store.documents = PausedDocuments(clock)
    await store.open([SUBJECT_KEYS, SNAPSHOTS, LEASES, CHECKPOINTS, DEADLINES, REPLICAS])
    first, second = Service(store, house, clock), Service(store, house, clock)
    paused, successor = (
        Expiry(store, each.repository, each.engine.merger, clock=clock, ids=each.ids) for each in (first, second)
    )
    given = await first.give("plan", expires_at=clock.now() + timedelta(days=1))
    await paused.step()
    clock.advance(86_400)
    hold = documents.hold = asyncio.Event()
    stopped = asyncio.create_task(paused.step())
    async with asyncio.timeout(5):
        while documents.hold is not None:
            await asyncio.sleep(0)

    def renew(account: Any, acting: Any) -> Any:
        return provisioning.renew(account, given, acting, expires_at=clock.now() + timedelta(days=1))

    await second.engine.giving.change(second.command(), "ns_1", given, renew)
    await successor.step()
    hold.set()
    await stopped
    clock.advance(86_400)
    assert await successor.step() == 1


async def test_what_is_published_has_the_declared_shape(service: Service, clock: FakeClock) -> None:
    await service.give("plan", expires_at=clock.now() + timedelta(days=1))
    await service.use("seats", 10)
    clock.advance(86_400)
    job = Expiry(service.store, service.repository, service.engine.merger, clock=clock, ids=service.ids)
    await job.step()
    published = [
        event.publication
        for commit in await service.store.log.read_log(after=0, limit=100)
        for part in commit.proposal.slices
        for event in part.events
        if event.publication is not None
    ]
    declared = {each.type: each for each in PUBLISHED}
    assert [each.type for each in published] == [
        "entitlement.provisioned", "usage.limit_warning", "usage.limit_warning", "usage.limit_reached",
        "entitlement.expired",
    ]  # fmt: skip
    for each in published:
        resource: Any = each.data["object"]
        assert resource["type"] == declared[each.type].object_type
        declared[each.type].attributes.model_validate(resource["attributes"])
        assert set(resource["attributes"]) == set(declared[each.type].attributes.model_fields)
        assert (each.workspace_id, each.key) == ("wks_1", "wks_1")


async def test_a_reservation_of_a_stranger_is_not_found(service: Service) -> None:
    await service.give("plan")
    made = await service.engine.using.reserve(service.command(), service.holder, "seats", 2, ttl=timedelta(minutes=1))
    stranger = replace(service.holder, id="ns_2", levels=(replace(service.holder.levels[0], account="ns_2"),))
    for holder in (stranger, replace(service.holder, livemode=False)):
        with pytest.raises(NotFound):
            await service.engine.using.release(service.command(), holder, str(made["id"]))
    released = await service.engine.using.release(service.command(), service.holder, str(made["id"]))
    assert (released["status"], released["quantity"]) == ("released", 2)
