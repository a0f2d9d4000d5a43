"""What becomes of endpoints and of what is kept when workspaces and users go, and who hears of what."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.e2e.suite import Platform, Receiver

ELSEWHERE = "https://your-app.com/webhooks"


async def until(look: Callable[[], Awaitable[bool]], *, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await look():
            await asyncio.sleep(0.05)


def told(receiver: Receiver, event_type: str) -> list[dict[str, Any]]:
    return [json.loads(raw) for headers, raw in receiver.got if headers["X-Webhook-Event"] == event_type]


async def states(platform: Platform, workspace_id: str) -> dict[str, tuple[bool, str | None]]:
    """Of each of the workspace's endpoints, as the operator sees them: whether it is active, and why not."""
    listed = await platform.call("GET", "webhooks", headers={"X-Workspace-ID": workspace_id})
    assert listed.status == 200, listed
    return {each["id"]: (each["is_active"], each["disabled_reason"]) for each in listed.data}


async def test_a_deleted_workspaces_endpoints_are_disabled_and_exactly_those_come_back(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Receiver() as receiver:
        on = await platform.created("webhooks", {"url": receiver.url, "events": ["workspace.*"]}, key=tenant.key)
        off = await platform.created(
            "webhooks", {"url": ELSEWHERE, "events": ["*"], "is_active": False}, key=tenant.key
        )
        path = f"workspaces/{tenant.workspace['id']}"
        assert (await platform.call("DELETE", path, key=tenant.key)).status == 204
        await receiver.until("workspace.deleted")
        assert (await platform.call("POST", f"{path}/restore")).status == 200
        await receiver.until("workspace.restored")
        wanted = {on["id"]: (True, None), off["id"]: (False, None)}

        async def back() -> bool:
            return await states(platform, tenant.workspace["id"]) == wanted

        await until(back)


async def test_a_suspended_workspaces_endpoints_say_why_they_are_disabled(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Receiver() as receiver:
        body = {"url": receiver.url, "events": ["workspace.*", "webhook.*"]}
        webhook = await platform.created("webhooks", body, key=tenant.key)
        path = f"workspaces/{tenant.workspace['id']}"
        assert (await platform.call("POST", f"{path}/suspend", {"reason": "unpaid"})).status == 200
        await receiver.until("workspace.suspended")
        context = {"X-Workspace-ID": tenant.workspace["id"]}
        cancelled: list[dict[str, Any]] = []

        async def held() -> bool:
            listed = await platform.call(
                "GET", f"webhooks/{webhook['id']}/deliveries?status=cancelled", headers=context
            )
            cancelled[:] = listed.data
            return bool(cancelled)

        await until(held)
        assert [each["event_type"] for each in cancelled] == ["webhook.disabled"]
        reason = "The workspace is suspended."
        assert await states(platform, tenant.workspace["id"]) == {webhook["id"]: (False, reason)}
        kept = await platform.call("GET", f"events/{cancelled[0]['event_id']}", headers=context)
        assert kept.data["data"]["object"]["attributes"]["disabled_reason"] == reason
        assert (await platform.call("POST", f"{path}/unsuspend")).status == 200
        await receiver.until("workspace.unsuspended", "webhook.enabled")
        (enabled,) = told(receiver, "webhook.enabled")
        assert enabled["data"]["object"]["id"] == webhook["id"]
        assert enabled["data"]["object"]["attributes"]["is_active"] is True


async def test_events_of_a_user_reach_the_endpoints_of_all_its_workspaces_with_each_ones_own_id(
    platform: Platform,
) -> None:
    tenant = await platform.tenant()
    address = f"{os.urandom(4).hex()}@example.com"
    async with Receiver() as receiver:
        await platform.created("webhooks", {"url": receiver.url, "events": ["user.*"]}, key=tenant.key)
        body = {"name": "Joan Bell", "email": address, "role": "member"}
        user = await platform.created("users", body, key=tenant.key)
        changed = await platform.call("PATCH", f"users/{user['id']}", {"name": "Joan Ball"}, key=tenant.key)
        assert changed.status == 200, changed
        await receiver.until("user.updated")
        (event,) = told(receiver, "user.updated")
        assert event["workspace_id"] == tenant.workspace["id"]
        assert event["data"]["previous_attributes"]["name"] == "Joan Bell"


async def test_events_of_the_catalogue_reach_the_operators_workspace_alone(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Receiver() as operators, Receiver() as tenants:
        mine = await platform.created("webhooks", {"url": operators.url, "events": ["package.*"]})
        await platform.created("webhooks", {"url": tenants.url, "events": ["*"]}, key=tenant.key)
        code = f"plan_{os.urandom(4).hex()}"
        await platform.created("packages", {"code": code, "name": "Plan", "features": []})
        await operators.until("package.created")
        await platform.created("events", {"type": "order.paid", "data": {}}, key=tenant.key)
        await tenants.until("order.paid")
        assert "package.created" not in tenants.types()
        await platform.call("DELETE", f"webhooks/{mine['id']}")


@pytest.mark.timeout(120)
async def test_an_erased_user_is_forgotten_in_events_deliveries_and_attempts(platform: Platform) -> None:
    tenant = await platform.tenant()
    name = f"Forgettable{os.urandom(6).hex()}"
    async with Receiver(echo=True) as receiver:
        webhook = await platform.created("webhooks", {"url": receiver.url, "events": ["*"]}, key=tenant.key)
        body = {"name": name, "email": f"{name}@example.com", "role": "member"}
        user = await platform.created("users", body, key=tenant.key)
        await receiver.until("user.created")
        assert name.encode() in b"".join(raw for _, raw in receiver.got)
        path = f"webhooks/{webhook['id']}/deliveries"

        async def whole() -> str:
            found = [
                (await platform.call("GET", f"{path}/{each['id']}", key=tenant.key)).data
                for each in (await platform.call("GET", f"{path}?per_page=100", key=tenant.key)).data
            ]
            events = [(await platform.call("GET", f"events/{each['event_id']}", key=tenant.key)).data for each in found]
            return json.dumps([found, events])

        async def shown() -> bool:
            return (await whole()).count(name) >= 4  # the event, the request's body, and what the receiver echoed

        await until(shown)
        assert (await platform.call("DELETE", f"users/{user['id']}")).status == 204
        await receiver.until("user.deleted")

        async def forgotten() -> bool:
            return name not in await whole()

        await until(forgotten)
        if "webhooks.db" in {each.name for each in platform.directory.iterdir()}:
            files = [each for each in platform.directory.iterdir() if each.name.startswith("webhooks.db")]

            async def nowhere() -> bool:
                return not any(name.encode() in each.read_bytes() for each in files)

            await until(nowhere)


async def test_the_secrets_of_a_deleted_endpoint_are_destroyed(platform: Platform) -> None:
    """Seen from outside: what was sealed for it can't be found, and its id answers like none."""
    tenant = await platform.tenant()
    webhook = await platform.created("webhooks", {"url": ELSEWHERE, "events": ["*"]}, key=tenant.key)
    assert (await platform.call("DELETE", f"webhooks/{webhook['id']}", key=tenant.key)).status == 204
    assert (await platform.call("POST", f"webhooks/{webhook['id']}/rotate-secret", key=tenant.key)).status == 404
