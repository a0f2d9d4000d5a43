"""API keys: never more than the giver's, rotated with grace, bound where somebody else made them."""

from __future__ import annotations

from typing import Any

import pytest

from atrium_common.principal import Principal
from services.tenancy.tests.world import World

ALL = {"name": "k", "scopes": ["*"]}


async def test_a_key_gets_no_scope_or_tier_beyond_its_makers(world: World) -> None:
    ada = await world.person(tier="business")
    reader = await world.made(
        "api-keys", {"name": "r", "scopes": ["*:read", "api-keys:write"], "rate_limit_tier": "pro"}, key=ada.key
    )
    for wanted, status in (
        ({"scopes": ["webhooks:write"]}, 403),
        ({"scopes": ["admin:*"]}, 403),
        ({"scopes": ["*"]}, 403),
        ({"scopes": ["read:all"]}, 201),
        ({"scopes": ["read:all"], "rate_limit_tier": "business"}, 422),
        ({"scopes": ["read:all"], "rate_limit_tier": "enterprise"}, 422),
        ({"scopes": ["read:all"], "rate_limit_tier": "free"}, 201),
    ):
        answer = await world.call("POST", "api-keys", {"name": "k", **wanted}, key=reader["key"])
        assert answer.status == status, (wanted, answer.body)
    above = await world.call("POST", "api-keys", {**ALL, "rate_limit_tier": "enterprise"}, key=ada.key)
    assert (above.status, list(above.error["details"])) == (422, ["rate_limit_tier"])
    widened = await world.call("PATCH", f"api-keys/{reader['id']}", {"scopes": ["*"]}, key=reader["key"])
    assert (widened.status, widened.error["code"]) == (403, "INSUFFICIENT_SCOPE")
    everything = await world.made("api-keys", ALL, key=ada.key)
    for method, path in (("PATCH", ""), ("POST", "/rotate")):
        body = {"name": "mine"} if method == "PATCH" else {}
        refused = await world.call(method, f"api-keys/{everything['id']}{path}", body, key=reader["key"])
        assert (refused.status, refused.error["code"]) == (403, "INSUFFICIENT_SCOPE")


async def test_only_enterprise_keys_have_a_limit_of_their_own_and_none_above_their_makers(world: World) -> None:
    ada, bob = await world.person(tier="enterprise"), await world.person("Bob", tier="pro")
    limit = {"requests": 2_000_000, "burst": 10}
    assert (await world.call("POST", "api-keys", {**ALL, "rate_limit": limit}, key=bob.key)).status == 422
    assert (await world.call("POST", "api-keys", {**ALL, "rate_limit": limit}, key=ada.key)).status == 422
    smaller = {"requests": 5_000, "burst": 10}
    made = await world.made("api-keys", {**ALL, "rate_limit": smaller}, key=ada.key)
    assert made["rate_limit"] == smaller
    assert (
        await world.call("POST", "api-keys", {**ALL, "rate_limit": limit}, workspace=ada.workspace_id)
    ).status == 201
    lowered = await world.call("PATCH", f"api-keys/{made['id']}", {"rate_limit_tier": "pro"}, key=ada.key)
    assert lowered.json["data"]["rate_limit"] is None


async def test_a_key_for_another_member_is_bound_to_its_workspace_for_life(world: World) -> None:
    ada = await world.person("Ada")
    bob = await world.member(ada)
    eve = await world.person("Eve")
    assert (await world.call("POST", f"workspaces/{eve.workspace_id}/members", {"user_id": bob.id})).status == 201
    assert await world.principal(bob.key, workspace=eve.workspace_id) == 403
    assert (await world.call("GET", f"workspaces/{eve.workspace_id}", key=bob.key)).status == 404
    assert (await world.call("POST", "workspaces", {"name": "X"}, key=bob.key)).status == 403
    own = {"name": "P", "owner_type": "User"}
    assert (await world.call("POST", "namespaces", own, key=bob.key)).status == 403
    unbound = await world.made("api-keys", {**ALL, "user_id": bob.id}, workspace=eve.workspace_id)
    personal = await world.made("namespaces", own, key=unbound["key"])
    assert (await world.call("GET", f"namespaces/{personal['id']}", key=bob.key)).status == 404
    assert (await world.call("GET", "namespaces", key=bob.key)).json["data"] == []
    assert (await world.call("GET", f"namespaces/{personal['id']}", key=unbound["key"])).status == 200
    invited = await world.made(f"workspaces/{eve.workspace_id}/invitations", {"email": "n@example.com"}, key=eve.key)
    assert (await world.call("POST", "invitations/accept", {"token": invited["token"]}, key=bob.key)).status == 403
    foreign = await world.call("POST", "api-keys", {**ALL, "user_id": eve.id}, key=ada.key)
    assert (foreign.status, list(foreign.error["details"])) == (422, ["user_id"])


async def test_a_bound_key_is_told_that_it_is_bound_and_not_that_its_role_lacks_something(world: World) -> None:
    ada = await world.person("Ada")
    bob = await world.member(ada, role="admin")
    own = {"name": "P", "owner_type": "User"}
    for refused in (
        await world.call("POST", "workspaces", {"name": "X"}, key=bob.key),
        await world.call("POST", "namespaces", own, key=bob.key),
        await world.call("PATCH", f"users/{bob.id}", {"email": "b@example.com"}, key=bob.key),
        await world.call("DELETE", f"users/{bob.id}", key=bob.key),
    ):
        assert refused.status == 403
        assert "bound to a workspace" in refused.error["message"], refused
    for refused in (
        await world.call("PATCH", f"users/{ada.id}", {"email": "b@example.com"}, key=bob.key),
        await world.call("DELETE", f"users/{ada.id}", key=bob.key),
    ):
        assert refused.status == 403
        assert "Only the user" in refused.error["message"], refused


async def test_a_moment_at_the_end_of_time_is_kept_and_one_behind_it_refused(world: World) -> None:
    last = await world.made("api-keys", {**ALL, "expires_at": "9999-12-31T23:59:59Z"})
    assert last["expires_at"] == "9999-12-31T23:59:59.000Z"
    for method, path in (("POST", "api-keys"), ("PATCH", f"api-keys/{last['id']}")):
        beyond = await world.call(method, path, {**ALL, "expires_at": "9999-12-31T23:59:59-12:00"})
        assert (beyond.status, list(beyond.error["details"])) == (422, ["expires_at"])


async def test_an_unknown_scope_is_refused_with_the_resources_and_actions_that_there_are(world: World) -> None:
    refused = await world.call("POST", "api-keys", {"name": "k", "scopes": ["webhook:read"]})
    assert refused.status == 422
    [told] = refused.error["details"]["scopes"]
    assert "'webhook:read'" in told
    for known in ("webhooks", "api-keys", "read", "write", "delete"):
        assert known in told.partition(":")[2]


async def test_what_somebody_else_rotates_is_bound_from_then_on(world: World) -> None:
    ada = await world.person("Ada")
    bob = await world.member(ada, role="admin")
    unbound = await world.made("api-keys", {**ALL, "user_id": bob.id}, workspace=ada.workspace_id)
    eve = await world.person("Eve")
    assert (await world.call("POST", f"workspaces/{eve.workspace_id}/members", {"user_id": bob.id})).status == 201
    taken = await world.made(f"api-keys/{unbound['id']}/rotate", {}, key=ada.key)
    assert await world.principal(taken["key"], workspace=eve.workspace_id) == 403
    # an admin makes and rotates no owner's keys
    owners = await world.call("POST", "api-keys", {**ALL, "user_id": ada.id}, key=bob.key)
    assert (owners.status, owners.error["code"]) == (403, "INSUFFICIENT_PERMISSIONS")
    keys = (await world.call("GET", f"api-keys?user_id={ada.id}", key=bob.key)).json["data"]
    assert (await world.call("POST", f"api-keys/{keys[0]['id']}/rotate", {}, key=bob.key)).status == 403


@pytest.mark.parametrize(("hours", "works"), [(24, True), (0, False)])
async def test_a_rotated_key_works_until_the_grace_ends(world: World, hours: int, *, works: bool) -> None:
    ada = await world.person()
    old = await world.made("api-keys", {**ALL, "ip_allowlist": ["192.0.2.0/24"]}, key=ada.key)
    new = await world.made(f"api-keys/{old['id']}/rotate", {"grace_period_hours": hours}, key=ada.key)
    assert new["key"] != old["key"]
    assert new["previous_key_id"] == old["id"]
    for name in ("name", "scopes", "rate_limit_tier", "ip_allowlist", "environment", "expires_at", "user_id"):
        assert new[name] == old[name]
    assert isinstance(await world.principal(old["key"]), int) is not works
    assert not isinstance(await world.principal(new["key"]), int)
    again = await world.call("POST", f"api-keys/{old['id']}/rotate", {}, key=ada.key)
    assert (again.status, again.error["code"]) == (409, "STATE_CONFLICT")
    world.clock.advance(hours * 3600)
    assert await world.principal(old["key"]) == 401
    await world.housekeeping.expire_keys()
    await world.housekeeping.expire_keys()
    told = [event for event, data in await world.published() if data["object"]["id"] == old["id"]]
    assert told == ["api_key.created", "api_key.rotated", "api_key.expired"]


async def test_a_rotated_keys_grace_can_be_cut_short_and_not_drawn_out_even_by_itself(world: World) -> None:
    ada = await world.person()
    old = await world.made("api-keys", ALL, key=ada.key)
    await world.made(f"api-keys/{old['id']}/rotate", {"grace_period_hours": 2}, key=ada.key)
    for longer in (None, "2030-01-15T10:30:00Z"):
        refused = await world.call("PATCH", f"api-keys/{old['id']}", {"expires_at": longer}, key=old["key"])
        assert (refused.status, refused.error["code"], refused.error["current_state"]) == (
            409, "STATE_CONFLICT", "rotated",
        )  # fmt: skip
    sooner = await world.call("PATCH", f"api-keys/{old['id']}", {"expires_at": "2026-01-15T11:30:00Z"}, key=ada.key)
    assert sooner.json["data"]["expires_at"] == "2026-01-15T11:30:00.000Z"
    world.clock.advance(3600)
    assert await world.principal(old["key"]) == 401
    late = await world.call("PATCH", f"api-keys/{old['id']}", {"expires_at": None}, key=ada.key)
    assert late.status == 409


async def test_an_expired_key_is_told_of_once_and_can_be_given_more_time(world: World) -> None:
    ada = await world.person()
    past = await world.call("POST", "api-keys", {**ALL, "expires_at": "2026-01-15T10:30:00Z"}, key=ada.key)
    assert (past.status, list(past.error["details"])) == (422, ["expires_at"])
    made = await world.made("api-keys", {**ALL, "expires_at": "2026-01-15T11:30:00Z"}, key=ada.key)
    await world.housekeeping.expire_keys()
    world.clock.advance(3600)
    assert await world.principal(made["key"]) == 401
    await world.housekeeping.expire_keys()
    listed = await world.call("GET", "api-keys?status=expired", key=ada.key)
    assert [key["id"] for key in listed.json["data"]] == [made["id"]]
    more = await world.call("PATCH", f"api-keys/{made['id']}", {"expires_at": None}, key=ada.key)
    assert more.json["data"]["expires_at"] is None
    assert not isinstance(await world.principal(made["key"]), int)
    told = [event for event, data in await world.published() if data["object"]["id"] == made["id"]]
    assert told == ["api_key.created", "api_key.expired", "api_key.updated"]


async def test_the_latest_use_of_a_key_wins_in_whatever_order_it_is_told(world: World) -> None:
    ada = await world.person()
    made = await world.made("api-keys", ALL, key=ada.key)
    assert made["last_used_at"] is None
    for moment in ("2026-01-15T10:30:00.500Z", "2026-01-15T10:31:00Z", "2026-01-15T10:29:00Z"):
        told = await world.internal("POST", "keys/used", {"used": {made["id"]: moment}})
        assert told.status == 204
    shown = (await world.call("GET", f"api-keys/{made['id']}", key=ada.key)).json["data"]
    assert shown["last_used_at"] == "2026-01-15T10:31:00.000Z"
    listed: Any = (await world.call("GET", "api-keys", key=ada.key)).json["data"]
    assert {key["id"]: key["last_used_at"] for key in listed}[made["id"]] == "2026-01-15T10:31:00.000Z"


async def test_a_keys_tier_is_at_most_its_workspaces_also_later(world: World) -> None:
    ada = await world.person(tier="business")
    made = await world.made("api-keys", {**ALL, "rate_limit_tier": "business"}, key=ada.key)
    lowered = await world.call("PATCH", f"workspaces/{ada.workspace_id}", {"tier": "free"})
    assert lowered.json["data"]["tier"] == "free"
    principal = await world.principal(made["key"])
    assert not isinstance(principal, int)
    assert principal.tier == "free"


async def test_a_member_sees_its_own_keys_and_a_manager_all(world: World) -> None:
    ada = await world.person()
    bob = await world.member(ada)
    mine = (await world.call("GET", "api-keys", key=bob.key)).json["data"]
    assert {key["user_id"] for key in mine} == {bob.id}
    theirs = (await world.call("GET", f"api-keys?user_id={ada.id}", key=ada.key)).json["data"]
    assert (await world.call("GET", f"api-keys/{theirs[0]['id']}", key=bob.key)).status == 404


async def test_a_test_key_writes_nothing_that_live_data_shares(world: World) -> None:
    ada = await world.person()
    test = await world.made("api-keys", {**ALL, "environment": "test"}, key=ada.key)
    assert test["key"].startswith("sk_test_")
    assert (await world.call("GET", "namespaces", key=test["key"])).status == 200
    for method, path, body in (
        ("POST", "namespaces", {"name": "N"}),
        ("POST", "workspaces", {"name": "N"}),
        ("PATCH", f"users/{ada.id}", {"name": "N"}),
        ("POST", "api-keys", ALL),
    ):
        refused = await world.call(method, path, body, key=test["key"])
        assert (refused.status, refused.error["code"]) == (403, "INSUFFICIENT_SCOPE")


async def test_a_replayed_command_shows_the_first_key_again(world: World) -> None:
    ada = await world.person()
    same = {"X-Command-ID": "cmd_same"}
    first = await world.made("api-keys", ALL, key=ada.key, headers=same)
    second = await world.made("api-keys", ALL, key=ada.key, headers=same)
    assert first == second
    world.clock.advance(4 * 24 * 3600)
    late = await world.made("api-keys", ALL, key=ada.key, headers=same)
    assert late == {**first, "key": None}


async def test_the_operators_key_is_shown_again_until_it_has_been_used(world: World) -> None:
    shown = (await world.internal("POST", "bootstrap", {})).json["data"]
    assert shown["key"] == world.operator.key
    used = {"used": {shown["key_id"]: "2026-01-15T10:30:00Z"}}
    assert (await world.internal("POST", "keys/used", used)).status == 204
    again = (await world.internal("POST", "bootstrap", {})).json["data"]
    assert again == {**shown, "key": None}


async def test_nobody_widens_anothers_key_that_opens_more_than_the_workspace(world: World) -> None:
    """Whoever holds it, for a narrow purpose, would get into the other workspaces of its user."""
    ada, eve = await world.person("Ada"), await world.person("Eve")
    bob = await world.member(ada, role="admin")
    assert (await world.call("POST", f"workspaces/{eve.workspace_id}/members", {"user_id": bob.id})).status == 201
    narrow = {"scopes": ["webhooks:read"], "ip_allowlist": ["192.0.2.0/24"], "expires_at": "2026-02-01T00:00:00Z"}
    lent = await world.made("api-keys", {**ALL, **narrow, "user_id": bob.id}, workspace=ada.workspace_id)
    path = f"api-keys/{lent['id']}"
    widened: tuple[dict[str, Any], ...] = (
        {"scopes": ["*"]},
        {"ip_allowlist": []},
        {"ip_allowlist": ["192.0.2.0/24", "198.51.100.1"]},
        {"expires_at": None},
        {"expires_at": "2026-02-01T00:00:01Z"},
    )
    for wider in widened:
        # the owner, and a key of the user's that the owner has made and may know
        for key in (ada.key, bob.key):
            refused = await world.call("PATCH", path, wider, key=key)
            assert (refused.status, refused.error["code"]) == (403, "INSUFFICIENT_PERMISSIONS"), wider
    less = {
        "scopes": ["webhooks:read"],
        "ip_allowlist": ["192.0.2.7"],
        "expires_at": "2026-01-31T00:00:00Z",
        "name": "n",
    }
    assert (await world.call("PATCH", path, less, key=ada.key)).status == 200
    own = await world.made("api-keys", {**ALL, "user_id": bob.id}, workspace=ada.workspace_id)
    assert (await world.call("PATCH", path, {"scopes": ["webhooks:*"]}, key=own["key"])).status == 200
    bound = (await world.call("GET", f"api-keys?user_id={bob.id}&sort=created_at", key=ada.key)).json["data"][0]
    assert (await world.call("PATCH", f"api-keys/{bound['id']}", {"scopes": ["*:read"]}, key=ada.key)).status == 200
    assert (await world.call("PATCH", f"api-keys/{bound['id']}", {"scopes": ["*"]}, key=ada.key)).status == 200


async def test_nobody_revokes_a_key_of_who_may_do_more(world: World) -> None:
    ada = await world.person("Ada")
    bob, joe = await world.member(ada, role="admin"), await world.member(ada, role="admin")
    eve = await world.member(ada, role="owner")
    team = {"name": "Keepers", "permissions": ["api-keys:*"]}
    keepers = await world.made(f"workspaces/{ada.workspace_id}/teams", team, key=ada.key)
    kim = await world.member(ada)
    assert (
        await world.call(
            "PATCH", f"workspaces/{ada.workspace_id}/members/{kim.id}", {"team_id": keepers["id"]}, key=ada.key
        )
    ).status == 200

    async def key_of(user_id: str) -> str:
        found = await world.call("GET", f"api-keys?user_id={user_id}&sort=created_at", key=ada.key)
        return str(found.json["data"][0]["id"])

    for by, whose, status in (
        (bob.key, ada.id, 403),
        (kim.key, bob.id, 403),
        (bob.key, joe.id, 204),
        (bob.key, kim.id, 204),
        (eve.key, ada.id, 204),
    ):
        key_id = await key_of(whose)
        answer = await world.call("DELETE", f"api-keys/{key_id}", key=by)
        assert answer.status == status, (status, answer.body)
        if status == 403:
            assert answer.error["code"] == "INSUFFICIENT_PERMISSIONS"
            batch = {"operations": [{"action": "delete", "id": key_id}]}
            done = await world.call("POST", "api-keys/batch", batch, key=by)
            assert done.json["data"][0]["status"] == 403
    gone = await world.member(eve, role="owner")
    (left,) = (await world.call("GET", f"api-keys?user_id={gone.id}", key=eve.key)).json["data"]
    path = f"workspaces/{ada.workspace_id}/members/{gone.id}"
    assert (await world.call("DELETE", path, key=eve.key)).status == 204
    assert (await world.call("DELETE", f"api-keys/{left['id']}", key=bob.key)).status == 204


async def test_a_key_with_a_limit_of_its_own_neither_sheds_it_nor_makes_a_key_with_more(world: World) -> None:
    ada = await world.person(tier="enterprise")
    small = {"requests": 20_000, "burst": 300}
    key = await world.made("api-keys", {**ALL, "rate_limit": small}, key=ada.key)
    path = f"api-keys/{key['id']}"
    for more, field in (
        ({"rate_limit": None}, "rate_limit"),
        ({"rate_limit": {"requests": 20_001, "burst": 300}}, "rate_limit"),
        ({"rate_limit_tier": "business"}, "rate_limit_tier"),
    ):
        for method, where, body in (("PATCH", path, more), ("POST", "api-keys", {**ALL, **more})):
            if method == "POST" and more == {"rate_limit": None}:
                continue
            refused = await world.call(method, where, body, key=key["key"])
            assert (refused.status, list(refused.error["details"])) == (422, [field]), (method, more)
    made = await world.made("api-keys", ALL, key=key["key"])
    assert (made["rate_limit_tier"], made["rate_limit"]) == ("enterprise", small)
    pro = await world.made("api-keys", {**ALL, "rate_limit_tier": "pro"}, key=key["key"])
    assert pro["rate_limit"] is None
    assert (await world.call("PATCH", path, {"name": "renamed"}, key=key["key"])).status == 200
    usual = (await world.call("GET", "api-keys?sort=created_at", key=ada.key)).json["data"][0]
    for method, what in (("PATCH", ""), ("POST", "/rotate")):
        body = {"name": "mine"} if method == "PATCH" else {}
        refused = await world.call(method, f"api-keys/{usual['id']}{what}", body, key=key["key"])
        assert (refused.status, refused.error["code"]) == (403, "INSUFFICIENT_PERMISSIONS")
    assert (await world.call("PATCH", path, {"rate_limit": None}, key=ada.key)).status == 200


async def test_a_key_that_an_admin_made_for_a_member_gets_no_owners_power_when_the_member_does(world: World) -> None:
    ada = await world.person("Ada")
    bob, mia = await world.member(ada, role="admin"), await world.member(ada)
    seen = await world.made("api-keys", {**ALL, "user_id": mia.id}, key=bob.key)
    again = await world.made("api-keys", ALL, key=bob.key)
    path = f"workspaces/{ada.workspace_id}/members/{mia.id}"
    assert (await world.call("PATCH", path, {"role": "owner"}, key=ada.key)).status == 200
    # What an admin may do it may do, and so may what it makes or rotates; what only an owner may, none of them.
    made = await world.made("api-keys", ALL, key=seen["key"])
    turned = await world.made(f"api-keys/{seen['id']}/rotate", {}, key=ada.key)
    for key in (seen["key"], made["key"], turned["key"]):
        principal = await world.principal(key)
        assert isinstance(principal, Principal)
        assert (principal.permits("members:write"), principal.permits("workspaces:delete")) == (True, False)
        deleted = await world.call("DELETE", f"workspaces/{ada.workspace_id}", key=key)
        assert (deleted.status, deleted.error["code"]) == (403, "INSUFFICIENT_PERMISSIONS")
        admins = f"workspaces/{ada.workspace_id}/members/{bob.id}"
        assert (await world.call("PATCH", admins, {"role": "owner"}, key=key)).status == 403
    (own,) = [
        each
        for each in (await world.call("GET", f"api-keys?user_id={mia.id}&sort=created_at", key=ada.key)).json["data"]
        if each["last4"] == mia.key[-4:]
    ]
    assert (await world.call("DELETE", f"api-keys/{own['id']}", key=seen["key"])).status == 403
    assert not isinstance(await world.principal(again["key"]), int)
    # one that an owner made for it has no such bound
    assert (await world.call("DELETE", f"workspaces/{ada.workspace_id}", key=mia.key)).status == 204
