"""Invitations that come to be accepted late: what has changed since counts."""

from __future__ import annotations

from typing import Any, cast

import pytest

from atrium_common.principal import Principal
from atrium_common.testing.http import Answer
from services.tenancy.tests.world import API, Person, World


async def _invited(world: World, by: Person, key: str = "", **wanted: Any) -> str:
    path = f"workspaces/{by.workspace_id}/invitations"
    made = await world.made(path, {"email": "new@example.com", **wanted}, key=key or by.key)
    return cast("str", made["token"])


async def _accepted(world: World, token: str) -> Answer:
    """Accepted by somebody who has no key yet."""
    nobody = Principal(scopes=("members:write",))
    return await world.service.request("POST", f"{API}/invitations/accept", json={"token": token}, principal=nobody)


@pytest.mark.parametrize("end", ["removed", "erased", "demoted", "without its team"])
async def test_an_invitation_ends_with_what_allowed_to_make_it(world: World, end: str) -> None:
    """Who is thrown out must not come back by an invitation to an address of its own."""
    ada = await world.person("Ada")
    workspace = f"workspaces/{ada.workspace_id}"
    bob = await world.member(ada, role="member" if end == "without its team" else "admin")
    member = f"{workspace}/members/{bob.id}"
    if end == "without its team":
        team = await world.made(f"{workspace}/teams", {"name": "HR", "permissions": ["members:*"]}, key=ada.key)
        assert (await world.call("PATCH", member, {"team_id": team["id"]}, key=ada.key)).status == 200
    token = await _invited(world, bob, role="member")
    match end:
        case "removed":
            done = await world.call("DELETE", member, key=ada.key)
        case "erased":
            done = await world.call("DELETE", f"users/{bob.id}")
        case "demoted":
            done = await world.call("PATCH", member, {"role": "member"}, key=ada.key)
        case _:
            done = await world.call("PATCH", member, {"team_id": None}, key=ada.key)
    assert done.status in {200, 204}
    gone = await _accepted(world, token)
    assert (gone.status, gone.error["code"]) == (410, "GONE")
    assert "Ask for a new one" in gone.error["message"]
    assert (await _accepted(world, await _invited(world, ada, role="owner"))).status == 200


async def test_an_admin_who_steps_down_leaves_no_invitation_to_more_than_it_may_give_now(world: World) -> None:
    ada = await world.person("Ada")
    eve = await world.member(ada, role="owner")
    token, lesser = await _invited(world, eve, role="owner"), await _invited(world, eve, role="admin", email="l@x.org")
    member = f"workspaces/{ada.workspace_id}/members/{eve.id}"
    assert (await world.call("PATCH", member, {"role": "admin"}, key=ada.key)).status == 200
    assert (await _accepted(world, token)).status == 410
    assert (await _accepted(world, lesser)).status == 200


async def test_what_the_operator_invites_to_lasts_though_it_is_no_member(world: World) -> None:
    ada = await world.person("Ada")
    operators = Person("", cast("str", world.operator.key), "", ada.workspace_id)
    assert (await _accepted(world, await _invited(world, operators, role="owner"))).status == 200


async def test_nobody_joins_a_suspended_workspace(world: World) -> None:
    ada = await world.person("Ada")
    token = await _invited(world, ada)
    workspace = f"workspaces/{ada.workspace_id}"
    assert (await world.call("POST", f"{workspace}/suspend", {"reason": "unpaid since May"})).status == 200
    refused = await _accepted(world, token)
    assert (refused.status, refused.error["code"]) == (403, "WORKSPACE_SUSPENDED")
    # why, is the business of those who belong to it
    assert refused.error["reason"] is None
    assert (await world.call("POST", f"{workspace}/unsuspend")).status == 200
    assert (await _accepted(world, token)).status == 200


async def test_the_first_key_has_no_higher_tier_or_limit_than_the_key_that_invited(world: World) -> None:
    ada = await world.person("Ada", tier="enterprise")
    limit = {"requests": 20_000, "burst": 300}
    cases: tuple[tuple[dict[str, Any], str, object], ...] = (
        ({"rate_limit_tier": "free"}, "free", None),
        ({"rate_limit": limit}, "enterprise", limit),
        ({}, "enterprise", None),
    )
    for settings, tier, own in cases:
        maker = await world.made("api-keys", {"name": "hr", "scopes": ["*"], **settings}, key=ada.key)
        token = await _invited(world, ada, maker["key"], email=f"{maker['id']}@example.com")
        first = (await _accepted(world, token)).json["data"]["api_key"]
        assert (first["rate_limit_tier"], first["rate_limit"]) == (tier, own)
