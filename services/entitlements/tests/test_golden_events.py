"""Every event that was ever stored can be read for ever: one file for each type and schema, never changed."""

import json
from pathlib import Path

import pytest

from atrium_common.eventing.event import Event
from atrium_entitlements.domain import account, feature_entry, meter, package_entry, register
from atrium_entitlements.wiring import EVENTS

GOLDEN = Path(__file__).parents[3] / "tests/golden/entitlements"
FILES = sorted(GOLDEN.glob("*.json"))


def read(path: Path) -> Event:
    event_type, _, schema = path.stem.rpartition(".")
    return EVENTS.read(event_type, int(schema), json.loads(path.read_text()))


def old(name: str) -> Event:
    return read(GOLDEN / f"{name}.1.json")


def test_every_type_and_schema_has_its_file() -> None:
    assert {f"{event.TYPE}.{event.SCHEMA}" for event in EVENTS.types().values()} <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_an_event_of_an_old_file_is_read_and_stored_alike(path: Path) -> None:
    event = read(path)
    if path.stem == f"{event.TYPE}.{event.SCHEMA}":
        assert event.model_dump(mode="json") == json.loads(path.read_text())


def test_the_old_events_of_an_account_fold_into_one() -> None:
    state: account.Account | None = None
    for name in (
        "account.opened", "entitlement.provisioned", "entitlement.suspended", "entitlement.unsuspended",
        "entitlement.renewed", "boost.created", "usage.recorded", "usage.limit_warning", "usage.limit_reached",
        "reservation.made", "account.blocked",
    ):  # fmt: skip
        state = account.evolve(state, old(name))
    assert state is not None
    assert state.blocked == {"workspace_deleted": "gone"}
    assert state.entitlements["ent_1"].given.limits["storage"] == 5368709120
    assert state.boosts["bst_1"].made.quantity == 100
    assert set(state.counters) >= {"api_calls", "storage"}
    for name in (
        "account.unblocked", "reservation.ended", "boost.cancelled", "boost.expired", "entitlement.cancelled",
        "entitlement.expired",
    ):  # fmt: skip
        state = account.evolve(state, old(name))
    assert (dict(state.blocked), dict(state.reservations)) == ({}, {})


def test_the_old_events_of_the_catalogue_fold_into_features_packages_and_register() -> None:
    entry = feature_entry.evolve(feature_entry.evolve(None, old("feature.created")), old("feature.updated"))
    assert (entry.made.name, entry.made.parent, entry.made.rolling_window_days) == ("Pictures", None, 30)
    plan = package_entry.evolve(package_entry.evolve(None, old("package.created")), old("package.updated"))
    versions = list(plan.versions("pkg_1"))
    assert [version.features["seats"] for version in versions] == [7, 9]
    assert (versions[1].name, versions[1].tier) == ("Teams", "pro")
    entered = register.evolve(register.evolve(None, old("register.feature_entered")), old("register.package_entered"))
    assert entered.feature("feat_1") == entered.feature("storage.images")
    assert entered.package("team") is not None


def test_the_old_events_of_a_meter_fold_into_its_totals() -> None:
    assert meter.evolve(None, old("requests.metered")).totals == {"key_1/worker_1": 5}
