"""Workspaces and namespaces: slugs, settings, defaults, deletion and what it closes."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from atrium_common.bus.translation import messages_of
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.principal import Principal
from atrium_common.store.documents import Newer, Put
from atrium_tenancy.domain.member import key_of
from atrium_tenancy.http.includes import namespaces_of
from services.tenancy.tests.world import World


async def test_a_deleted_workspace_closes_its_keys_and_restore_brings_back_exactly_those(world: World) -> None:
    ada = await world.person()
    bob = await world.member(ada)
    revoked = await world.made("api-keys", {"name": "r", "scopes": ["*"]}, key=ada.key)
    assert (await world.call("DELETE", f"api-keys/{revoked['id']}", key=ada.key)).status == 204
    namespace = await world.made("namespaces", {"name": "N"}, key=ada.key)
    asleep = await world.made("namespaces", {"name": "Asleep", "is_active": False}, key=ada.key)
    assert (await world.call("DELETE", f"workspaces/{ada.workspace_id}", key=ada.key)).status == 204
    assert await world.principal(bob.key) == 401
    assert (await world.call("GET", f"workspaces/{ada.workspace_id}")).status == 404
    assert (await world.call("GET", f"namespaces/{namespace['id']}")).status == 404
    taken = await world.call("POST", "workspaces", {"name": "Other", "slug": "ada-lovelace-s"})
    assert (taken.status, taken.error["conflicting_field"]) == (409, "slug")
    told = (await world.internal("POST", "keys/resolve", {"digest": _digest(ada.key)})).json
    assert told["key"]["only_restore"] is True
    assert told["context"]["workspace"]["status"] == "deleted"
    listed = await world.call("GET", "workspaces?status=deleted", key=ada.key)
    assert [workspace["id"] for workspace in listed.json["data"]] == [ada.workspace_id]
    restored = await world.call("POST", f"workspaces/{ada.workspace_id}/restore", key=ada.key)
    assert (restored.status, restored.json["data"]["status"]) == (200, "active")
    assert not isinstance(await world.principal(bob.key), int)
    assert await world.principal(revoked["key"]) == 401
    back = (await world.call("GET", "namespaces?sort=name", key=ada.key)).json["data"]
    assert [(each["id"], each["is_active"]) for each in back] == [(asleep["id"], False), (namespace["id"], True)]
    again = await world.call("POST", f"workspaces/{ada.workspace_id}/restore", key=ada.key)
    assert (again.status, again.error["code"]) == (409, "STATE_CONFLICT")


async def test_a_workspace_whose_last_owner_was_erased_is_restored_only_to_a_new_owner(world: World) -> None:
    ada = await world.person()
    bob = await world.member(ada)
    path = f"workspaces/{ada.workspace_id}"
    early = await world.call("POST", f"{path}/restore", {"owner_id": bob.id}, key=ada.key)
    assert early.error["code"] == "INSUFFICIENT_SCOPE"
    assert (await world.call("DELETE", path, key=ada.key)).status == 204
    owned = await world.call("POST", f"{path}/restore", {"owner_id": bob.id})
    assert (owned.status, list(owned.error["details"])) == (422, ["owner_id"])
    assert (await world.call("DELETE", f"users/{ada.id}")).status == 204
    refused = await world.call("POST", f"{path}/restore")
    assert (refused.status, refused.error["current_state"]) == (409, "no_owner")
    for nobody in (ada.id, "usr_none"):
        unfit = await world.call("POST", f"{path}/restore", {"owner_id": nobody})
        assert (unfit.status, list(unfit.error["details"])) == (422, ["owner_id"])
    restored = await world.call("POST", f"{path}/restore", {"owner_id": bob.id})
    assert (restored.status, restored.json["data"]["owner_id"]) == (200, bob.id)
    members = (await world.call("GET", f"{path}/members", key=bob.key)).json["data"]
    assert [(member["user_id"], member["role"]) for member in members] == [(bob.id, "owner")]
    assert (await world.call("DELETE", path, key=bob.key)).status == 204
    assert (await world.call("POST", f"{path}/restore", key=bob.key)).status == 200


async def test_a_stranger_too_may_be_given_a_workspace_that_nobody_owns(world: World) -> None:
    ada, eve = await world.person(), await world.person("Eve")
    path = f"workspaces/{ada.workspace_id}"
    assert (await world.call("DELETE", path, key=ada.key)).status == 204
    assert (await world.call("DELETE", f"users/{ada.id}")).status == 204
    restored = await world.call("POST", f"{path}/restore", {"owner_id": eve.id})
    assert (restored.status, restored.json["data"]["owner_id"]) == (200, eve.id)
    assert (await world.call("GET", path, key=eve.key)).status == 200


def _digest(key: str) -> str:
    from atrium_common.api_keys import digest

    return digest(key)


async def test_after_thirty_days_a_purge_frees_the_slug_and_ends_what_was_in_it(world: World) -> None:
    ada = await world.person()
    namespace = await world.made("namespaces", {"name": "N"}, key=ada.key)
    assert (await world.call("DELETE", f"workspaces/{ada.workspace_id}", key=ada.key)).status == 204
    world.clock.advance(30 * 24 * 3600 - 1)
    await world.housekeeping.step()
    assert (await world.call("POST", "workspaces", {"name": "O", "slug": "ada-lovelace-s"})).status == 409
    world.clock.advance(1)
    late = await world.call("POST", f"workspaces/{ada.workspace_id}/restore")
    assert (late.status, late.error["current_state"]) == (409, "purged")
    await world.housekeeping.step()
    assert (await world.call("POST", "workspaces", {"name": "O", "slug": "ada-lovelace-s"})).status == 201
    assert await world.principal(ada.key) == 401
    events = [(event, data["object"]["id"]) for event, data in await world.published()]
    assert ("namespace.deleted", namespace["id"]) in events
    assert ("api_key.revoked", (await _keys_of(world, ada.id))) in events


async def test_a_purge_leaves_a_users_own_namespace_to_the_user(world: World) -> None:
    ada, bob = await world.person("Ada"), await world.person("Bob")
    assert (await world.call("POST", f"workspaces/{ada.workspace_id}/members", {"user_id": bob.id})).status == 201
    body = {"name": "N", "owner_type": "User", "workspace_id": ada.workspace_id}
    own = await world.made("namespaces", body, key=bob.key, workspace=ada.workspace_id)
    assert (await world.call("DELETE", f"workspaces/{ada.workspace_id}", key=ada.key)).status == 204
    world.clock.advance(30 * 24 * 3600)
    await world.housekeeping.step()
    left = await world.call("GET", f"namespaces/{own['id']}", key=bob.key)
    assert (left.status, left.json["data"]["workspace_id"]) == (200, None)


async def _keys_of(world: World, user_id: str) -> str:
    made = [data["object"] for event, data in await world.published() if event == "api_key.created"]
    return str([key["id"] for key in made if key["attributes"]["user_id"] == user_id][-1])


async def test_a_suspended_workspace_is_closed_to_all_but_the_operator(world: World) -> None:
    ada = await world.person()
    path = f"workspaces/{ada.workspace_id}"
    assert (await world.call("POST", f"{path}/suspend", {"reason": "unpaid"}, key=ada.key)).status == 403
    suspended = await world.call("POST", f"{path}/suspend", {"reason": "unpaid"})
    assert suspended.json["data"]["status"] == "suspended"
    assert (await world.call("POST", f"{path}/suspend", {"reason": "again"})).status == 409
    assert await world.principal(ada.key) == 403
    second = await world.person("Eve")
    assert (await world.call("POST", f"{path}/members", {"user_id": second.id})).status == 201
    refused = await world.call("GET", path, key=second.key)
    assert (refused.status, refused.error["code"], refused.error["reason"]) == (403, "WORKSPACE_SUSPENDED", "unpaid")
    assert (await world.call("POST", f"{path}/unsuspend")).json["data"]["status"] == "active"
    assert (await world.call("GET", path, key=ada.key)).status == 200


async def test_slugs_are_made_from_names_and_numbered_also_inside_an_atomic_batch(world: World) -> None:
    operations = [{"action": "create", "data": {"name": "Änderung & Co."}} for _ in range(12)]
    done = await world.call("POST", "workspaces/batch", {"operations": operations, "atomic": True})
    assert done.json["meta"] == {"succeeded": 12, "failed": 0}
    slugs = [result["data"]["slug"] for result in done.json["data"]]
    assert slugs[:3] == ["anderung-co", "anderung-co-2", "anderung-co-3"]
    assert len(set(slugs)) == 12
    assert (await world.made("workspaces", {"name": "Änderung, Co!"}))["slug"] not in slugs
    long = await world.made("workspaces", {"name": "x" * 255})
    assert len(long["slug"]) <= 63


async def test_settings_are_merged_bounded_and_checked(world: World) -> None:
    ada = await world.person()
    path = f"workspaces/{ada.workspace_id}"
    for settings, fault in (
        ({"timezone": "Mars/Phobos"}, "settings.timezone"),
        ({"locale": "english"}, "settings.locale"),
        ({"x": "y" * 17_000}, "settings"),
    ):
        refused = await world.call("PATCH", path, {"settings": settings}, key=ada.key)
        assert (refused.status, *refused.error["details"]) == (422, fault)
    first = {"timezone": "UTC", "locale": "en_GB", "nested": {"a": 1, "b": 2}, "x": "y" * 9_000}
    assert (await world.call("PATCH", path, {"settings": first}, key=ada.key)).status == 200
    merged = await world.call("PATCH", path, {"settings": {"nested": {"a": None}, "locale": None}}, key=ada.key)
    assert merged.json["data"]["settings"] == {"timezone": "UTC", "nested": {"b": 2}, "x": "y" * 9_000}
    assert (await world.call("PATCH", path, {"settings": {"z": "y" * 9_000}}, key=ada.key)).status == 422


async def test_settings_may_be_16_kib_after_the_merge_and_not_a_byte_more(world: World) -> None:
    ada = await world.person()
    namespace = await world.made("namespaces", {"name": "N"}, key=ada.key)
    full = 16 * 1024 - len('{"x":""}')
    for path in (f"workspaces/{ada.workspace_id}", f"namespaces/{namespace['id']}"):
        assert (await world.call("PATCH", path, {"settings": {"old": "y" * 9_000}}, key=ada.key)).status == 200
        over = {"settings": {"old": None, "x": "y" * (full + 1)}}
        assert (await world.call("PATCH", path, over, key=ada.key)).status == 422
        fits = {"settings": {"old": None, "x": "y" * full}}
        assert (await world.call("PATCH", path, fits, key=ada.key)).status == 200
    for path in ("workspaces", "namespaces"):
        new = {"name": "N", "settings": {"timezone": None, "x": "y" * full}}
        assert (await world.made(path, new, key=ada.key))["settings"] == {"x": "y" * full}
        refused = await world.call("POST", path, {"name": "N", "settings": {"x": "y" * (full + 1)}}, key=ada.key)
        assert (refused.status, *refused.error["details"]) == (422, "settings")


async def test_a_big_workspace_on_the_page_leaves_room_for_what_the_others_include(world: World) -> None:
    ada = await world.person()
    small = await world.made("workspaces", {"name": "Small"}, key=ada.key)
    many = {"operations": [{"action": "create", "data": {"name": "N"}}] * 100}
    for _ in range(2):
        assert (await world.call("POST", "namespaces/batch", many, key=ada.key)).json["meta"]["failed"] == 0
    mine = {"name": "Mine", "owner_type": "Workspace", "owner_id": small["id"]}
    await world.made("namespaces", mine, key=ada.key)
    page: list[JSONObject] = [{"id": each, "status": "active"} for each in (ada.workspace_id, small["id"])]
    principal = await world.principal(ada.key)
    assert isinstance(principal, Principal)
    await namespaces_of(world.tenancy, most=200)(page, principal)
    assert [len(cast("list[JSON]", workspace["namespaces"])) for workspace in page] == [100, 1]


async def test_a_new_default_namespace_takes_the_place_of_the_old(world: World) -> None:
    ada = await world.person()
    first = await world.made("namespaces", {"name": "A", "is_default": True}, key=ada.key)
    own = await world.made("namespaces", {"name": "A", "owner_type": "User", "is_default": True}, key=ada.key)
    second = await world.made("namespaces", {"name": "B", "is_default": True}, key=ada.key)
    defaults = (await world.call("GET", "namespaces?is_default=true", key=ada.key)).json["data"]
    assert {each["id"] for each in defaults} == {own["id"], second["id"]}
    assert (await world.call("PATCH", f"namespaces/{first['id']}", {"is_default": True}, key=ada.key)).status == 200
    assert (await world.call("GET", f"namespaces/{second['id']}", key=ada.key)).json["data"]["is_default"] is False
    assert (await world.call("DELETE", f"namespaces/{first['id']}", key=ada.key)).status == 204
    assert (await world.made("namespaces", {"name": "C", "is_default": True}, key=ada.key))["is_default"] is True


@pytest.mark.parametrize("path", ["workspaces", "namespaces"])
async def test_many_who_give_one_name_at_once_and_no_slug_all_get_one(world: World, path: str) -> None:
    made = await asyncio.gather(*(world.call("POST", path, {"name": "Same"}) for _ in range(20)))
    assert [answer.status for answer in made] == [201] * 20
    assert len({answer.json["data"]["slug"] for answer in made}) == 20


async def test_many_atomic_batches_that_give_one_name_at_once_all_get_their_slugs(world: World) -> None:
    batch = {"atomic": True, "operations": [{"action": "create", "data": {"name": "Same"}}] * 3}
    made = await asyncio.gather(*(world.call("POST", "namespaces/batch", batch) for _ in range(10)))
    assert [answer.status for answer in made] == [200] * 10
    assert len({result["data"]["slug"] for answer in made for result in answer.json["data"]}) == 30
    chosen = {"atomic": True, "operations": [{"action": "create", "data": {"name": "Same", "slug": "one"}}]}
    asked = await asyncio.gather(*(world.call("POST", "namespaces/batch", chosen) for _ in range(5)))
    assert sorted(answer.status for answer in asked) == [200, 409, 409, 409, 409]


async def test_namespaces_belong_to_a_workspace_or_a_user_and_slugs_are_unique_for_each_owner(world: World) -> None:
    ada = await world.person("Ada")
    eve = await world.person("Eve")
    shared = await world.made("namespaces", {"name": "Shared", "slug": "same"}, key=ada.key)
    own = await world.made("namespaces", {"name": "Own", "slug": "same", "owner_type": "User"}, key=ada.key)
    paid = {"name": "Paid", "owner_type": "User", "workspace_id": ada.workspace_id}
    billed = await world.made("namespaces", paid, key=ada.key)
    assert (shared["owner_type"], shared["owner_id"], shared["workspace_id"]) == (
        "Workspace", ada.workspace_id, ada.workspace_id,
    )  # fmt: skip
    assert (own["owner_id"], own["workspace_id"], billed["workspace_id"]) == (ada.id, None, ada.workspace_id)
    taken = await world.call("POST", "namespaces", {"name": "x", "slug": "same"}, key=ada.key)
    assert (taken.status, taken.error["conflicting_field"]) == (409, "slug")
    assert (await world.call("PATCH", f"namespaces/{billed['id']}", {"slug": "same"}, key=ada.key)).status == 409
    filtered = (await world.call("GET", f"namespaces?workspace_id={ada.workspace_id}", key=ada.key)).json["data"]
    assert {each["id"] for each in filtered} == {shared["id"], billed["id"]}
    for owner in ({"owner_id": eve.workspace_id}, {"workspace_id": eve.workspace_id}, {"owner_id": "wks_none"}):
        assert (await world.call("POST", "namespaces", {"name": "x", **owner}, key=ada.key)).status == 404
    facts = (await world.internal("POST", "holders/resolve", {"namespace_ids": [own["id"], billed["id"]]})).json
    assert facts["namespaces"][own["id"]]["billing_workspace_id"] == ada.workspace_id
    assert facts["namespaces"][own["id"]]["owner_tier"] == "enterprise"
    assert facts["namespaces"][billed["id"]]["version"] == 1
    bob = await world.member(ada)
    assert (await world.call("GET", f"namespaces/{billed['id']}", key=bob.key)).status == 200
    assert (await world.call("PATCH", f"namespaces/{billed['id']}", {"name": "x"}, key=bob.key)).status == 403


async def test_a_personal_namespace_is_told_of_in_a_workspace_of_its_users_and_in_no_other(world: World) -> None:
    ada, eve = await world.person("Ada"), await world.person("Eve")
    bob = await world.member(ada)
    path = f"workspaces/{ada.workspace_id}/members"
    assert (await world.call("POST", path, {"user_id": eve.id})).status == 201
    unbound = await world.made(
        "api-keys", {"name": "u", "scopes": ["*"], "user_id": bob.id}, workspace=ada.workspace_id
    )
    made = [
        await world.made("namespaces", {"name": "Secret", "owner_type": "User"}, key=key)
        for key in (unbound["key"], eve.key)
    ]
    told = {
        str(message.data["object"]["id"]): message.workspace_ids  # type: ignore[call-overload,index]
        for commit in await world.store.log.read_log(after=0, limit=1_000)
        for message in await messages_of(commit, service="tenancy", open_sealed=world.vault.open)
        if message.type == "namespace.created"
    }
    assert told == {made[0]["id"]: (), made[1]["id"]: (eve.workspace_id,)}


async def test_facts_on_holders_are_told_as_they_were_at_a_moment(world: World) -> None:
    ada = await world.person(tier="business")
    own = await world.made("namespaces", {"name": "Own", "owner_type": "User"}, key=ada.key)
    world.clock.advance(60)
    before = world.clock.now().isoformat()
    world.clock.advance(60)
    assert (await world.call("PATCH", f"users/{ada.id}", {"tier": "free"})).status == 200
    settings = {"settings": {"timezone": "Europe/London"}}
    assert (await world.call("PATCH", f"workspaces/{ada.workspace_id}", settings, key=ada.key)).status == 200
    later = await world.made("namespaces", {"name": "Later"}, key=ada.key)
    wanted = {"namespace_ids": [own["id"], later["id"]], "workspace_ids": [ada.workspace_id]}
    then = (await world.internal("POST", "holders/resolve", {**wanted, "as_of": before})).json
    now = (await world.internal("POST", "holders/resolve", wanted)).json
    tiers = [told["namespaces"][own["id"]]["owner_tier"] for told in (then, now)]
    zones = [told["workspaces"][ada.workspace_id]["timezone"] for told in (then, now)]
    assert (tiers, zones) == (["business", "free"], [None, "Europe/London"])
    assert set(then["namespaces"]) == {own["id"]}
    assert then["namespaces"][own["id"]]["billing_workspace_id"] == ada.workspace_id
    assert set(now["namespaces"]) == {own["id"], later["id"]}


async def test_includes_bring_related_resources_and_need_their_scopes(world: World) -> None:
    ada = await world.person()
    bob = await world.member(ada)
    namespace = await world.made("namespaces", {"name": "N"}, key=ada.key)
    one = await world.call(
        "GET", f"workspaces/{ada.workspace_id}?include=owner,members,namespaces&fields=name", key=ada.key
    )
    data = one.json["data"]
    assert data["owner"]["id"] == ada.id
    assert {member["user_id"] for member in data["members"]} == {ada.id, bob.id}
    assert [each["id"] for each in data["namespaces"]] == [namespace["id"]]
    assert set(data) == {"id", "name", "owner", "members", "namespaces"}
    members = await world.call("GET", f"workspaces/{ada.workspace_id}/members?include=user", key=ada.key)
    assert {member["user"]["email"] for member in members.json["data"]} == {ada.email, bob.email}
    narrow = await world.made("api-keys", {"name": "n", "scopes": ["workspaces:read"]}, key=ada.key)
    refused = await world.call("GET", "workspaces?include=owner", key=narrow["key"])
    assert (refused.status, refused.error["required_scope"]) == (403, "users:read")


async def test_nothing_of_a_suspended_workspace_comes_along_with_the_list(world: World) -> None:
    ada = await world.person()
    await world.made("namespaces", {"name": "N"}, key=ada.key)
    other = await world.made("workspaces", {"name": "Open"}, key=ada.key)
    assert (await world.call("POST", f"workspaces/{ada.workspace_id}/suspend", {"reason": "unpaid"})).status == 200
    asked = "workspaces?include=members,namespaces"
    listed = await world.call("GET", asked, key=ada.key, workspace=other["id"])
    found = {each["id"]: each for each in listed.json["data"]}
    closed = found[ada.workspace_id]
    assert (closed["status"], closed["members"], closed["namespaces"]) == ("suspended", None, None)
    assert [member["user_id"] for member in found[other["id"]]["members"]] == [ada.id]
    operators = (await world.call("GET", f"{asked}&slug={closed['slug']}")).json["data"][0]
    assert (len(operators["members"]), len(operators["namespaces"])) == (1, 1)


async def test_the_workspace_list_filters_searches_and_sorts(world: World) -> None:
    ada = await world.person()
    names = ["Blue Whale", "Blue Bird", "Green Bird"]
    for name in names:
        world.clock.advance(60)
        await world.made("workspaces", {"name": name}, key=ada.key)

    async def found(query: str) -> list[str]:
        return [each["name"] for each in (await world.call("GET", f"workspaces?{query}", key=ada.key)).json["data"]]

    assert await found("search=bir%20BLU") == ["Blue Bird"]
    assert await found("search=ird") == []
    assert await found("sort=name&tier=free") == ["Blue Bird", "Blue Whale", "Green Bird"]
    assert await found("created_after=2026-01-15T10:31:00Z") == ["Green Bird", "Blue Bird"]
    assert await found("created_before=2026-01-15T10:31:00Z") == ["Ada Lovelace's"]
    assert await found("updated_after=2026-01-15T10:32:00Z&updated_before=2026-01-15T10:33:00Z") == []
    assert len(await found("status=active")) == 4
    assert await found("status=suspended") == []
    assert (await world.call("GET", "workspaces?status=sleeping", key=ada.key)).status == 422


async def test_the_list_holds_every_workspace_of_its_user_however_many_there_are(world: World) -> None:
    ada = await world.person("Ada")
    workspace = await world.store.documents.get("workspaces", ada.workspace_id)
    member = await world.store.documents.get("members", key_of(ada.workspace_id, ada.id))
    assert workspace is not None
    assert member is not None
    many = [f"wks_{number:05}" for number in range(5_010)]
    await world.store.documents.write(
        [Put("workspaces", each, {**workspace.body, "id": each}, 1, Newer()) for each in many]
        + [Put("members", key_of(each, ada.id), {**member.body, "workspace_id": each}, 1, Newer()) for each in many]
    )
    last = await world.call("GET", "workspaces?sort=id&per_page=100&page=51", key=ada.key)
    assert last.json["meta"]["total"] == 5_011
    assert [each["id"] for each in last.json["data"]] == many[4_999:]


async def test_if_match_holds_on_every_change(world: World) -> None:
    ada = await world.person()
    bob = await world.member(ada)
    namespace = await world.made("namespaces", {"name": "N"}, key=ada.key)
    key = await world.made("api-keys", {"name": "k", "scopes": ["*"]}, key=ada.key)
    team = await world.made(f"workspaces/{ada.workspace_id}/teams", {"name": "T"}, key=ada.key)
    for path, body in (
        (f"namespaces/{namespace['id']}", {"name": "M"}),
        (f"api-keys/{key['id']}", {"name": "M"}),
        (f"workspaces/{ada.workspace_id}/teams/{team['id']}", {"name": "M"}),
        (f"workspaces/{ada.workspace_id}/members/{bob.id}", {"custom_permissions": ["a.b"]}),
        (f"users/{bob.id}", {"name": "M"}),
        (f"workspaces/{ada.workspace_id}", {"name": "M"}),
    ):
        tag = (await world.call("GET", path, key=ada.key)).headers["ETag"]
        stale = await world.call("PATCH", path, body, key=ada.key, headers={"If-Match": '"99-x0"'})
        assert stale.status in {400, 412}, path
        other = await world.call("PATCH", path, body, key=ada.key, headers={"If-Match": '"99-0f"'})
        assert (other.status, other.error["code"]) == (412, "PRECONDITION_FAILED"), path
        assert (await world.call("PATCH", path, body, key=ada.key, headers={"If-Match": tag})).status == 200, path
        if path.startswith("users"):
            continue
        gone = await world.call("DELETE", path, key=ada.key, headers={"If-Match": tag})
        assert gone.status == 412, path


async def test_updates_publish_what_changed_and_nothing_else(world: World) -> None:
    ada = await world.person()
    path = f"workspaces/{ada.workspace_id}"
    assert (await world.call("PATCH", path, {"name": "B"}, key=ada.key)).status == 200
    count = len(await world.published())
    assert (await world.call("PATCH", path, {"name": "B"}, key=ada.key)).status == 200
    events = await world.published()
    assert len(events) == count
    event, data = events[-1]
    assert (event, data["previous_attributes"]) == ("workspace.updated", {"name": "Ada Lovelace's"})
    assert data["object"]["attributes"]["name"] == "B"


@pytest.mark.parametrize("color", ["#3b82f6", "#FFF", "blue", "zinc-500", None])
async def test_a_color_is_as_in_css_or_a_name_of_the_palette(world: World, color: str | None) -> None:
    assert (await world.made("namespaces", {"name": "Bright", "color": color}))["color"] == color


@pytest.mark.parametrize("color", ["#12345", "#GGGGGG", "url(x)", "Blue", "", "red;"])
async def test_any_other_text_is_no_color(world: World, color: str) -> None:
    refused = await world.call("POST", "namespaces", {"name": "Bright", "color": color})
    assert (refused.status, list(refused.error["details"])) == (422, ["color"])


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Straße & Søn", "strasse-son"), ("Łódź", "lodz"), ("Ünïcode №5", "unicode-no5"), ("日本", "unnamed")],
)
async def test_a_slug_spells_the_name_in_plain_letters(world: World, name: str, slug: str) -> None:
    assert (await world.made("workspaces", {"name": name}))["slug"] == slug
