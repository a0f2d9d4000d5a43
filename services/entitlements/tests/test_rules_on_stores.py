"""The fifteen rules of entitlements, one after the other, and what is always true, on the stores of both stacks."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from atrium_common.errors import ValidationFailed
from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.lease import LEASES
from atrium_common.eventing.presence import REPLICAS
from atrium_common.eventing.snapshot import SNAPSHOTS, Snapshotting
from atrium_common.eventing.vault import SUBJECT_KEYS
from atrium_common.store.mongo import MongoStore
from atrium_common.store.ports import EventLog, Store
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.clock import FakeClock
from atrium_entitlements.application.expiry import DEADLINES
from atrium_entitlements.application.known_facts import FACTS, KnownFacts
from atrium_entitlements.domain import provisioning
from atrium_entitlements.domain.account import Account
from atrium_entitlements.domain.facts import WorkspaceFacts
from atrium_entitlements.domain.holder import Holder, Level
from atrium_entitlements.domain.provisioning import Provisioning
from atrium_entitlements.rows import ACCOUNT
from services.entitlements.tests.engines import Service
from services.entitlements.tests.house import House

COLLECTIONS = [SUBJECT_KEYS, SNAPSHOTS, LEASES, CHECKPOINTS, DEADLINES, REPLICAS, FACTS]
WORKSPACE = Holder("workspace", "wks_1", (Level("workspace", "wks_1"), Level("tier", "wks_1", "free")),
                   workspace_id="wks_1")  # fmt: skip


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["sqlite", pytest.param("mongodb", marks=pytest.mark.mongo)])
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    made: Store
    if request.param == "sqlite":
        made = SqliteStore(tmp_path / "store.db", clock=clock)
    else:
        made = MongoStore(request.getfixturevalue("mongodb_url"), database=f"t_{os.urandom(8).hex()}", clock=clock)
    await made.open(COLLECTIONS)
    yield made
    await made.close()


@pytest.fixture
def service(store: Store, house: House, clock: FakeClock) -> Service:
    return Service(store, house, clock)


async def test_rule_1_one_writer_one_commit_and_never_one_too_many(
    store: Store, house: House, clock: FakeClock
) -> None:
    several = [Service(store, house, clock) for _ in range(3)]
    await several[0].give("plan")
    before = await store.log.tail()
    answers = await asyncio.gather(*(several[n % 3].use("seats", name=f"use{n}") for n in range(30)))
    assert sum(answer["recorded"] for answer in answers) == 10
    again = await several[1].use("seats", name="use0")
    assert again == answers[0]
    assert (await several[2].check("seats"))["current_usage"] == 10
    # What waited was committed together, usage and what it crossed in one.
    assert await store.log.tail() - before <= 10
    (last,) = await store.log.read_log(after=await store.log.tail() - 1, limit=1)
    assert "usage.limit_reached" in {event.type for part in last.proposal.slices for event in part.events}


async def test_rule_2_grants_are_consumed_soonest_lost_first_and_always_add_up(
    service: Service, clock: FakeClock
) -> None:
    await service.give("plan")
    await service.boost("calls", quantity=50)
    await service.boost("calls", quantity=30, duration="duration", expires_at=clock.now() + timedelta(days=5))
    await service.boost("calls", quantity=20, duration="cycle_bound")
    for quantity, used in ((90, [90, 0, 0, 0]), (50, [100, 20, 20, 0]), (100, [100, 20, 30, 50])):
        await service.use("calls", quantity, enforce=False)
        (node,) = (await service.explain("calls"))["levels"][0]["nodes"]
        grants = node["grants"]
        assert [grant["label"] for grant in grants] == ["plan", "add_limit", "add_limit", "add_limit"]
        assert [grant["used"] for grant in grants] == used
        remaining = sum(grant["remaining"] for grant in grants)
        assert node["granted"] + node["overage"] == node["used"] + remaining


async def test_rule_3_the_first_level_that_grants_answers_and_is_debited(service: Service) -> None:
    assert ((await service.explain("seats"))["level"], (await service.check("seats"))["limit"]) == ("tier", 2)
    await service.give("plan", WORKSPACE)
    assert (await service.explain("seats"))["level"] == "workspace"
    await service.use("seats", 3)
    await service.give("plan")
    explained = await service.explain("seats")
    assert (explained["level"], explained["used"]) == ("namespace", 0)
    assert [level["nodes"][0]["used"] for level in explained["levels"]] == [0, 3, 3]
    await service.give("extra")
    # What spills goes on at the next level that grants it.
    assert (await service.use("credits", 12))["recorded"] is True
    assert [level["nodes"][0]["used"] for level in (await service.explain("credits"))["levels"][:2]] == [10, 2]


async def test_rule_4_use_of_a_child_debits_its_pools_and_fits_them_all(service: Service) -> None:
    await service.give("plan")
    await service.use("storage.images.small", 300)
    assert [(await service.check(code))["current_usage"] for code in ("storage.images", "storage")] == [300, 300]
    await service.use("storage", 650)
    assert (await service.check("storage.images.small"))["available"] == 50
    assert (await service.use("storage.images.small", 51))["recorded"] is False
    with pytest.raises(ValidationFailed):
        await service.use("storage", -651)


async def test_rule_5_cycles_are_the_anchor_and_whole_months(service: Service, clock: FakeClock) -> None:
    end = datetime(2026, 2, 10, tzinfo=UTC)
    given = await service.give("plan", anchor=datetime(2025, 12, 31, 12, tzinfo=UTC), expires_at=end)
    resets = []
    for day in (datetime(2026, 1, 20, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)):
        clock.advance((day - clock.now()).total_seconds())
        resets.append((await service.summary())["calls"]["reset_at"])
        await service.change(
            given,
            lambda account, acting: provisioning.renew(account, given, acting, expires_at=acting.at.replace(year=2027)),
        )
    assert resets == ["2026-01-31T12:00:00.000Z", "2026-02-28T12:00:00.000Z", "2026-03-31T12:00:00.000Z"]


async def test_rule_6_a_rolling_window_forgets_what_is_behind_it(service: Service, clock: FakeClock) -> None:
    await service.give("plan")
    for _ in range(5):
        assert (await service.use("mails", 10))["recorded"] is True
        clock.advance(86_400)
    assert (await service.use("mails", 1))["recorded"] is False
    clock.advance(25 * 86_400 + 3_600)
    # The first day's ten have left the window of thirty days.
    assert (await service.check("mails"))["current_usage"] == 40


async def test_rule_7_every_threshold_is_told_once_in_order_and_again_in_the_next_cycle(
    service: Service, clock: FakeClock
) -> None:
    await service.give("plan")
    told = ["usage.limit_warning", "usage.limit_warning", "usage.limit_reached"]
    for quantity in (95, 3, 2, 1):
        await service.use("calls", quantity, enforce=False)
    assert [event for event in await service.events() if event.startswith("usage.limit")] == told
    clock.advance(40 * 86_400)
    await service.use("calls", 100)
    assert [event for event in await service.events() if event.startswith("usage.limit")] == told * 2


async def test_rule_8_below_usage_there_is_nothing_left_and_only_less_is_allowed(service: Service) -> None:
    await service.give("bigger")
    await service.use("seats", 30)
    await service.give("plan", replace=True)
    summary = (await service.summary())["seats"]
    assert (summary["used"], summary["limit"], summary["available"], summary["overage"]) == (30, 10, 0, 20)
    assert (await service.use("seats", 1))["reason"] == "LIMIT_EXCEEDED"
    assert (await service.use("seats", -5))["current_usage"] == 25


async def test_rule_9_what_is_not_granted_is_denied_each_with_its_reason(service: Service, clock: FakeClock) -> None:
    assert (await service.check("nothing"))["reason"] == "FEATURE_UNKNOWN"
    assert (await service.check("sso"))["reason"] == "FEATURE_NOT_INCLUDED"
    given = await service.give("plan", expires_at=clock.now() + timedelta(days=1))
    assert (await service.check("seats", 11))["reason"] == "LIMIT_EXCEEDED"
    await service.change(given, lambda account, acting: provisioning.suspend(account, given, "unpaid", acting))
    assert (await service.check("sso"))["reason"] == "PACKAGE_SUSPENDED"
    clock.advance(86_400)
    denied = await service.check("sso")
    assert (denied["reason"], "expired" in denied["message"]) == ("FEATURE_NOT_INCLUDED", True)


async def test_rule_10_late_usage_is_booked_into_its_own_cycle_for_a_day(service: Service, clock: FakeClock) -> None:
    await service.give("plan", anchor=datetime(2026, 1, 1, tzinfo=UTC))
    clock.advance((datetime(2026, 2, 1, 12, tzinfo=UTC) - clock.now()).total_seconds())
    late = clock.now() - timedelta(hours=20)
    await service.use("calls", 7, occurred_at=late)
    assert (await service.check("calls"))["current_usage"] == 0
    account = await service.account()
    assert account.counters["calls"].used(start=datetime(2026, 1, 1, tzinfo=UTC), days=None, at=clock.now()) == 7
    clock.advance(13 * 3600)
    await service.use("calls", 5, occurred_at=late)
    (*_, last) = await service.store.log.read_stream("account/ns_1")
    assert last.data["adjustment"] is True
    assert (await service.check("calls"))["current_usage"] == 5


async def test_rule_11_suspension_leaves_usage_alone_and_a_replacement_is_one_commit(service: Service) -> None:
    given = await service.give("plan")
    await service.use("calls", 40)
    before = (await service.summary())["calls"]
    await service.change(given, lambda account, acting: provisioning.suspend(account, given, None, acting))
    await service.change(given, lambda account, acting: provisioning.unsuspend(account, given, acting))
    assert (await service.summary())["calls"] == before
    await service.give("bigger", replace=True)
    tail = await service.store.log.tail()
    (commit,) = await service.store.log.read_log(after=tail - 1, limit=1)
    kinds = [event.type for part in commit.proposal.slices for event in part.events]
    assert kinds == ["entitlement.cancelled", "entitlement.provisioned"]
    assert (await service.summary())["calls"]["used"] == 40


async def test_rule_12_reservations_count_while_they_hold_and_end_by_themselves(
    service: Service, clock: FakeClock
) -> None:
    await service.give("plan")
    using, minute = service.engine.using, timedelta(minutes=1)
    first = await using.reserve(service.command(), service.holder, "seats", 6, ttl=minute)
    assert (await using.reserve(service.command(), service.holder, "seats", 5, ttl=minute))["reserved"] is False
    await using.commit(service.command(), service.holder, str(first["id"]), 4)
    second = await using.reserve(service.command(), service.holder, "seats", 6, ttl=minute)
    assert (await service.check("seats"))["available"] == 0
    await using.release(service.command(), service.holder, str(second["id"]))
    await using.reserve(service.command(), service.holder, "seats", 6, ttl=minute)
    clock.advance(60)
    assert (await service.check("seats"))["available"] == 6


class Counted:
    """A log that counts what is asked of it."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        self.asked += 1
        return getattr(self._log, name)


async def test_rule_13_a_check_of_a_warm_account_asks_the_store_nothing_and_a_use_costs_one_commit(
    store: Store, house: House, clock: FakeClock
) -> None:
    counted = Counted(store.log)
    store.log = counted  # type: ignore[misc]
    service = Service(store, house, clock, alone=True)
    await service.presence.beat()
    await service.give("plan")
    await service.check("seats")
    asked, tail = counted.asked, await store.log.tail()
    for _ in range(20):
        await service.check("seats")
    assert counted.asked == asked + 1
    await asyncio.gather(*(service.use("calls") for _ in range(40)))
    assert await store.log.tail() - tail <= 2


async def test_rule_14_what_was_made_of_an_older_version_loses_against_a_newer_one(store: Store) -> None:
    facts = KnownFacts(store.documents, None)  # type: ignore[arg-type]
    for version, tier in ((2, "pro"), (1, "free"), (3, "business"), (2, "pro")):
        await facts.store([WorkspaceFacts("wks_1", version, tier)])
    await facts.look_up("wks_1")
    assert facts.get("wks_1") == WorkspaceFacts("wks_1", 3, "business")
    facts.remember([WorkspaceFacts("wks_1", 2, "pro")])
    assert facts.get("wks_1") == WorkspaceFacts("wks_1", 3, "business")


async def test_rule_15_the_past_is_answered_from_the_history_and_a_plan_is_tried_without_a_change(
    service: Service, clock: FakeClock
) -> None:
    told = []
    for step in (
        service.give("plan"),
        service.use("seats", 4),
        service.boost("seats", quantity=5),
        service.use("seats", 8),
    ):
        await step
        told.append((clock.now(), await service.check("seats")))
        clock.advance(60)
    for moment, answer in told:
        assert await service.check("seats", as_of=moment) == answer
    assert (await service.check("seats", as_of=told[0][0] - timedelta(seconds=1)))["limit"] == 2
    tail = await service.store.log.tail()
    bigger = service.catalogue.package("bigger")
    assert bigger is not None
    wanted = Provisioning("ent_preview", bigger, replace=True)
    tried: Any = await service.engine.asking.preview(service.holder, wanted, at=clock.now())
    assert (tried["before"]["seats"]["limit"], tried["after"]["seats"]["limit"]) == (15, 55)
    assert await service.store.log.tail() == tail


async def lived(service: Service, clock: FakeClock) -> None:
    """Something of everything."""
    given = await service.give("plan", expires_at=clock.now() + timedelta(days=50))
    held = await service.engine.using.reserve(
        service.command(), service.holder, "storage.images", 20, ttl=timedelta(hours=9)
    )
    for number in range(12):
        await service.use("calls", 9, enforce=number % 2 == 0)
        await service.use("storage.images.small", 3)
        await service.use("mails", 2)
        clock.advance(4 * 86_400 if number % 3 else 3600)
    await service.boost("calls", quantity=10)
    await service.change(given, lambda account, acting: provisioning.suspend(account, given, None, acting))
    assert held["reserved"] is True


async def test_a_replay_of_the_log_is_the_live_state(
    store: Store, service: Service, house: House, clock: FakeClock
) -> None:
    await lived(service, clock)
    live = await service.account()
    folded = await Service(store, house, clock).repository.load(replace(ACCOUNT, snapshot=None), "ns_1")
    assert folded.there == live


async def test_a_snapshot_and_the_tail_behind_it_are_the_whole_fold(
    store: Store, service: Service, house: House, clock: FakeClock
) -> None:
    every_seven = replace(ACCOUNT, snapshot=Snapshotting.of(Account, schema=2, every=7))
    for _ in range(3):
        await lived(service, clock)
        # A process of its own each time: it begins with the snapshot that the one before it has left.
        await Service(store, house, clock).repository.load(every_seven, "ns_1")
        clock.advance(60 * 86_400)
    keys = await store.documents.get_many(SNAPSHOTS.name, ["account/ns_1@2"])
    assert keys["account/ns_1@2"].version > 0
    await service.boost("calls", quantity=1)
    shortened = await Service(store, house, clock).repository.load(every_seven, "ns_1")
    assert shortened.version > keys["account/ns_1@2"].version
    whole = await Service(store, house, clock).repository.load(replace(ACCOUNT, snapshot=None), "ns_1")
    assert shortened == whole
