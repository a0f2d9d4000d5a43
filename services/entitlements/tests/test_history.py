"""Histories by their promises: usage by hour, day and month, the audit log, and requests by day."""

import itertools
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.lease import LEASES
from atrium_common.eventing.log_projector import SLOTS, LogProjector, Slot, in_slots
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Query
from atrium_common.store.memory import MemoryStore
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.clock import FakeClock
from atrium_entitlements.application import audit_log, history, request_days, usage_history
from atrium_entitlements.application.usage_history import used
from atrium_entitlements.domain import events as e
from atrium_entitlements.domain import meter
from atrium_entitlements.domain.buckets import Window, bucket
from atrium_entitlements.domain.events import Debit, Place
from atrium_entitlements.domain.holder import Holder, Level

ACCOUNT: Decider[int] = Decider("account", lambda count, _: (count or 0) + 1)
METER: Decider[meter.Meter] = Decider("meter", meter.evolve)
WORKSPACE = Holder("workspace", "wks_1", (Level("workspace", "wks_1"),), workspace_id="wks_1")
NAMESPACE = Holder("namespace", "ns_1", (Level("namespace", "ns_1"),), workspace_id="wks_1", namespace_id="ns_1")
NOON = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)


class Setting:
    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        ids = TimeOrderedIds(clock=clock)
        vault = Vault(store.documents, MasterKeys.parse("k1:" + "A" * 43 + "="), clock=clock)
        codec = Codec(EventRegistry([*e.EVENTS, *meter.EVENTS]), vault)
        self.repository = Repository(store, codec=codec, ids=ids)
        self.projector = LogProjector(
            history.NAME,
            history.Histories(store.documents).project,
            collections=history.COLLECTIONS,
            types=history.TYPES,
            store=store,
            codec=codec,
            clock=clock,
            ids=ids,
        )
        self.count = 0

    async def emit(self, stream: str, *events: Event, decider: Decider[Any] = ACCOUNT) -> None:
        self.count += 1

        async def decide(tx: Transaction) -> JSONObject:
            await tx.emit(decider, stream, *events)
            return {}

        await self.repository.transact(Command(f"c{self.count}", self.clock.now()), decide)

    async def used(self, holder: Holder, feature: str, window: Window) -> dict[str, int]:
        since, until = NOON - timedelta(days=400), NOON + timedelta(days=400)
        slot = await self.projector.slot()
        found = await used(self.store.documents, slot, holder, feature, window, since=since, until=until)
        return {part.start.isoformat(): quantity for part, quantity in found}

    async def everything(self, slot: Slot) -> dict[str, dict[str, Any]]:
        found = {}
        for collection in history.COLLECTIONS:
            documents = await self.store.documents.query(slot.collection(collection.name), Query(limit=10_000))
            found[collection.name] = {document.key: document.body for document in documents}
        return found


@pytest.fixture(params=["memory", "sqlite"])
async def setting(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Setting]:
    clock = FakeClock(NOON)
    store: Store = (
        MemoryStore(clock=clock) if request.param == "memory" else SqliteStore(tmp_path / "s.db", clock=clock)
    )
    slotted = [each for collection in history.COLLECTIONS for each in in_slots(collection)]
    await store.open([SUBJECT_KEYS, LEASES, CHECKPOINTS, SLOTS, *slotted])
    yield Setting(store, clock)
    await store.close()


def usage(quantity: int, at: datetime, *, place: Place, features: tuple[str, ...] = ("seats",)) -> e.UsageRecorded:
    return e.UsageRecorded(
        feature=features[0],
        quantity=quantity,
        occurred_at=at,
        used=0,
        debits=tuple(Debit(feature=feature) for feature in features),
        place=place,
        at=at,
    )


async def test_usage_is_told_by_hour_day_and_month_in_utc_and_releases_count_against_it(setting: Setting) -> None:
    place = Place(workspace_id="wks_1")
    late = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
    for quantity, at in ((5, NOON), (-2, NOON + timedelta(minutes=5)), (7, NOON + timedelta(hours=1)), (11, late)):
        await setting.emit("wks_1", usage(quantity, at, place=place))
    await setting.projector.catch_up()
    assert await setting.used(WORKSPACE, "seats", "hour") == {
        "2026-03-31T12:00:00+00:00": 3,
        "2026-03-31T13:00:00+00:00": 7,
        "2026-04-01T00:00:00+00:00": 11,
    }
    assert await setting.used(WORKSPACE, "seats", "day") == {
        "2026-03-31T00:00:00+00:00": 10,
        "2026-04-01T00:00:00+00:00": 11,
    }
    assert await setting.used(WORKSPACE, "seats", "month") == {
        "2026-03-01T00:00:00+00:00": 10,
        "2026-04-01T00:00:00+00:00": 11,
    }
    assert await setting.used(WORKSPACE, "storage", "day") == {}


async def test_late_usage_stands_in_the_hour_in_which_it_happened(setting: Setting) -> None:
    earlier = NOON - timedelta(hours=20)
    event = usage(4, earlier, place=Place(workspace_id="wks_1")).model_copy(update={"at": NOON})
    await setting.emit("wks_1", event)
    await setting.projector.catch_up()
    assert await setting.used(WORKSPACE, "seats", "hour") == {bucket("hour", earlier).start.isoformat(): 4}


async def test_a_namespace_sees_its_own_use_and_its_workspace_what_counts_on_its_account(setting: Setting) -> None:
    await setting.emit("wks_1", usage(1, NOON, place=Place(workspace_id="wks_1")))
    await setting.emit("wks_1", usage(2, NOON, place=Place(workspace_id="wks_1", namespace_id="ns_1")))
    await setting.emit("ns_1", usage(4, NOON, place=Place(workspace_id="wks_1", namespace_id="ns_1")))
    test = Place(workspace_id="wks_1", namespace_id="ns_1", livemode=False)
    await setting.emit("wks_1~test", usage(8, NOON, place=test))
    await setting.projector.catch_up()
    assert list((await setting.used(WORKSPACE, "seats", "day")).values()) == [3]
    assert list((await setting.used(NAMESPACE, "seats", "day")).values()) == [6]


async def test_use_of_a_child_stands_in_its_pools_history_too(setting: Setting) -> None:
    await setting.emit(
        "wks_1", usage(3, NOON, place=Place(workspace_id="wks_1"), features=("storage.images", "storage"))
    )
    await setting.emit("wks_1", usage(4, NOON, place=Place(workspace_id="wks_1"), features=("storage",)))
    await setting.projector.catch_up()
    assert list((await setting.used(WORKSPACE, "storage", "day")).values()) == [7]
    assert list((await setting.used(WORKSPACE, "storage.images", "day")).values()) == [3]


async def test_the_audit_log_says_who_did_what_with_before_and_after(setting: Setting) -> None:
    place = Place(workspace_id="wks_1", namespace_id="ns_1")
    common = {"entitlement_id": "ent_1", "place": place, "at": NOON, "actor": "key/key_1"}
    await setting.emit(
        "ns_1",
        e.EntitlementProvisioned(
            **common,
            package_id="pkg_1",
            package="starter",
            package_name="Starter",
            package_version=2,
            is_base=True,
            limits={},
            source="billing",
            starts_at=NOON,
        ),
    )
    await setting.projector.catch_up()
    await setting.emit("ns_1", e.EntitlementSuspended(**common, reason="unpaid"))
    await setting.emit("ns_1", e.EntitlementUnsuspended(**common))
    await setting.emit("ns_1", e.EntitlementRenewed(**common, expires_at=NOON + timedelta(days=30)))
    await setting.emit("ns_1", e.EntitlementCancelled(**common, effective_at=NOON))
    await setting.projector.catch_up()
    slot = await setting.projector.slot()
    found = await setting.store.documents.query(slot.collection(audit_log.AUDIT.name), Query())
    entries = sorted((cast("dict[str, Any]", document.body) for document in found), key=lambda entry: entry["id"])
    assert [entry["action"].partition(".")[2] for entry in entries] == [
        "provisioned",
        "suspended",
        "unsuspended",
        "renewed",
        "cancelled",
    ]
    assert all(entry["package"] == "starter" and entry["actor"] == "key/key_1" for entry in entries)
    assert all((entry["workspace_id"], entry["namespace_id"]) == ("wks_1", "ns_1") for entry in entries)
    assert entries[0]["source"] == entries[1]["source"] == "billing"
    assert entries[0]["before"] is None
    assert (entries[1]["before"]["status"], entries[1]["after"]["status"]) == ("active", "suspended")
    assert entries[1]["after"]["reason"] == "unpaid"
    assert (entries[3]["before"]["expires_at"], entries[3]["after"]["expires_at"]) == (None, "2026-04-30T12:30:00.000Z")
    for earlier, later in itertools.pairwise(entries):
        assert later["before"] == earlier["after"]


@pytest.mark.parametrize("expired", [False, True])
async def test_the_audit_log_shows_a_suspended_package_that_is_renewed_as_suspended(
    setting: Setting, expired: bool
) -> None:
    given = e.EntitlementProvisioned(
        entitlement_id="ent_1",
        package_id="pkg_1",
        package="starter",
        package_name="Starter",
        package_version=1,
        is_base=True,
        limits={},
        starts_at=NOON,
        at=NOON,
    )
    await setting.emit("ns_1", given, e.EntitlementSuspended(entitlement_id="ent_1", at=NOON))
    if expired:
        await setting.emit("ns_1", e.EntitlementExpired(entitlement_id="ent_1", expired_at=NOON, at=NOON))
    await setting.emit("ns_1", e.EntitlementRenewed(entitlement_id="ent_1", expires_at=None, at=NOON))
    await setting.projector.catch_up()
    slot = await setting.projector.slot()
    found = await setting.store.documents.query(slot.collection(audit_log.AUDIT.name), Query())
    (renewed,) = (cast("dict[str, Any]", each.body) for each in found if each.body["action"] == "entitlement.renewed")
    assert renewed["after"]["status"] == "suspended"


async def test_requests_are_counted_by_workspace_mode_and_day_with_zeros_between(setting: Setting) -> None:
    for minute, total in ((NOON, 3), (NOON, 5), (NOON - timedelta(days=2), 4)):
        context = meter.Context("wks_1", None, True, minute)
        known = (await setting.repository.load(METER, context.id)).state or meter.Meter()
        counted = meter.read(known, context, {"key_1/w1": total}, at=NOON)
        assert counted is not None
        await setting.emit(context.id, counted, decider=METER)
    await setting.projector.catch_up()
    slot = await setting.projector.slot()
    days = await request_days.by_day(
        setting.store.documents, slot, "wks_1", livemode=True, until=date(2026, 3, 31), days=4
    )
    assert days == [
        {"date": "2026-03-28", "count": 0},
        {"date": "2026-03-29", "count": 4},
        {"date": "2026-03-30", "count": 0},
        {"date": "2026-03-31", "count": 5},
    ]
    other = await request_days.by_day(
        setting.store.documents, slot, "wks_1", livemode=False, until=date(2026, 3, 31), days=1
    )
    assert other == [{"date": "2026-03-31", "count": 0}]


async def test_histories_are_what_a_rebuild_makes_of_them_and_sum_up_to_the_log(setting: Setting) -> None:
    shuffled = random.Random(7)
    sums: dict[str, int] = defaultdict(int)
    for number in range(120):
        account = shuffled.choice(["wks_1", "ns_1"])
        place = Place(workspace_id="wks_1", namespace_id="ns_1" if account == "ns_1" else None)
        at = NOON + timedelta(minutes=shuffled.randrange(100_000))
        quantity = shuffled.randrange(-3, 9)
        sums[account] += quantity
        await setting.emit(account, usage(quantity, at, place=place, features=("storage.images", "storage")))
        if number % 10 == 0:
            common = {"boost_id": f"bst_{number}", "place": place, "at": at}
            made = e.BoostCreated(**common, feature="seats", kind="add_limit", duration="permanent", starts_at=at)
            await setting.emit(account, made, e.BoostCancelled(**common))
        if number % 7 == 0:
            await setting.projector.catch_up()
    await setting.projector.catch_up()
    live = await setting.everything(await setting.projector.slot())
    assert len(live[audit_log.AUDIT.name]) == 24
    await setting.projector.rebuild()
    assert await setting.everything(await setting.projector.slot()) == live
    for window in ("hour", "day", "month"):
        documents = live[usage_history.HISTORY.name].values()
        found: dict[str, int] = defaultdict(int)
        for body in documents:
            if body["window"] == window and body["feature"] == "storage":
                found[body["account"]] += body["quantity"]
        assert found == sums
