"""Users: who may change whom, addresses that exist once, and erasure."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from atrium_common.eventing.vault import SUBJECT_KEYS
from atrium_common.store.documents import Any as Whatever
from atrium_common.store.documents import Delete, Put
from atrium_tenancy import rows
from services.tenancy.tests.world import World


async def test_an_address_is_unique_whatever_its_case_and_free_again_when_it_is_given_up(world: World) -> None:
    ada, eve = await world.person("Ada"), await world.person("Eve")
    taken = await world.call("PATCH", f"users/{eve.id}", {"email": ada.email.upper()}, key=eve.key)
    assert (taken.status, taken.error["conflicting_field"]) == (409, "email")
    assert (await world.call("PATCH", f"users/{ada.id}", {"email": "new@example.com"}, key=ada.key)).status == 200
    assert (await world.call("PATCH", f"users/{eve.id}", {"email": ada.email}, key=eve.key)).status == 200


async def test_an_address_is_one_however_its_letters_are_composed(world: World) -> None:
    composed, decomposed, signs = "josé.k@example.com", "jose\u0301.k@example.com", "josé.\u212a@example.com"
    made = await world.made("users", {"name": "José", "email": decomposed})
    assert made["email"] == composed
    ada = await world.person("Ada")
    for same in (composed, decomposed, decomposed.upper(), signs):
        again = await world.call("PATCH", f"users/{ada.id}", {"email": same}, key=ada.key)
        assert (again.status, again.error["conflicting_field"]) == (409, "email")
        found = await world.call("GET", "users", workspace=world.operator.workspace_id)
        assert made["id"] in {each["id"] for each in found.json["data"]}
        listed = await world.call("GET", f"users?email={quote(same)}", workspace=world.operator.workspace_id)
        assert [each["id"] for each in listed.json["data"]] == [made["id"]]
    invited = await world.call("POST", "users", {"name": "J", "email": decomposed}, key=ada.key)
    assert invited.status == 202


@pytest.mark.parametrize(
    "email",
    [
        "ada\u200b@example.com",
        "ada\u202e@example.com",
        "\u00adada@example.com",
        "\uff41da@example.com",
        "\ufb01@example.com",
    ],
)
async def test_an_address_that_only_looks_like_another_is_refused(world: World, email: str) -> None:
    refused = await world.call("POST", "users", {"name": "A", "email": email})
    assert (refused.status, list(refused.error["details"])) == (422, ["email"])


async def test_a_changed_address_is_no_longer_verified_and_another_spelling_still_is(world: World) -> None:
    ada = await world.person()
    at = "2026-01-01T00:00:00Z"
    assert (await world.call("PATCH", f"users/{ada.id}", {"email_verified_at": at}, key=ada.key)).status == 422
    verified = await world.call("PATCH", f"users/{ada.id}", {"email_verified_at": at})
    assert verified.json["data"]["email_verified_at"] == "2026-01-01T00:00:00.000Z"
    respelt = await world.call("PATCH", f"users/{ada.id}", {"email": ada.email.upper()}, key=ada.key)
    assert respelt.json["data"]["email_verified_at"] == "2026-01-01T00:00:00.000Z"
    changed = await world.call("PATCH", f"users/{ada.id}", {"email": "other@example.com"}, key=ada.key)
    assert changed.json["data"]["email_verified_at"] is None


async def test_admins_of_a_common_workspace_change_a_users_name_and_nothing_else(world: World) -> None:
    ada = await world.person()
    bob = await world.member(ada)
    renamed = await world.call("PATCH", f"users/{bob.id}", {"name": "Robert"}, key=ada.key)
    assert (renamed.status, renamed.json["data"]["name"]) == (200, "Robert")
    for body in ({"email": "taken@example.com"}, {"email": "taken@example.com", "name": "x"}):
        refused = await world.call("PATCH", f"users/{bob.id}", body, key=ada.key)
        assert (refused.status, refused.error["code"]) == (403, "INSUFFICIENT_PERMISSIONS")
        assert refused.error["required_permission"] == "admin:*"
    assert (await world.call("DELETE", f"users/{bob.id}", key=ada.key)).status == 403
    # bob's key was made by ada, and is bound: it could take over his account otherwise
    assert (await world.call("PATCH", f"users/{bob.id}", {"name": "Bob"}, key=bob.key)).status == 200
    assert (await world.call("PATCH", f"users/{bob.id}", {"email": "b@example.com"}, key=bob.key)).status == 403
    assert (await world.call("DELETE", f"users/{bob.id}", key=bob.key)).status == 403


async def test_only_the_operator_sets_tiers(world: World) -> None:
    ada = await world.person(tier="free")
    assert (await world.call("PATCH", f"users/{ada.id}", {"tier": "pro"}, key=ada.key)).status == 422
    assert (await world.call("PATCH", f"users/{ada.id}", {"tier": "pro"})).json["data"]["tier"] == "pro"
    wanted = {"name": "X", "email": "x@example.com", "tier": "pro"}
    assert (await world.call("POST", "users", wanted, key=ada.key)).status == 422
    assert (await world.call("POST", "workspaces", {"name": "Pro", "tier": "pro"}, key=ada.key)).status == 201
    assert (await world.call("POST", "workspaces", {"name": "B", "tier": "business"}, key=ada.key)).status == 422
    assert (await world.made("workspaces", {"name": "None given"}, key=ada.key))["tier"] == "free"


async def test_the_list_of_users_is_the_workspaces_in_context(world: World) -> None:
    ada, eve = await world.person("Ada"), await world.person("Eve")
    bob = await world.member(ada)
    listed = (await world.call("GET", "users", key=ada.key)).json["data"]
    assert {user["id"] for user in listed} == {ada.id, bob.id}
    for user_id in (eve.id, "usr_none"):
        assert (await world.call("GET", f"users/{user_id}", key=ada.key)).status == 404
    found = (await world.call("GET", "users?search=memb&fields=id", key=ada.key)).json["data"]
    assert found == [{"id": bob.id}]


@pytest.mark.parametrize("email", ["no", "a@", "@b.c", "a b@c.d", "a@b@c", "a@-b.c", "a..b@c.d", "x" * 65 + "@b.c"])
async def test_an_unfit_address_is_refused(world: World, email: str) -> None:
    refused = await world.call("POST", "users", {"name": "X", "email": email})
    assert (refused.status, list(refused.error["details"])) == (422, ["email"])


async def test_the_last_owner_of_a_workspace_cannot_be_erased(world: World) -> None:
    ada = await world.person()
    refused = await world.call("DELETE", f"users/{ada.id}", key=ada.key)
    assert (refused.status, refused.error["current_state"]) == (409, "last_owner")
    assert (await world.call("GET", "user", key=ada.key)).status == 200
    assert (await world.call("DELETE", f"workspaces/{ada.workspace_id}", key=ada.key)).status == 204


def _everything(world: World) -> str:
    """All that the store holds, as text."""
    store: Any = world.store
    return json.dumps([repr(store.documents._collections), repr(store.log._commits)])


async def test_after_erasure_no_plaintext_stands_anywhere_and_every_stream_still_loads(world: World) -> None:
    ada = await world.person("Ada")
    zoe = await world.member(ada)
    secret_name, secret_email = "Zoë Quixotic", "zoe.quixotic@example.com"
    renamed = await world.call("PATCH", f"users/{zoe.id}", {"name": secret_name, "email": secret_email})
    assert renamed.status == 200
    eve = await world.person("Eve")
    invitation = await world.made(
        f"workspaces/{eve.workspace_id}/invitations", {"email": secret_email.upper()}, key=eve.key
    )
    personal = await world.made("namespaces", {"name": "Own", "owner_type": "User", "owner_id": zoe.id})
    assert "quixotic" in _everything(world).lower()
    assert (await world.call("DELETE", f"users/{zoe.id}")).status == 204
    left = _everything(world).lower()
    for part in ("quixotic", "zoë", "zoe."):  # three letters alone may stand in any sealed value by chance
        assert part not in left
    assert await world.principal(zoe.key) == 401
    assert (await world.call("GET", f"users/{zoe.id}")).status == 404
    assert (await world.call("GET", f"namespaces/{personal['id']}")).status == 404
    members = (await world.call("GET", f"workspaces/{ada.workspace_id}/members", key=ada.key)).json["data"]
    assert zoe.id not in {member["user_id"] for member in members}
    accept = await world.call("POST", "invitations/accept", {"token": invitation["token"]}, key=eve.key)
    assert accept.status == 410
    world.tenancy.repository._cache.clear()
    for name, key in (("user", zoe.id), ("invitation", invitation["id"])):
        decider = next(each for each in rows.DECIDERS if each.name == name)
        state = (await world.tenancy.repository.load(decider, key)).there
        assert state.email.value is None
    for event, data in await world.published():
        if event.startswith("user.") and data["object"]["id"] == zoe.id:
            assert data["object"]["attributes"]["name"] is None
    # the address may be used again, by a new user
    assert (await world.call("POST", "users", {"name": "Z", "email": secret_email}, key=ada.key)).status == 201


async def test_an_erasure_forgets_invitations_to_every_address_that_the_person_has_had(world: World) -> None:
    ada, eve = await world.person("Ada"), await world.person("Eve")
    zoe = await world.person("Zoe")
    first, second, third = zoe.email, "zoe.quixotic@example.com", "z.q@example.com"
    path = f"workspaces/{ada.workspace_id}/invitations"
    joined = await world.made(path, {"email": first}, key=ada.key)
    accepted = await world.call("POST", "invitations/accept", {"token": joined["token"]}, key=zoe.key)
    assert accepted.status == 200
    for address in (second, third):
        assert (await world.call("PATCH", f"users/{zoe.id}", {"email": address}, key=zoe.key)).status == 200
    opened = await world.made(f"workspaces/{eve.workspace_id}/invitations", {"email": second}, key=eve.key)
    heir = await world.made("users", {"name": "Heir", "email": first})
    anothers = await world.made(f"workspaces/{eve.workspace_id}/invitations", {"email": first}, key=eve.key)
    workspace = {"user_id": ada.id, "role": "owner"}
    assert (await world.call("POST", f"workspaces/{zoe.workspace_id}/members", workspace)).status == 201
    assert (await world.call("DELETE", f"users/{zoe.id}", key=zoe.key)).status == 204
    told = (await world.call("GET", f"{path}/{joined['id']}", key=ada.key)).json["data"]
    assert (told["email"], told["status"]) == (None, "accepted")
    invitations = f"workspaces/{eve.workspace_id}/invitations"
    gone, left = [
        (await world.call("GET", f"{invitations}/{each['id']}", key=eve.key)).json["data"]
        for each in (opened, anothers)
    ]
    assert (gone["email"], gone["status"]) == (None, "revoked")
    assert (left["email"], left["status"]) == (heir["email"], "pending")
    assert "quixotic" not in _everything(world)


async def test_an_erasure_that_a_crash_cut_short_is_carried_through(world: World) -> None:
    ada = await world.person("Ada")
    zoe = await world.member(ada)
    (kept,) = (await world.store.documents.get_many(SUBJECT_KEYS.name, [zoe.id])).values()
    assert (await world.call("DELETE", f"users/{zoe.id}")).status == 204
    # As if the process had died before it destroyed the person's key.
    await world.store.documents.write(
        [
            Put(SUBJECT_KEYS.name, zoe.id, kept.body, 1, Whatever()),
            Delete(SUBJECT_KEYS.name, f"forgotten/{zoe.id}", 0, Whatever()),
        ]
    )
    await world.housekeeping.step()
    assert await world.store.documents.get(SUBJECT_KEYS.name, zoe.id) is None
    assert await world.vault.open(await world.vault.seal({"$personal": zoe.id, "value": 1})) == {
        "$personal": zoe.id, "value": None,
    }  # fmt: skip


async def test_the_list_finds_an_address_in_whatever_case_and_no_strangers(world: World) -> None:
    ada = await world.person("Ada")
    made = await world.made("users", {"name": "Eve", "email": "Eve.One@Example.com"}, key=ada.key)
    stranger = await world.person("Mallory")
    for asked, found in (("eve.one@example.COM", [made["id"]]), (stranger.email, []), ("one.eve@example.com", [])):
        answer = await world.call("GET", f"users?email={asked}", key=ada.key)
        assert [each["id"] for each in answer.json["data"]] == found
