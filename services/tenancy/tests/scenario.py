"""A short life of a tenant in which everything happens that tenancy has an event for."""

from __future__ import annotations

from services.tenancy.tests.world import World


async def everything(world: World) -> None:
    """Make the log hold at least one event of each type."""
    ada = await world.person("Ada")
    bob = await world.member(ada, role="admin")
    workspace = f"workspaces/{ada.workspace_id}"
    changes = {"name": "B", "settings": {"timezone": "UTC"}}
    assert (await world.call("PATCH", workspace, changes, key=ada.key)).status == 200
    assert (await world.call("POST", f"{workspace}/suspend", {"reason": "unpaid"})).status == 200
    assert (await world.call("POST", f"{workspace}/unsuspend")).status == 200

    team = await world.made(f"{workspace}/teams", {"name": "T", "permissions": ["tickets.close"]}, key=ada.key)
    one = f"{workspace}/teams/{team['id']}"
    assert (await world.call("PATCH", one, {"permissions": ["tickets.*"]}, key=ada.key)).status == 200
    member = f"{workspace}/members/{bob.id}"
    wanted = {"team_id": team["id"], "custom_permissions": ["a.b"]}
    assert (await world.call("PATCH", member, wanted, key=ada.key)).status == 200
    assert (await world.call("PATCH", member, {"team_id": None}, key=ada.key)).status == 200
    assert (await world.call("DELETE", one, key=ada.key)).status == 204

    for email, end in (("new@example.com", "accept"), ("revoked@example.com", "revoke"), ("gone@example.com", "")):
        made = await world.made(f"{workspace}/invitations", {"email": email}, key=ada.key)
        if end == "revoke":
            path = f"{workspace}/invitations/{made['id']}"
            assert (await world.call("DELETE", path, key=ada.key)).status == 204
        elif end == "accept":
            newcomer = await world.made("users", {"name": "New", "email": email})
            key = await world.made("api-keys", {"name": "n", "scopes": ["*"], "user_id": newcomer["id"]})
            accepted = await world.call("POST", "invitations/accept", {"token": made["token"]}, key=key["key"])
            assert accepted.status == 200

    shared = await world.made("namespaces", {"name": "N", "is_default": True}, key=ada.key)
    own = await world.made("namespaces", {"name": "N", "owner_type": "User"}, key=ada.key)
    for namespace in (shared, own):
        path = f"namespaces/{namespace['id']}"
        patch = {"icon": "i", "color": "#fff", "settings": {"a": 1}, "sort_order": 2}
        assert (await world.call("PATCH", path, patch, key=ada.key)).status == 200
        assert (await world.call("DELETE", path, key=ada.key)).status == 204

    limited = {"name": "k", "scopes": ["read:all"], "rate_limit": {"requests": 10, "burst": 5}}
    kept = await world.made("api-keys", limited, key=ada.key)
    assert (await world.call("PATCH", f"api-keys/{kept['id']}", {"name": "l"}, key=ada.key)).status == 200
    await world.made(f"api-keys/{kept['id']}/rotate", {"grace_period_hours": 1}, key=ada.key)
    world.clock.advance(3600)
    await world.housekeeping.step()
    assert (await world.call("DELETE", f"api-keys/{kept['id']}", key=ada.key)).status == 204

    gone = await world.made("users", {"name": "Gone", "email": "gone@example.com"})
    assert (await world.call("PATCH", f"users/{gone['id']}", {"name": "Goner"})).status == 200
    assert (await world.call("DELETE", f"users/{gone['id']}")).status == 204

    assert (await world.call("DELETE", workspace, key=ada.key)).status == 204
    assert (await world.call("POST", f"{workspace}/restore")).status == 200
    assert (await world.call("DELETE", workspace)).status == 204
    world.clock.advance(30 * 24 * 3600)
    await world.housekeeping.step()
