"""The checker of `make chaos` finds what is planted, and nothing where all is well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.journal import Entry, Journal, State, read
from tests.chaos.observed import Fact, Observed, Receipt, Row, Sent, Told, Used
from tests.chaos.reconciling import reconcile

DONE, DENIED, ASKED, REFUSED = State.DONE, State.DENIED, State.ASKED, State.REFUSED

JOURNAL = [
    Entry(1, "workspace.create", "operator", "made 1", state=DONE, id="wks_9"),
    Entry(2, "namespace.create", "ash", "ash 1", state=DONE, id="ns_1"),
    Entry(3, "namespace.create", "birch", "birch 1", state=DONE, id="ns_2"),
    Entry(4, "namespace.create", "ash", "ash 2", state=DONE, id="ns_3"),
    Entry(5, "namespace.create", "ash", "ash 3", state=ASKED),
    Entry(6, "namespace.update", "ash", "ns_1", 1, DONE, "ns_1"),
    Entry(7, "namespace.update", "ash", "ns_1", 2, ASKED),
    Entry(8, "namespace.delete", "ash", "ns_3", state=DONE),
    Entry(9, "namespace.read", "ash", "ns_1", state=DONE, id="ns_1"),
    Entry(10, "package.give", "ash", "ash 1 extra", state=DONE, id="ent_1"),
    Entry(11, "usage", "ash", "1", 4, DONE),
    Entry(12, "usage", "ash", "2", 5, ASKED),
    Entry(13, "usage", "ash", "3", 3, DENIED),
    Entry(14, "event", "ash", "ash-1", state=DONE, id="evt_a"),
    Entry(15, "event", "ash", "ash-2", state=ASKED),
    Entry(16, "event", "birch", "birch-1", state=DONE, id="evt_b"),
    Entry(17, "key.create", "ash", "ash key 1", state=DONE, id="key_1"),
    Entry(18, "key.create", "ash", "ash key 2", state=DONE, id="key_2"),
    Entry(19, "key.revoke", "ash", "key_1", state=DONE),
    Entry(20, "stranger", "birch", "ns_1", state=DENIED),
]


def fact(id_: str, type_: str, object_id: str, name: str, workspace: str, sequence: int = 1) -> Fact:
    return Fact(id_, type_, f"{type_.partition('.')[0]}/{object_id}", sequence, (workspace,), object_id, name)


LOGGED = [
    fact("evt_0", "workspace.created", "wks_9", "made 1", "wks_9"),
    fact("evt_1", "namespace.created", "ns_1", "ash 1", "wks_a"),
    fact("evt_2", "namespace.created", "ns_2", "birch 1", "wks_b"),
    fact("evt_3", "namespace.created", "ns_3", "ash 2", "wks_a"),
    fact("evt_4", "namespace.updated", "ns_1", "ash 1", "wks_a", 2),
    fact("evt_5", "namespace.deleted", "ns_3", "ash 2", "wks_a", 2),
    fact("evt_6", "entitlement.provisioned", "ent_1", "", "wks_a"),
    fact("evt_7", "api_key.created", "key_1", "ash key 1", "wks_a"),
    fact("evt_8", "api_key.created", "key_2", "ash key 2", "wks_a"),
    fact("evt_9", "api_key.revoked", "key_1", "ash key 1", "wks_a", 2),
    fact("evt_c", "usage.limit_warning", "wks_a", "", "wks_a"),
]
RECEIVED = [
    *((each.id, "ash", each.type) for each in LOGGED if each.workspaces == ("wks_a",)),
    ("evt_2", "birch", "namespace.created"),
    ("evt_a", "ash", "fire.told"),
    ("evt_b", "birch", "fire.told"),
]
WORKSPACES = {"ash": "wks_a", "birch": "wks_b"}


def receipt(event: str, tenant: str, type_: str) -> Receipt:
    threshold = 80 if type_ == "usage.limit_warning" else 0
    return Receipt(tenant, event, f"del_{event}", type_, WORKSPACES[tenant], "", f"body of {event}", threshold)


OBSERVED = Observed(
    tenants=WORKSPACES,
    workspaces=[Row("wks_9", "made 1")],
    namespaces={"ash": [Row("ns_1", "ash 1", 2)], "birch": [Row("ns_2", "birch 1")]},
    used={"ash": Used(9, 9, 11), "birch": Used(0, 0, 100)},
    events={"ash": [Told("evt_a", "ash-1")], "birch": [Told("evt_b", "birch-1")]},
    deliveries=[Sent(f"del_{event}", tenant, event, type_, "success") for event, tenant, type_ in RECEIVED],
    receipts=[receipt(*each) for each in (*RECEIVED, RECEIVED[0])],
    logged=LOGGED,
    streamed=[*LOGGED, LOGGED[1]],
    keys={"gateway-1": {"key_1": False, "key_2": True}, "gateway-2": {"key_1": False, "key_2": True}},
)


def test_nothing_is_found_where_all_is_well() -> None:
    assert reconcile(JOURNAL, OBSERVED) == []


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("happened", [False, True])
def test_what_had_no_final_word_may_have_happened_once_or_not_at_all(n: int, happened: bool) -> None:
    unsure = replace(OBSERVED, namespaces={**OBSERVED.namespaces, "ash": [Row("ns_1", "ash 1", n)]})
    unsure = replace(unsure, used={"ash": Used(4, 4, 11)})
    unsure = replace(unsure, receipts=[each for each in unsure.receipts if not each.threshold])
    unsure = replace(unsure, deliveries=[each for each in unsure.deliveries if each.event_id != "evt_c"])
    if happened:
        made = fact("evt_n", "namespace.created", "ns_4", "ash 3", "wks_a")
        unsure = replace(
            unsure,
            namespaces={**unsure.namespaces, "ash": [*unsure.namespaces["ash"], Row("ns_4", "ash 3")]},
            logged=[*unsure.logged, made],
            streamed=[*unsure.streamed, made],
            events={**unsure.events, "ash": [*unsure.events["ash"], Told("evt_d", "ash-2")]},
            receipts=[*unsure.receipts, receipt("evt_n", "ash", "namespace.created")],
            deliveries=[*unsure.deliveries, Sent("del_evt_n", "ash", "evt_n", "namespace.created", "success")],
        )
    assert reconcile(JOURNAL, unsure) == []


Change = Callable[[Observed], Observed]


def changed(seen: Observed, name: str, value: Any) -> Observed:
    return replace(seen, **{name: value})


def without(name: str, what: Callable[[Any], bool]) -> Change:
    return lambda seen: changed(seen, name, [each for each in getattr(seen, name) if not what(each)])


def also(name: str, *more: object) -> Change:
    return lambda seen: changed(seen, name, [*getattr(seen, name), *more])


def of_tenant(name: str, tenant: str, value: object) -> Change:
    return lambda seen: changed(seen, name, {**getattr(seen, name), tenant: value})


ASH_ROW, BIRCH_ROW = Row("ns_1", "ash 1", 2), Row("ns_2", "birch 1")
PLANTED: list[tuple[str, str, Change]] = [
    ("lost", "an acknowledged namespace is not listed", of_tenant("namespaces", "ash", [])),
    ("lost", "an acknowledged workspace is not listed", without("workspaces", lambda _: True)),
    ("lost", "no event in the log tells of one", without("logged", lambda each: each.id == "evt_3")),
    ("lost", "a deleted one is back", of_tenant("namespaces", "ash", [ASH_ROW, Row("ns_3", "ash 2")])),
    ("lost", "usage that was acknowledged is not counted", of_tenant("used", "ash", Used(3, 3, 11))),
    ("lost", "a client's event is not listed", of_tenant("events", "ash", [])),
    ("lost", "the stream lacks an event", without("streamed", lambda each: each.id == "evt_4")),
    ("lost", "the endpoint never got an event", without("receipts", lambda each: each.event_id == "evt_8")),
    ("lost", "the endpoint never got a client's event", without("receipts", lambda each: each.event_id == "evt_b")),
    ("lost", "a delivery has failed", also("deliveries", Sent("del_x", "ash", "evt_x", "fire.told", "failed"))),
    ("lost", "a delivery says success", also("deliveries", Sent("del_x", "ash", "evt_x", "fire.told", "success"))),
    ("lost", "nobody was told of a threshold", without("receipts", lambda each: each.threshold == 80)),
    ("lost", "a good key is refused", of_tenant("keys", "gateway-2", {"key_2": False})),
    ("lost", "the package was never given", without("logged", lambda each: each.id == "evt_6")),
    ("doubled", "two namespaces of one request", of_tenant("namespaces", "ash", [ASH_ROW, Row("ns_5", "ash 1", 2)])),
    (
        "doubled",
        "an unsure one twice",
        also("logged", *(fact(i, "namespace.created", i, "ash 3", "wks_a") for i in "xy")),
    ),
    ("doubled", "the package twice", also("logged", fact("evt_y", "entitlement.provisioned", "ent_1", "", "wks_a"))),
    ("doubled", "more usage than was asked", of_tenant("used", "ash", Used(10, 10, 100))),
    ("doubled", "usage above the limit", of_tenant("used", "ash", Used(9, 9, 8))),
    ("doubled", "two events of one", of_tenant("events", "ash", [Told("evt_a", "ash-1"), Told("evt_z", "ash-1")])),
    ("doubled", "one event in two commits", also("logged", LOGGED[0])),
    (
        "doubled",
        "two deliveries of one event",
        also("deliveries", Sent("del_y", "ash", "evt_a", "fire.told", "success")),
    ),
    (
        "doubled",
        "a threshold twice",
        also("receipts", receipt("evt_q", "ash", "usage.limit_warning")),
    ),
    ("altered", "a change is gone", of_tenant("namespaces", "ash", [Row("ns_1", "ash 1", 0)])),
    ("altered", "the log adds up to something else", of_tenant("used", "ash", Used(9, 7, 11))),
    ("altered", "an attempt had another body", also("receipts", receipt("evt_1", "ash", "x")._replace(digest="other"))),
    ("altered", "the stream is out of order", lambda seen: replace(seen, streamed=list(reversed(LOGGED)))),
    (
        "leaked",
        "a receipt of another workspace",
        also("receipts", receipt("evt_2", "ash", "x")._replace(workspace="wks_b")),
    ),
    ("leaked", "a client's event to another tenant", also("receipts", receipt("evt_b", "ash", "fire.told"))),
    ("leaked", "another tenant lists it", of_tenant("namespaces", "birch", [BIRCH_ROW, ASH_ROW])),
    ("leaked", "another tenant lists an event", of_tenant("events", "birch", [Told("evt_a", "birch-1")])),
    ("leaked", "a revoked key opens a gateway", of_tenant("keys", "gateway-2", {"key_1": True, "key_2": True})),
    ("invented", "a namespace that nobody made", of_tenant("namespaces", "ash", [ASH_ROW, Row("ns_7", "who?")])),
    (
        "invented",
        "an event that nobody sent",
        of_tenant("events", "ash", [Told("evt_a", "ash-1"), Told("evt_7", "x-1")]),
    ),
    ("invented", "an event on the stream alone", also("streamed", fact("evt_new", "team.created", "t", "", "wks_a"))),
    ("invented", "a receipt without a delivery", also("receipts", receipt("evt_new", "ash", "x"))),
    ("unclean", "the audit finds something", also("audit", "tenancy gap position 7")),
]


@pytest.mark.parametrize(("kind", "what", "plant"), PLANTED, ids=[f"{kind}: {what}" for kind, what, _ in PLANTED])
def test_what_is_planted_is_found(kind: str, what: str, plant: Change) -> None:
    assert kind in {finding.kind for finding in reconcile(JOURNAL, plant(OBSERVED))}, what


@pytest.mark.parametrize(
    ("kind", "entry"),
    [
        ("refused", Entry(30, "event", "ash", "ash-9", state=REFUSED, told="401 UNAUTHENTICATED")),
        ("stale", Entry(30, "namespace.read", "ash", "ns_1", state=REFUSED, told="404 RESOURCE_NOT_FOUND")),
        ("leaked", Entry(30, "stranger", "birch", "ns_1", state=DONE, id="ns_1")),
        ("lost", Entry(30, "key.create", "ash", "ash key 3", state=DONE, id="key_3")),
    ],
)
def test_what_a_client_was_told_wrongly_is_found(kind: str, entry: Entry) -> None:
    assert kind in {finding.kind for finding in reconcile([*JOURNAL, entry], OBSERVED)}


def test_a_journal_is_read_back_as_it_was_written_and_what_has_no_last_word_was_asked(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    done = journal.settle(journal.ask("event", "ash", "ash-1"), DONE, id="evt_a", tries=2)
    asked = journal.ask("usage", "ash", "1", 3)
    assert read(tmp_path / "journal.jsonl") == [done, asked]
    assert asked.state is ASKED
