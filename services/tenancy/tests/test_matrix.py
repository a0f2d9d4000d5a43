"""Every public route of tenancy against every role, scope and foreign tenant."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import pytest

from atrium_common.http.route import Route
from atrium_common.principal import Principal
from services.tenancy.tests.world import API, Person, World

EVERYBODY, MANAGERS, OWNER, NOBODY = {"owner", "admin", "member"}, {"owner", "admin"}, {"owner"}, frozenset[str]()
WRITERS = EVERYBODY

Target: TypeAlias = Callable[[World, Person], Awaitable[Mapping[str, str]]]


def _fresh(body: object) -> object:
    """The body with a text that nothing else has where it says NEW."""
    return json.loads(json.dumps(body).replace("NEW", os.urandom(4).hex()))


async def none(_: World, owner: Person) -> Mapping[str, str]:
    return {"workspace_id": owner.workspace_id}


async def a_member(world: World, owner: Person) -> Mapping[str, str]:
    return {"workspace_id": owner.workspace_id, "user_id": (await world.member(owner)).id}


async def a_user(world: World, owner: Person) -> Mapping[str, str]:
    return {"user_id": (await world.member(owner)).id}


async def a_team(world: World, owner: Person) -> Mapping[str, str]:
    team = await world.made(f"workspaces/{owner.workspace_id}/teams", _fresh({"name": "T NEW"}), key=owner.key)
    return {"workspace_id": owner.workspace_id, "team_id": team["id"]}


async def an_invitation(world: World, owner: Person) -> Mapping[str, str]:
    path = f"workspaces/{owner.workspace_id}/invitations"
    made = await world.made(path, _fresh({"email": "NEW@example.com"}), key=owner.key)
    return {"workspace_id": owner.workspace_id, "invitation_id": made["id"]}


async def a_namespace(world: World, owner: Person) -> Mapping[str, str]:
    return {"namespace_id": (await world.made("namespaces", {"name": "N"}, key=owner.key))["id"]}


async def a_key(world: World, owner: Person) -> Mapping[str, str]:
    bob = await world.member(owner)
    keys = (await world.call("GET", f"api-keys?user_id={bob.id}", key=owner.key)).json["data"]
    return {"key_id": keys[0]["id"]}


async def a_deleted_workspace(world: World, owner: Person) -> Mapping[str, str]:
    return {"workspace_id": owner.workspace_id}


NAMED = {"name": "Changed NEW"}
NEW_KEY = {"name": "k", "scopes": ["*:read"]}
ONE = [{"action": "update", "id": "x", "data": {}}]

# Which roles may do it in their own workspace; a body that is fit; what the path names.
MATRIX: dict[tuple[str, str], tuple[Any, Target, object]] = {
    ("GET", "/workspaces"): (EVERYBODY, none, None),
    ("GET", "/workspaces/{workspace_id}"): (EVERYBODY, none, None),
    ("PATCH", "/workspaces/{workspace_id}"): (MANAGERS, none, NAMED),
    ("DELETE", "/workspaces/{workspace_id}"): (OWNER, none, None),
    ("POST", "/workspaces/{workspace_id}/suspend"): (NOBODY, none, {"reason": "r"}),
    ("POST", "/workspaces/{workspace_id}/unsuspend"): (NOBODY, none, None),
    ("GET", "/workspaces/{workspace_id}/members"): (EVERYBODY, none, None),
    ("GET", "/workspaces/{workspace_id}/members/{user_id}"): (EVERYBODY, a_member, None),
    ("PATCH", "/workspaces/{workspace_id}/members/{user_id}"): (MANAGERS, a_member, {"custom_permissions": ["a.b"]}),
    ("DELETE", "/workspaces/{workspace_id}/members/{user_id}"): (MANAGERS, a_member, None),
    ("GET", "/workspaces/{workspace_id}/teams"): (EVERYBODY, none, None),
    ("POST", "/workspaces/{workspace_id}/teams"): (MANAGERS, none, {"name": "NEW"}),
    ("GET", "/workspaces/{workspace_id}/teams/{team_id}"): (EVERYBODY, a_team, None),
    ("PATCH", "/workspaces/{workspace_id}/teams/{team_id}"): (MANAGERS, a_team, NAMED),
    ("DELETE", "/workspaces/{workspace_id}/teams/{team_id}"): (MANAGERS, a_team, None),
    ("GET", "/workspaces/{workspace_id}/invitations"): (EVERYBODY, none, None),
    ("POST", "/workspaces/{workspace_id}/invitations"): (MANAGERS, none, {"email": "NEW@example.com"}),
    ("GET", "/workspaces/{workspace_id}/invitations/{invitation_id}"): (EVERYBODY, an_invitation, None),
    ("DELETE", "/workspaces/{workspace_id}/invitations/{invitation_id}"): (MANAGERS, an_invitation, None),
    ("GET", "/namespaces"): (EVERYBODY, none, None),
    ("POST", "/namespaces"): (EVERYBODY, none, {"name": "New"}),
    ("GET", "/namespaces/{namespace_id}"): (EVERYBODY, a_namespace, None),
    ("PATCH", "/namespaces/{namespace_id}"): (EVERYBODY, a_namespace, NAMED),
    ("DELETE", "/namespaces/{namespace_id}"): (EVERYBODY, a_namespace, None),
    ("GET", "/user"): (EVERYBODY, none, None),
    ("GET", "/users"): (EVERYBODY, none, None),
    ("POST", "/users"): (MANAGERS, none, {"name": "N", "email": "NEW@example.com"}),
    ("GET", "/users/{user_id}"): (EVERYBODY, a_user, None),
    ("PATCH", "/users/{user_id}"): (MANAGERS, a_user, NAMED),
    ("DELETE", "/users/{user_id}"): (NOBODY, a_user, None),
    ("GET", "/api-keys"): (EVERYBODY, none, None),
    ("POST", "/api-keys"): (MANAGERS, none, NEW_KEY),
    ("GET", "/api-keys/{key_id}"): (MANAGERS, a_key, None),
    ("PATCH", "/api-keys/{key_id}"): (MANAGERS, a_key, NAMED),
    ("DELETE", "/api-keys/{key_id}"): (MANAGERS, a_key, None),
    ("POST", "/api-keys/{key_id}/rotate"): (MANAGERS, a_key, {}),
}  # fmt: skip

# These have rules of their own, with tests of their own; scopes and foreign tenants are tried on them all the same.
APART: dict[tuple[str, str], tuple[Target, object]] = {
    ("POST", "/workspaces"): (none, {"name": "New"}),
    ("POST", "/workspaces/{workspace_id}/restore"): (none, None),
    ("POST", "/workspaces/{workspace_id}/members"): (none, {"user_id": "usr_none"}),
    ("POST", "/invitations/accept"): (none, {"token": "t"}),
    ("POST", "/workspaces/batch"): (none, {"operations": ONE}),
    ("POST", "/namespaces/batch"): (none, {"operations": ONE}),
    ("POST", "/users/batch"): (none, {"operations": ONE}),
    ("POST", "/api-keys/batch"): (none, {"operations": [{"action": "delete", "id": "x"}]}),
}
ROUTES = [*MATRIX, *APART]


def _public(world: World) -> dict[tuple[str, str], Route]:
    return {(route.method, route.path.removeprefix(API)): route for route in world.routes if not route.internal}


def _id(route: tuple[str, str]) -> str:
    return " ".join(route)


async def test_the_matrix_knows_every_route(world: World) -> None:
    assert set(ROUTES) == set(_public(world))


@pytest.mark.parametrize("route", MATRIX, ids=_id)
async def test_each_role_may_do_what_the_spec_says_and_no_more(world: World, route: tuple[str, str]) -> None:
    allowed, target, body = MATRIX[route]
    owner = await world.person()
    callers = {
        "member": await world.member(owner),
        "admin": await world.member(owner, role="admin"),
        "owner": await world.member(owner, role="owner"),
    }
    for role, caller in callers.items():
        values = await target(world, owner)
        answer = await world.call(route[0], route[1].format(**values)[1:], _fresh(body), key=caller.key)
        if role in allowed:
            assert answer.status < 300, (role, answer.body)
            continue
        # A key that is another member's is not seen at all.
        hidden = route[1].startswith("/api-keys/") and role == "member"
        expected = {"INSUFFICIENT_PERMISSIONS", "INSUFFICIENT_SCOPE"} | ({"RESOURCE_NOT_FOUND"} if hidden else set())
        assert answer.status in {403, 404}, (role, answer.body)
        assert answer.error["code"] in expected, (role, answer.body)
        if route[1].endswith("suspend"):
            break


@pytest.mark.parametrize("route", ROUTES, ids=_id)
async def test_a_key_without_the_routes_scope_is_refused_and_one_with_it_alone_is_not(
    world: World, route: tuple[str, str]
) -> None:
    declared = _public(world)[route]
    if not declared.scope:
        return
    allowed, target, body = MATRIX.get(route) or (NOBODY, *APART[route])
    owner = await world.person()
    values = await target(world, owner)
    principal = await world.principal(owner.key)
    assert isinstance(principal, Principal)
    resource, _, action = declared.scope.partition(":")
    others = [f"{resource}:{other}" for other in ("read", "write", "delete") if other != action]
    others += [f"{other}:*" for other in ("webhooks", "events", "usage", "packages")]
    path = f"{API}{route[1].format(**values)}"
    without = replace(principal, scopes=tuple(others if resource != "admin" else ["*"]))
    refused = await world.service.request(route[0], path, json=_fresh(body), principal=without)
    assert (refused.status, refused.error["code"]) == (403, "INSUFFICIENT_SCOPE")
    assert refused.error["required_scope"] == declared.scope
    assert refused.error["provided_scopes"] == list(without.scopes)
    if "owner" in allowed and route not in {("POST", "/api-keys"), ("POST", "/api-keys/{key_id}/rotate"),
                                            ("PATCH", "/api-keys/{key_id}")}:  # fmt: skip
        alone = replace(principal, scopes=(declared.scope,))
        answer = await world.service.request(route[0], path, json=_fresh(body), principal=alone)
        assert answer.status < 300, answer.body


def _told(answer: Any, values: Mapping[str, str]) -> tuple[int, str]:
    """Status and body without what names this very request."""
    text = re.sub(r"req_\w+", "req", answer.body.decode())
    for value in values.values():
        text = text.replace(value, "ID")
    return answer.status, text


@pytest.mark.parametrize("route", [route for route in ROUTES if "{" in route[1]], ids=_id)
async def test_what_is_another_tenants_answers_exactly_like_what_does_not_exist(
    world: World, route: tuple[str, str]
) -> None:
    _, target, body = MATRIX.get(route) or (NOBODY, *APART[route])
    mine, theirs = await world.person("Ada"), await world.person("Eve")
    foreign = await target(world, theirs)
    missing = {name: f"{value.partition('_')[0]}_none" for name, value in foreign.items()}
    own = dict(foreign)
    if "workspace_id" in own and len(own) > 1:
        own["workspace_id"] = mine.workspace_id
    answers = []
    for values in (foreign, missing, own):
        answer = await world.call(route[0], route[1].format(**values)[1:], _fresh(body), key=mine.key)
        answers.append(_told(answer, values))
    if "suspend" in route[1]:
        assert {status for status, _ in answers} == {403}
        return
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    if own != foreign:
        assert answers[2][0] == 404
    assert (await world.call("GET", f"workspaces/{theirs.workspace_id}", key=theirs.key)).status == 200


async def test_each_operation_of_a_batch_needs_its_own_scope_and_permission(world: World) -> None:
    owner = await world.person()
    bob = await world.member(owner)
    principal = await world.principal(owner.key)
    assert isinstance(principal, Principal)
    namespace = await world.made("namespaces", {"name": "N"}, key=owner.key)
    operations = [
        {"action": "create", "data": {"name": "M"}},
        {"action": "delete", "id": namespace["id"]},
        {"action": "update", "id": "ns_none", "data": {"name": "x"}},
    ]
    writer = replace(principal, scopes=("namespaces:write",))
    done = await world.service.request(
        "POST", f"{API}/namespaces/batch", json={"operations": operations}, principal=writer
    )
    assert [result["status"] for result in done.json["data"]] == [201, 403, 404]
    assert done.json["meta"] == {"succeeded": 1, "failed": 2}
    atomic = await world.service.request(
        "POST", f"{API}/namespaces/batch", json={"operations": operations, "atomic": True}, principal=writer
    )
    assert (atomic.status, atomic.error["failed_index"]) == (403, 1)
    keys = {"operations": [{"action": "create", "data": NEW_KEY}]}
    told = await world.call("POST", "api-keys/batch", keys, key=bob.key)
    assert told.json["data"][0]["error"]["code"] == "INSUFFICIENT_PERMISSIONS"
    users = {"operations": [{"action": "create", "data": {}}]}
    assert (await world.call("POST", "users/batch", users, key=owner.key)).status == 422
