from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium_common.scopes import ACTIONS, RESOURCES, common, grants, is_scope, missing, writes_live_data

EVERY = [f"{resource}:{action}" for resource in RESOURCES for action in ACTIONS]
SPELT = ["read:all", "write:all", "write:resources", "webhooks:manage", "keys:read", "keys:*"]
HELD = [*EVERY, *(f"{r}:*" for r in RESOURCES), *(f"*:{a}" for a in ACTIONS), "*", "admin:*", *SPELT]


@pytest.mark.parametrize(
    ("held", "required", "granted"),
    [
        ("webhooks:read", "webhooks:read", True),
        ("webhooks:read", "webhooks:write", False),
        ("webhooks:read", "events:read", False),
        ("webhooks:*", "webhooks:delete", True),
        ("webhooks:*", "events:read", False),
        ("webhooks:manage", "webhooks:delete", True),
        ("*:read", "packages:read", True),
        ("*:read", "packages:write", False),
        ("read:all", "users:read", True),
        ("read:all", "users:write", False),
        ("write:all", "users:write", True),
        ("write:all", "users:delete", False),
        ("write:resources", "webhooks:write", True),
        ("write:resources", "webhooks:read", False),
        ("keys:read", "api-keys:read", True),
        ("keys:*", "api-keys:delete", True),
        ("api-keys:read", "keys:read", True),
        ("*", "users:delete", True),
        ("*", "admin:*", False),
        ("*:*", "admin:*", False),
        ("admin:*", "admin:*", True),
        ("admin:*", "users:delete", True),
        ("anything", "", True),
    ],
)
def test_a_scope_grants_what_the_spec_says(held: str, required: str, *, granted: bool) -> None:
    assert grants([held], required) is granted


def test_nothing_grants_nothing() -> None:
    assert not grants([], "users:read")
    assert grants([], "")


@pytest.mark.parametrize("scope", HELD)
def test_every_form_of_the_spec_is_a_scope(scope: str) -> None:
    assert is_scope(scope)


@pytest.mark.parametrize(
    "scope", ["", "users", "users:", ":read", "users:fly", "cats:read", "admin:read", "users:read:x"]
)
def test_other_forms_are_none(scope: str) -> None:
    assert not is_scope(scope)


@pytest.mark.parametrize(
    ("wanted", "held", "beyond"),
    [
        (["webhooks:read"], ["webhooks:*"], []),
        (["webhooks:*"], ["webhooks:read", "webhooks:write", "webhooks:delete"], []),
        (["webhooks:*"], ["webhooks:read", "webhooks:write"], ["webhooks:*"]),
        (["*:read"], ["read:all"], []),
        (["*:read"], [f"{r}:read" for r in RESOURCES], []),
        (["*:read"], [f"{r}:read" for r in RESOURCES[1:]], ["*:read"]),
        (["*"], ["*:read", "*:write"], ["*"]),
        (["*"], ["*:read", "*:write", "*:delete"], []),
        (["admin:*"], ["*"], ["admin:*"]),
        (["*", "admin:*"], ["admin:*"], []),
        (["read:all", "webhooks:manage"], ["*:read"], ["webhooks:manage"]),
        (["keys:read"], ["api-keys:*"], []),
    ],
)
def test_what_goes_beyond_ones_own_scopes_is_named_as_it_was_spelt(
    wanted: list[str], held: list[str], beyond: list[str]
) -> None:
    assert missing(wanted, held) == beyond


@given(st.lists(st.sampled_from(HELD)), st.lists(st.sampled_from(HELD)))
def test_scopes_within_others_never_grant_more(wanted: list[str], held: list[str]) -> None:
    if not missing(wanted, held):
        assert [s for s in [*EVERY, "admin:*"] if grants(wanted, s) and not grants(held, s)] == []


@given(st.lists(st.sampled_from(HELD)), st.lists(st.sampled_from(HELD)))
def test_what_two_have_in_common_is_what_both_grant(one: list[str], other: list[str]) -> None:
    both = common(tuple(one), tuple(other))
    for scope in [*EVERY, "admin:*", "tickets.close"]:
        assert grants(both, scope) is (grants(one, scope) and grants(other, scope))


def test_what_two_have_in_common_is_found_once_however_many_requests_ask() -> None:
    asked = [tuple(f"{team}.close" for team in range(100)) for _ in range(4)]
    assert common(asked[0], asked[1]) is common(asked[2], asked[3])


@given(st.lists(st.sampled_from(HELD)))
def test_scopes_are_within_themselves(scopes: list[str]) -> None:
    assert missing(scopes, scopes) == []


def test_what_a_test_key_may_write_has_a_mode_of_its_own() -> None:
    assert [s for s in EVERY if s.endswith(":write") and not writes_live_data(s)] == [
        "webhooks:write", "events:write", "usage:write"
    ]  # fmt: skip
    assert not any(writes_live_data(s) for s in EVERY if s.endswith(":read"))
    assert writes_live_data("admin:*")
