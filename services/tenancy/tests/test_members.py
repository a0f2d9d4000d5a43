"""Members, teams and invitations: who may do what, and what must always hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from atrium_common.errors import StateConflict
from atrium_common.store.documents import Delete, Newer
from atrium_tenancy.domain.roster import MOST_MEMBERS, Roster, Seat, change_seat
from atrium_tenancy.rows import NAMESPACES
from services.tenancy.tests.world import World


def test_a_workspace_has_at_most_20_000_members() -> None:
    teams: Any = {"owner": "team_o", "admin": "team_a", "member": "team_m"}
    full = Roster(teams, ("usr_1",), {"team_o": 1, "team_m": MOST_MEMBERS - 1})
    seat = Seat(role="member", team_id="team_m")
    at = datetime(2026, 1, 15, tzinfo=UTC)
    with pytest.raises(StateConflict, match=r"at most 20,000 members"):
        change_seat(full, "usr_new", before=None, after=seat, at=at)
    change_seat(full, "usr_2", before=seat, after=Seat(role="admin", team_id="team_a"), at=at)
    change_seat(full, "usr_2", before=seat, after=None, at=at)


async def test_a_new_workspace_has_its_creator_as_owner_and_three_system_teams(world: World) -> None:
    ada = await world.person()
    members = (await world.call("GET", f"workspaces/{ada.workspace_id}/members", key=ada.key)).json["data"]
    assert [(member["user_id"], member["role"], member["invited_by"]) for member in members] == [
        (ada.id, "owner", None)
    ]
    teams = (await world.call("GET", f"workspaces/{ada.workspace_id}/teams?sort=name", key=ada.key)).json["data"]
    assert [(team["name"], team["is_system"]) for team in teams] == [
        ("admin", True), ("member", True), ("owner", True),
    ]  # fmt: skip
    assert members[0]["team_id"] == teams[2]["id"]
    for team in teams:
        gone = await world.call("DELETE", f"workspaces/{ada.workspace_id}/teams/{team['id']}", key=ada.key)
        assert (gone.status, gone.error["code"]) == (409, "STATE_CONFLICT")


async def test_the_last_owner_can_neither_leave_nor_step_down(world: World) -> None:
    ada = await world.person()
    one = f"workspaces/{ada.workspace_id}/members/{ada.id}"
    for method, body in (("DELETE", None), ("PATCH", {"role": "admin"})):
        refused = await world.call(method, one, body, key=ada.key)
        assert (refused.status, refused.error["current_state"]) == (409, "last_owner")
    bob = await world.member(ada)
    raised = await world.call(
        "PATCH", f"workspaces/{ada.workspace_id}/members/{bob.id}", {"role": "owner"}, key=ada.key
    )
    assert raised.json["data"]["role"] == "owner"
    assert (await world.call("PATCH", one, {"role": "member"}, key=ada.key)).status == 200
    workspace = (await world.call("GET", f"workspaces/{ada.workspace_id}", key=bob.key)).json["data"]
    assert workspace["owner_id"] == bob.id


async def test_an_admin_may_do_all_but_delete_the_workspace_and_move_ownership(world: World) -> None:
    ada = await world.person()
    admin, other = await world.member(ada, role="admin"), await world.member(ada)
    members = f"workspaces/{ada.workspace_id}/members"
    assert (await world.call("PATCH", f"{members}/{other.id}", {"role": "admin"}, key=admin.key)).status == 200
    assert (await world.call("PATCH", f"workspaces/{ada.workspace_id}", {"name": "B"}, key=admin.key)).status == 200
    for method, path, body in (
        ("PATCH", f"{members}/{other.id}", {"role": "owner"}),
        ("PATCH", f"{members}/{ada.id}", {"role": "member"}),
        ("DELETE", f"{members}/{ada.id}", None),
        ("DELETE", f"workspaces/{ada.workspace_id}", None),
        ("POST", f"workspaces/{ada.workspace_id}/invitations", {"email": "x@example.com", "role": "owner"}),
        ("POST", "users", {"name": "X", "email": "x@example.com", "role": "owner"}),
    ):
        refused = await world.call(method, path, body, key=admin.key)
        assert (refused.status, refused.error["code"]) == (403, "INSUFFICIENT_PERMISSIONS"), (method, path)


async def test_a_member_reads_and_writes_namespaces_and_no_more(world: World) -> None:
    ada = await world.person()
    bob = await world.member(ada)
    assert (await world.call("GET", "users", key=bob.key)).status == 200
    assert (await world.call("POST", "namespaces", {"name": "Mine"}, key=bob.key)).status == 201
    for method, path, body in (
        ("POST", "api-keys", {"name": "k", "scopes": ["*"]}),
        ("POST", "users", {"name": "X", "email": "x@example.com"}),
        ("PATCH", f"users/{ada.id}", {"name": "X"}),
        ("PATCH", f"workspaces/{ada.workspace_id}", {"name": "X"}),
        ("POST", f"workspaces/{ada.workspace_id}/teams", {"name": "X"}),
    ):
        refused = await world.call(method, path, body, key=bob.key)
        assert (refused.status, refused.error["code"]) == (403, "INSUFFICIENT_PERMISSIONS"), (method, path)


async def test_a_teams_permissions_add_to_the_role_and_a_members_own_replace_the_teams(world: World) -> None:
    ada = await world.person()
    bob = await world.member(ada)
    teams, member = f"workspaces/{ada.workspace_id}/teams", f"workspaces/{ada.workspace_id}/members/{bob.id}"
    team = await world.made(teams, {"name": "Support", "permissions": ["api-keys:write", "tickets.close"]}, key=ada.key)
    wanted = {"name": "k", "scopes": ["*:read"]}
    assert (await world.call("POST", "api-keys", wanted, key=bob.key)).status == 403
    assert (await world.call("PATCH", member, {"team_id": team["id"]}, key=ada.key)).status == 200
    assert (await world.call("POST", "api-keys", wanted, key=bob.key)).status == 201
    own = {"custom_permissions": ["billing.view", "workspaces:write"]}
    assert (await world.call("PATCH", member, own, key=ada.key)).json["data"]["custom_permissions"] == [
        "billing.view", "workspaces:write",
    ]  # fmt: skip
    assert (await world.call("POST", "api-keys", wanted, key=bob.key)).status == 403
    assert (await world.call("PATCH", f"workspaces/{ada.workspace_id}", {"name": "B"}, key=bob.key)).status == 200
    assert (await world.call("PATCH", member, {"custom_permissions": None}, key=ada.key)).status == 200
    assert (await world.call("POST", "api-keys", wanted, key=bob.key)).status == 201
    used = await world.call("DELETE", f"{teams}/{team['id']}", key=ada.key)
    assert (used.status, used.error["current_state"]) == (409, "in_use")
    assert (await world.call("PATCH", member, {"team_id": None}, key=ada.key)).status == 200
    assert (await world.call("DELETE", f"{teams}/{team['id']}", key=ada.key)).status == 204
    assert (await world.call("PATCH", member, {"team_id": team["id"]}, key=ada.key)).status == 422


async def test_a_member_gives_itself_no_team_back_that_may_more_than_it_does(world: World) -> None:
    ada = await world.person()
    bob = await world.member(ada)
    teams, member = f"workspaces/{ada.workspace_id}/teams", f"workspaces/{ada.workspace_id}/members/{bob.id}"
    team = await world.made(teams, {"name": "Ops", "permissions": ["api-keys:*", "members:write"]}, key=ada.key)
    narrowed = {"team_id": team["id"], "custom_permissions": ["members:write"]}
    assert (await world.call("PATCH", member, narrowed, key=ada.key)).status == 200
    refused = await world.call("PATCH", member, {"custom_permissions": None}, key=bob.key)
    assert (refused.status, refused.error["required_permission"]) == (403, "api-keys:*")
    assert (await world.call("PATCH", member, {"custom_permissions": None}, key=ada.key)).status == 200


async def test_nobody_gives_more_than_they_have(world: World) -> None:
    ada = await world.person()
    bob = await world.member(ada)
    member = f"workspaces/{ada.workspace_id}/members/{bob.id}"
    mine = {"custom_permissions": ["members:write", "members:delete"]}
    assert (await world.call("PATCH", member, mine, key=ada.key)).status == 200
    for method, path, body in (
        ("PATCH", member, {"role": "admin"}),
        ("PATCH", member, {"custom_permissions": ["*"]}),
        ("PATCH", member, {"custom_permissions": ["members:write", "billing.view"]}),
        ("POST", f"workspaces/{ada.workspace_id}/teams", {"name": "T", "permissions": ["users:write"]}),
        ("POST", f"workspaces/{ada.workspace_id}/invitations", {"email": "x@example.com", "role": "admin"}),
    ):
        refused = await world.call(method, path, body, key=bob.key)
        assert (refused.status, refused.error["code"]) == (403, "INSUFFICIENT_PERMISSIONS"), body


async def test_who_may_do_all_of_ours_and_not_all_of_the_products_makes_no_owner(world: World) -> None:
    ada = await world.person("Ada")
    bob = await world.member(ada)
    path = f"workspaces/{ada.workspace_id}/members/{bob.id}"
    almost = {"custom_permissions": ["*:write", "*:delete"]}
    assert (await world.call("PATCH", path, almost, key=ada.key)).status == 200
    for more in ({"role": "owner"}, {"role": "admin"}, {"custom_permissions": ["*"]}, {"custom_permissions": ["*:*"]}):
        refused = await world.call("PATCH", path, more, key=bob.key)
        assert (refused.status, refused.error["code"]) == (403, "INSUFFICIENT_PERMISSIONS"), more
    assert (await world.call("PATCH", path, {"custom_permissions": ["*:delete"]}, key=bob.key)).status == 200


async def test_team_names_are_unique_in_a_workspace_whatever_their_case(world: World) -> None:
    ada = await world.person()
    teams = f"workspaces/{ada.workspace_id}/teams"
    team = await world.made(teams, {"name": "Support"}, key=ada.key)
    taken = await world.call("POST", teams, {"name": "SUPPORT"}, key=ada.key)
    assert (taken.status, taken.error["conflicting_field"]) == (409, "name")
    assert (await world.call("POST", teams, {"name": "Owner"}, key=ada.key)).status == 409
    assert (await world.call("PATCH", f"{teams}/{team['id']}", {"name": "support"}, key=ada.key)).status == 200
    assert (await world.call("DELETE", f"{teams}/{team['id']}", key=ada.key)).status == 204
    assert (await world.call("POST", teams, {"name": "Support"}, key=ada.key)).status == 201


async def test_only_a_user_from_a_common_workspace_can_be_added_and_others_look_missing(world: World) -> None:
    ada, eve = await world.person("Ada"), await world.person("Eve")
    members = f"workspaces/{ada.workspace_id}/members"
    foreign = await world.call("POST", members, {"user_id": eve.id}, key=ada.key)
    missing = await world.call("POST", members, {"user_id": "usr_none"}, key=ada.key)
    assert (foreign.status, missing.status) == (404, 404)
    assert foreign.error["message"].replace(eve.id, "") == missing.error["message"].replace("usr_none", "")
    assert (await world.call("POST", members, {"user_id": eve.id, "role": "admin"})).status == 201
    again = await world.call("POST", members, {"user_id": eve.id})
    assert (again.status, again.error["conflicting_field"]) == (409, "user_id")
    assert (await world.call("GET", f"workspaces/{ada.workspace_id}", key=eve.key)).status == 200
    assert (await world.call("DELETE", f"{members}/{eve.id}", key=eve.key)).status == 204
    assert (await world.call("GET", f"workspaces/{ada.workspace_id}", key=eve.key)).status == 404


async def test_nobody_gets_power_over_a_superior_by_adding_it_to_a_workspace_of_its_own(world: World) -> None:
    """Who lets a user in may change its name, and hears of its changes: where both belong, it could not."""
    ada, eve = await world.person("Ada"), await world.person("Eve")
    shared, own = f"workspaces/{ada.workspace_id}/members", f"workspaces/{eve.workspace_id}/members"
    assert (await world.call("POST", shared, {"user_id": eve.id})).status == 201
    refused = await world.call("POST", own, {"user_id": ada.id}, key=eve.key)
    assert (refused.status, refused.error["code"]) == (403, "INSUFFICIENT_PERMISSIONS")
    assert "invite the user by e-mail" in refused.error["message"]
    renamed = {"name": "Fool"}
    assert (
        await world.call("PATCH", f"users/{ada.id}", renamed, key=eve.key, workspace=ada.workspace_id)
    ).status == 403
    assert (await world.call("PATCH", f"users/{ada.id}", renamed, key=eve.key)).status == 404
    # whom one looks after in one workspace, one takes along into another
    second = await world.made("workspaces", {"name": "Second"}, key=ada.key)
    assert (
        await world.call("POST", f"workspaces/{second['id']}/members", {"user_id": eve.id}, key=ada.key)
    ).status == 201


async def test_an_invitation_is_accepted_once_by_the_user_with_its_address(world: World) -> None:
    ada, eve, mallory = await world.person("Ada"), await world.person("Eve"), await world.person("Mallory")
    path = f"workspaces/{ada.workspace_id}/invitations"
    made = await world.made(path, {"email": eve.email.upper(), "role": "admin"}, key=ada.key)
    assert len(made["token"]) == 64
    shown = await world.call("GET", f"{path}/{made['id']}", key=ada.key)
    assert "token" not in shown.json["data"]
    assert shown.json["data"]["status"] == "pending"
    foreign = await world.call("POST", "invitations/accept", {"token": made["token"]}, key=mallory.key)
    assert (foreign.status, foreign.error["required_permission"]) == (403, "members:write")
    assert "for another address" in foreign.error["message"]
    unknown = await world.call("POST", "invitations/accept", {"token": "f" * 64}, key=eve.key)
    assert (unknown.status, unknown.error["resource_type"]) == (404, "invitation")
    assert "with this token" in unknown.error["message"]
    accepted = await world.call("POST", "invitations/accept", {"token": made["token"]}, key=eve.key)
    assert accepted.status == 200
    assert accepted.json["data"]["role"] == "admin"
    assert accepted.json["data"]["invited_by"] == ada.id
    assert "key" not in accepted.json["data"]
    again = await world.call("POST", "invitations/accept", {"token": made["token"]}, key=eve.key)
    assert (again.status, again.error["code"]) == (410, "GONE")


@pytest.mark.parametrize("end", ["revoked", "past"])
async def test_an_invitation_that_was_revoked_or_is_past_is_gone(world: World, end: str) -> None:
    ada, eve = await world.person("Ada"), await world.person("Eve")
    path = f"workspaces/{ada.workspace_id}/invitations"
    made = await world.made(path, {"email": eve.email}, key=ada.key)
    if end == "revoked":
        assert (await world.call("DELETE", f"{path}/{made['id']}", key=ada.key)).status == 204
    else:
        world.clock.advance(7 * 24 * 3600)
        listed = await world.call("GET", f"{path}?status=expired", key=ada.key)
        assert [each["id"] for each in listed.json["data"]] == [made["id"]]
        assert listed.json["data"][0]["status"] == "expired"
    gone = await world.call("POST", "invitations/accept", {"token": made["token"]}, key=eve.key)
    assert (gone.status, gone.error["code"]) == (410, "GONE")
    late = await world.call("DELETE", f"{path}/{made['id']}", key=ada.key)
    assert (late.status, late.error["code"]) == (409, "STATE_CONFLICT")


async def test_a_known_address_makes_an_invitation_and_the_answer_tells_nothing_else(world: World) -> None:
    ada, eve = await world.person("Ada"), await world.person("Eve")
    answer = await world.call("POST", "users", {"name": "Somebody", "email": eve.email, "role": "admin"}, key=ada.key)
    assert answer.status == 202
    assert set(answer.json["data"]) == {
        "id", "workspace_id", "email", "role", "team_id", "status", "invited_by", "accepted_by", "expires_at",
        "created_at", "updated_at", "token",
    }  # fmt: skip
    assert eve.id not in answer.body.decode()
    token = answer.json["data"]["token"]
    assert (await world.call("POST", "invitations/accept", {"token": token}, key=eve.key)).status == 200
    member = await world.call("POST", "users", {"name": "Somebody", "email": eve.email}, key=ada.key)
    assert (member.status, member.error["conflicting_field"]) == (409, "email")


async def test_members_are_searched_by_what_their_users_are_called(world: World) -> None:
    ada = await world.person("Ada Lovelace")
    await world.person("Grace Hopper")
    grace = await world.made("users", {"name": "Grace Murray", "email": "g.m@example.com"}, key=ada.key)
    members = f"workspaces/{ada.workspace_id}/members"

    async def found(query: str) -> list[str]:
        answer = await world.call("GET", f"{members}?{query}", key=ada.key)
        return [each["user_id"] for each in answer.json["data"]]

    assert await found("search=grac") == [grace["id"]]
    assert await found("search=mur+GRACE&role=member&cursor=") == [grace["id"]]
    assert await found("search=grace&role=owner") == await found("search=race") == await found("search=hopper") == []
    assert await found("search=example&sort=-updated_at") == [grace["id"], ada.id]
    blind = await world.made("api-keys", {"name": "blind", "scopes": ["members:read"]}, key=ada.key)
    refused = await world.call("GET", f"{members}?search=grace", key=blind["key"])
    assert refused.error["required_scope"] == "users:read"


@pytest.mark.parametrize("by", ["itself", "an admin"])
async def test_the_own_namespaces_of_who_leaves_are_no_more_the_workspaces(world: World, by: str) -> None:
    ada, bob, eve = await world.person("Ada"), await world.person("Bob"), await world.person("Eve")
    workspace = f"workspaces/{ada.workspace_id}"
    for each in (bob, eve):
        assert (await world.call("POST", f"{workspace}/members", {"user_id": each.id})).status == 201
    body = {"name": "N", "owner_type": "User", "workspace_id": ada.workspace_id}
    own, others = [
        await world.made("namespaces", body, key=each.key, workspace=ada.workspace_id) for each in (bob, eve)
    ]
    shared = await world.made("namespaces", {"name": "S"}, key=bob.key, workspace=ada.workspace_id)
    key = bob.key if by == "itself" else ada.key
    assert (await world.call("DELETE", f"{workspace}/members/{bob.id}", key=key)).status == 204
    wanted = {"namespace_ids": [own["id"], others["id"]]}
    facts = (await world.internal("POST", "holders/resolve", wanted)).json["namespaces"]
    assert (facts[own["id"]]["workspace_id"], facts[own["id"]]["billing_workspace_id"]) == (None, bob.workspace_id)
    assert facts[own["id"]]["version"] == 2
    assert facts[others["id"]]["billing_workspace_id"] == ada.workspace_id
    listed = (await world.call("GET", "namespaces", key=ada.key)).json["data"]
    assert {each["id"] for each in listed} == {others["id"], shared["id"]}
    assert (await world.call("GET", f"namespaces/{own['id']}", key=ada.key)).status == 404
    assert (await world.call("GET", f"namespaces/{own['id']}", key=bob.key)).status == 200
    (told,) = [data for event, data in await world.published() if event == "namespace.updated"]
    assert told["previous_attributes"] == {"workspace_id": ada.workspace_id}


async def test_a_namespace_made_while_its_owner_is_being_removed_is_not_paid_either(world: World) -> None:
    ada, bob = await world.person("Ada"), await world.person("Bob")
    workspace = f"workspaces/{ada.workspace_id}"
    body = {"name": "N", "owner_type": "User", "workspace_id": ada.workspace_id}
    stranger = await world.call("POST", "namespaces", {**body, "owner_id": bob.id})
    assert (stranger.status, list(stranger.error["details"])) == (422, ["workspace_id"])
    assert (await world.call("POST", f"{workspace}/members", {"user_id": bob.id})).status == 201
    own = await world.made("namespaces", body, key=bob.key, workspace=ada.workspace_id)
    before = world.clock.now().isoformat()
    world.clock.advance(60)
    # Its row is put after its commit: who removes the owner between the two does not find it.
    await world.store.documents.write([Delete(NAMESPACES.name, own["id"], 2, Newer())])
    assert (await world.call("DELETE", f"{workspace}/members/{bob.id}", key=ada.key)).status == 204
    wanted = {"namespace_ids": [own["id"]]}
    facts = (await world.internal("POST", "holders/resolve", wanted)).json["namespaces"][own["id"]]
    assert (facts["workspace_id"], facts["billing_workspace_id"]) == (None, bob.workspace_id)
    then = (await world.internal("POST", "holders/resolve", {**wanted, "as_of": before})).json["namespaces"][own["id"]]
    assert then["billing_workspace_id"] == ada.workspace_id


async def test_nobody_stays_a_member_by_having_more_namespaces_than_a_commit_takes(world: World) -> None:
    ada, bob = await world.person("Ada"), await world.person("Bob")
    workspace = f"workspaces/{ada.workspace_id}"
    assert (await world.call("POST", f"{workspace}/members", {"user_id": bob.id})).status == 201
    own = {"owner_type": "User", "workspace_id": ada.workspace_id}
    for _ in range(3):
        operations = [{"action": "create", "data": {"name": "N", **own}} for _ in range(70)]
        made = await world.call(
            "POST", "namespaces/batch", {"operations": operations}, key=bob.key, workspace=ada.workspace_id
        )
        assert made.status == 200
    before = await world.store.log.tail()
    assert (await world.call("DELETE", f"{workspace}/members/{bob.id}", key=ada.key)).status == 204
    commits = await world.store.log.read_log(after=before, limit=500)
    changed = [sum(part.stream.startswith("namespace/") for part in each.proposal.slices) for each in commits]
    assert (sum(changed), max(changed)) == (210, 100)
    assert not (await world.call("GET", "namespaces", key=ada.key)).json["data"]


async def test_nobody_is_shut_out_by_permissions_that_are_too_long_to_travel(world: World) -> None:
    ada = await world.person("Ada")
    bob = await world.member(ada, role="admin")
    path = f"workspaces/{ada.workspace_id}/members/{bob.id}"
    longest = [f"t.{number:03}".ljust(128, "a") for number in range(100)]
    for permissions, status in ((longest, 200), ([*longest[1:], longest[0] + "a"], 422)):
        answer = await world.call("PATCH", path, {"custom_permissions": permissions}, key=ada.key)
        assert answer.status == status
        team = {"name": f"T {status}", "permissions": permissions}
        made = await world.call("POST", f"workspaces/{ada.workspace_id}/teams", team, key=ada.key)
        assert made.status in {201, 422}
        assert (made.status == 201) is (status == 200)
    key = await world.made("api-keys", {"name": "k", "scopes": ["*"], "user_id": bob.id}, key=bob.key)
    mia = await world.member(ada)
    seen = await world.made("api-keys", {"name": "k", "scopes": ["*"], "user_id": mia.id}, key=bob.key)
    for each in (key, seen):
        assert (await world.call("GET", "namespaces", key=each["key"])).status == 200
