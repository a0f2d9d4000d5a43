"""Tenancy through the gateway: what is decided there takes effect on the public port at once."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.e2e.suite import Answer, Platform, Receiver


@dataclass(frozen=True, slots=True)
class Person:
    """A user, the workspace that is its own, and an unbound key there."""

    id: str
    email: str
    key: str
    workspace_id: str


async def person(platform: Platform, name: str = "Ada") -> Person:
    """Somebody who has signed up, made by a sign-up service with `admin:*`."""
    email = f"{name.lower()}.{os.urandom(5).hex()}@example.com"
    user = await platform.created("users", {"name": name, "email": email, "tier": "pro"})
    first = await platform.created("api-keys", {"name": "first", "scopes": ["*"], "user_id": user["id"]})
    workspace = await platform.created("workspaces", {"name": f"{name}'s", "tier": "pro"}, key=first["key"])
    headers = {"X-Workspace-ID": workspace["id"]}
    key = await platform.created("api-keys", {"name": "own", "scopes": ["*"]}, key=first["key"], headers=headers)
    return Person(user["id"], email, key["key"], workspace["id"])


async def becomes(ask: Callable[[], Awaitable[Answer]], *statuses: int, seconds: float = 1.0) -> Answer:
    """The answer once it has one of these statuses, which must be within so many seconds."""
    deadline = asyncio.get_running_loop().time() + seconds
    while (answer := await ask()).status not in statuses:
        assert asyncio.get_running_loop().time() < deadline, answer
        await asyncio.sleep(0.01)
    return answer


async def test_what_takes_a_right_away_is_seen_within_a_second(platform: Platform) -> None:
    ada = await person(platform)
    email = f"bob.{os.urandom(5).hex()}@example.com"
    bob = await platform.created("users", {"name": "Bob", "email": email, "role": "admin"}, key=ada.key)
    key = await platform.created("api-keys", {"name": "b", "scopes": ["*"], "user_id": bob["id"]}, key=ada.key)
    member = f"workspaces/{ada.workspace_id}/members/{bob['id']}"

    async def write() -> Answer:
        return await platform.call("PATCH", f"workspaces/{ada.workspace_id}", {"name": "B"}, key=key["key"])

    async def read() -> Answer:
        return await platform.call("GET", "namespaces", key=key["key"])

    assert (await write()).status == 200
    assert (await platform.call("PATCH", member, {"role": "member"}, key=ada.key)).status == 200
    assert (await becomes(write, 403)).code == "INSUFFICIENT_PERMISSIONS"
    suspend = f"workspaces/{ada.workspace_id}/suspend"
    assert (await platform.call("POST", suspend, {"reason": "unpaid"})).status == 200
    closed = await becomes(read, 403)
    assert (closed.code, closed.body["error"]["reason"]) == ("WORKSPACE_SUSPENDED", "unpaid")
    assert (await platform.call("POST", f"workspaces/{ada.workspace_id}/unsuspend")).status == 200
    await becomes(read, 200)
    assert (await platform.call("DELETE", member, key=ada.key)).status == 204
    assert (await becomes(read, 403)).code == "WORKSPACE_ACCESS_DENIED"
    assert (await platform.call("POST", f"workspaces/{ada.workspace_id}/members", {"user_id": bob["id"]})).status == 201
    await becomes(read, 200)
    assert (await platform.call("DELETE", f"api-keys/{key['id']}", key=ada.key)).status == 204
    assert (await becomes(read, 401)).code == "INVALID_API_KEY"


async def test_a_deleted_workspaces_owner_may_restore_it_and_nothing_else(platform: Platform) -> None:
    ada = await person(platform)
    bob = await platform.created(
        "users", {"name": "Bob", "email": f"bob.{os.urandom(5).hex()}@example.com"}, key=ada.key
    )
    bobs = await platform.created("api-keys", {"name": "b", "scopes": ["*"], "user_id": bob["id"]}, key=ada.key)
    namespace = await platform.created("namespaces", {"name": "N"}, key=ada.key)
    one = f"workspaces/{ada.workspace_id}"
    assert (await platform.call("DELETE", one, key=ada.key)).status == 204

    async def ask(method: str, path: str, key: str) -> Answer:
        return await platform.call(method, path, key=key)

    for method, path in (("GET", one), ("GET", "namespaces"), ("GET", "user"), ("DELETE", one), ("GET", "users")):
        refused = await becomes(lambda method=method, path=path: ask(method, path, ada.key), 401)  # type: ignore[misc]
        assert refused.code == "INVALID_API_KEY"
    await becomes(lambda: ask("POST", f"{one}/restore", bobs["key"]), 401)
    restored = await platform.call("POST", f"{one}/restore", key=ada.key)
    assert (restored.status, restored.data["status"]) == (200, "active")
    await becomes(lambda: ask("GET", f"namespaces/{namespace['id']}", ada.key), 200)
    await becomes(lambda: ask("GET", "user", bobs["key"]), 200)


async def test_an_invitation_without_a_key_makes_a_user_with_a_first_key(platform: Platform) -> None:
    ada, eve = await person(platform), await person(platform, "Eve")
    invitations = f"workspaces/{ada.workspace_id}/invitations"
    email = f"new.{os.urandom(5).hex()}@example.com"
    made = await platform.created(invitations, {"email": email, "role": "admin"}, key=ada.key)
    joined = await platform.call("POST", "invitations/accept", {"token": made["token"], "name": "New"}, key="")
    assert joined.status == 200, joined
    assert (joined.data["user"]["email"], joined.data["user"]["email_verified_at"]) == (email, None)
    assert joined.data["role"] == "admin"
    me = await platform.call("GET", "user", key=joined.data["key"])
    assert me.data["id"] == joined.data["user"]["id"]
    elsewhere = await platform.call(
        "GET", "namespaces", key=joined.data["key"], headers={"X-Workspace-ID": eve.workspace_id}
    )
    assert (elsewhere.status, elsewhere.code) == (403, "WORKSPACE_ACCESS_DENIED")
    again = await platform.call("POST", "invitations/accept", {"token": made["token"]}, key="")
    assert (again.status, again.code) == (410, "GONE")
    known = await platform.created(invitations, {"email": eve.email}, key=ada.key)
    nobody = await platform.call("POST", "invitations/accept", {"token": known["token"]}, key="")
    assert (nobody.status, nobody.code) == (401, "UNAUTHENTICATED")
    accepted = await platform.call("POST", "invitations/accept", {"token": known["token"]}, key=eve.key)
    assert accepted.status == 200
    seen = await platform.call("GET", "namespaces", key=eve.key, headers={"X-Workspace-ID": ada.workspace_id})
    assert seen.status == 200


async def test_the_first_key_of_whoever_was_invited_can_do_no_more_than_the_key_that_invited(
    platform: Platform,
) -> None:
    tenant = await platform.tenant()
    invitations = f"workspaces/{tenant.workspace['id']}/invitations"
    for scopes in (["members:write"], ["read:all", "members:*"], ["*"]):
        giver = await platform.call("POST", "api-keys", {"name": "n", "scopes": scopes}, key=tenant.key)
        wanted = {"email": f"{secrets.token_hex(8)}@example.com", "role": "owner"}
        made = await platform.call("POST", invitations, wanted, key=giver.data["key"])
        joined = await platform.call("POST", "invitations/accept", {"token": made.data["token"]}, key="")
        assert (joined.status, joined.data["api_key"]["scopes"]) == (200, scopes)


async def test_a_foreign_tenant_answers_like_a_missing_one(platform: Platform) -> None:
    ada, eve = await person(platform), await person(platform, "Eve")
    namespace = await platform.created("namespaces", {"name": "N"}, key=eve.key)
    for foreign, missing in (
        (f"workspaces/{eve.workspace_id}", "workspaces/wks_none"),
        (f"workspaces/{eve.workspace_id}/members", "workspaces/wks_none/members"),
        (f"namespaces/{namespace['id']}", "namespaces/ns_none"),
        (f"users/{eve.id}", "users/usr_none"),
    ):
        answers = [await platform.call("GET", path, key=ada.key) for path in (foreign, missing)]
        assert [answer.status for answer in answers] == [404, 404]
        assert {answer.code for answer in answers} == {"RESOURCE_NOT_FOUND"}
    for context in ({"X-Workspace-ID": eve.workspace_id}, {"X-Workspace-ID": "wks_none"}):
        refused = await platform.call("GET", "namespaces", key=ada.key, headers=context)
        assert (refused.status, refused.code) == (403, "WORKSPACE_ACCESS_DENIED")
    for context in ({"X-Namespace-ID": namespace["id"]}, {"X-Namespace-ID": "ns_none"}):
        refused = await platform.call("GET", "namespaces", key=ada.key, headers=context)
        assert (refused.status, refused.code) == (403, "NAMESPACE_ACCESS_DENIED")


async def test_events_of_members_and_own_namespaces_reach_the_workspaces_endpoints(platform: Platform) -> None:
    ada = await person(platform)
    async with Receiver() as receiver:
        await platform.created("webhooks", {"url": receiver.url, "events": ["*"]}, key=ada.key)
        await platform.created("namespaces", {"name": "Own", "owner_type": "User"}, key=ada.key)
        user = await platform.created(
            "users", {"name": "Bob", "email": f"bob.{os.urandom(5).hex()}@example.com"}, key=ada.key
        )
        team = await platform.created(f"workspaces/{ada.workspace_id}/teams", {"name": "T"}, key=ada.key)
        one = f"workspaces/{ada.workspace_id}/members/{user['id']}"
        assert (await platform.call("PATCH", one, {"team_id": team["id"]}, key=ada.key)).status == 200
        assert (await platform.call("PATCH", f"users/{user['id']}", {"name": "Robert"}, key=ada.key)).status == 200
        assert (await platform.call("DELETE", one, key=ada.key)).status == 204
        await receiver.until(
            "namespace.created", "user.created", "member.added", "team.created", "member.updated", "user.updated",
            "member.removed",
        )  # fmt: skip
        for _, raw in receiver.got:
            body = json.loads(raw)
            assert body["workspace_id"] == ada.workspace_id
            if body["type"] == "user.updated":
                assert body["data"]["previous_attributes"] == {"name": "Bob"}
            if body["type"] == "member.updated":
                assert list(body["data"]["previous_attributes"]) == ["team_id"]


async def test_the_operators_total_counts_each_write_at_once(platform: Platform) -> None:
    async def total(**more: str) -> int:
        query = "&".join(f"{name}={value}" for name, value in more.items())
        return int((await platform.call("GET", f"workspaces?per_page=1&{query}")).body["meta"]["total"])

    before, pro = await total(), await total(tier="pro")
    made = [await platform.created("workspaces", {"name": f"Counted {number}", "tier": "pro"}) for number in range(3)]
    assert (await total(), await total(tier="pro")) == (before + 3, pro + 3)
    assert (await platform.call("DELETE", f"workspaces/{made[0]['id']}")).status == 204
    assert (await platform.call("PATCH", f"workspaces/{made[1]['id']}", {"tier": "free"})).status == 200
    assert (await total(), await total(tier="pro")) == (before + 2, pro + 1)
