"""What a key may do, as every gateway replica knows it: at once after a write, within a second after a withdrawal."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.replica import Replica
from tests.e2e.suite import Platform

WITHIN = 1.0


@pytest.fixture(scope="module")
def _replicas() -> Iterator[dict[int, Replica]]:
    running: dict[int, Replica] = {}
    yield running
    for each in running.values():
        each.end()


@pytest.fixture
def replica(platform: Platform, _replicas: dict[int, Replica]) -> Replica:
    """Another gateway of the shared suite: it believes a proxy in front, and lets pages of one origin in."""
    running = _replicas.get(platform.port)
    if running is None or not running.runs:
        believing = {"ATRIUM_TRUSTED_PROXIES": "127.0.0.1/32", "ATRIUM_CORS_ORIGINS": "https://app.example"}
        running = _replicas[platform.port] = Replica(platform.directory, {**platform.environment, **believing})
        running.ready()
    return running


@pytest.fixture
async def second(platform: Platform, replica: Replica) -> AsyncIterator[Platform]:
    """The replica, as its clients see it."""
    async with Platform(platform.directory, replica.port) as reached:
        yield reached


async def _refused_within(replicas: list[Platform], key: str, codes: set[str], **options: Any) -> float:
    """How long after now the last replica still lets the key in; all must refuse it within a second."""
    began = asyncio.get_running_loop().time()
    while True:
        asked = asyncio.get_running_loop().time() - began
        answers = [await replica.call("GET", "namespaces", key=key, **options) for replica in replicas]
        if all(answer.status in {401, 403} and answer.code in codes for answer in answers):
            return asked
        assert asked < WITHIN, [answer.status for answer in answers]
        await asyncio.sleep(0.01)


async def test_a_revoked_key_is_refused_on_every_replica_within_a_second(platform: Platform, second: Platform) -> None:
    tenant = await platform.tenant()
    for _ in range(3):
        key = await platform.created("api-keys", {"name": "k", "scopes": ["*:read"]}, key=tenant.key)
        for replica in (platform, second):
            assert (await replica.call("GET", "namespaces", key=key["key"])).status == 200
        assert (await platform.call("DELETE", f"api-keys/{key['id']}", key=tenant.key)).status == 204
        await _refused_within([platform, second], key["key"], {"INVALID_API_KEY"})


async def test_a_suspension_and_its_end_reach_every_replica_within_a_second(
    platform: Platform, second: Platform
) -> None:
    tenant = await platform.tenant()
    path = f"workspaces/{tenant.workspace['id']}"
    assert (await second.call("GET", "namespaces", key=tenant.key)).status == 200
    suspended = await platform.call("POST", f"{path}/suspend", {"reason": "unpaid"})
    assert suspended.status == 200
    await _refused_within([platform, second], tenant.key, {"WORKSPACE_SUSPENDED"})
    refused = await second.call("GET", "namespaces", key=tenant.key)
    assert refused.body["error"]["reason"] == "unpaid"
    assert refused.body["error"]["suspended_at"]
    assert (await platform.call("POST", f"{path}/unsuspend")).status == 200
    # Nobody is refused for what was true before a write: it works at once, also at the other replica.
    assert (await second.call("GET", "namespaces", key=tenant.key)).status == 200
    assert (await platform.call("GET", "namespaces", key=tenant.key)).status == 200


async def test_a_member_who_is_removed_loses_access_on_every_replica_within_a_second(
    platform: Platform, second: Platform
) -> None:
    owner = await platform.tenant()
    workspace = owner.workspace["id"]
    context = {"X-Workspace-ID": workspace}
    user = await platform.created(
        "users", {"name": "M", "email": f"m{os.urandom(4).hex()}@example.com", "role": "member"}, headers=context
    )
    key = await platform.created("api-keys", {"name": "m", "scopes": ["*"], "user_id": user["id"]}, headers=context)
    for replica in (platform, second):
        assert (await replica.call("GET", "namespaces", key=key["key"])).status == 200
    removed = await platform.call("DELETE", f"workspaces/{workspace}/members/{user['id']}", headers=context)
    assert removed.status == 204
    await _refused_within([platform, second], key["key"], {"WORKSPACE_ACCESS_DENIED", "INVALID_API_KEY"})


async def test_a_key_ends_when_it_expires_and_when_its_grace_is_over(platform: Platform, second: Platform) -> None:
    tenant = await platform.tenant()
    ends = datetime.now(UTC) + timedelta(seconds=2)
    body = {"name": "k", "scopes": ["*:read"], "expires_at": ends.isoformat().replace("+00:00", "Z")}
    key = await platform.created("api-keys", body, key=tenant.key)
    for replica in (platform, second):
        assert (await replica.call("GET", "namespaces", key=key["key"])).status == 200
    await asyncio.sleep((ends - datetime.now(UTC)).total_seconds() + 0.01)
    for replica in (platform, second):
        answer = await replica.call("GET", "namespaces", key=key["key"])
        assert (answer.status, answer.code) == (401, "API_KEY_EXPIRED")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.body["error"]["expired_at"] == key["expires_at"]
    old = await platform.created("api-keys", {"name": "k", "scopes": ["*:read"]}, key=tenant.key)
    rotated = await platform.call("POST", f"api-keys/{old['id']}/rotate", {"grace_period_hours": 0}, key=tenant.key)
    assert rotated.status in {200, 201}
    assert (await second.call("GET", "namespaces", key=rotated.data["key"])).status == 200
    await _refused_within([platform, second], old["key"], {"INVALID_API_KEY", "API_KEY_EXPIRED"})


async def test_an_address_list_is_judged_by_the_address_before_the_trusted_proxies(
    platform: Platform, second: Platform
) -> None:
    tenant = await platform.tenant()
    body = {"name": "k", "scopes": ["*:read"], "ip_allowlist": ["203.0.113.0/24", "2001:db8::/32"]}
    key = (await platform.created("api-keys", body, key=tenant.key))["key"]
    for forwarded, status in [
        ("203.0.113.9", 200),
        ("2001:db8::17", 200),
        ("::ffff:203.0.113.9", 200),
        ("198.51.100.1", 403),
        ("203.0.113.9, 198.51.100.1", 403),  # a client's own word, before the address that the proxy saw
        ("198.51.100.1, 203.0.113.9", 200),
        ("203.0.113.9, 127.0.0.1", 200),
        ("nonsense", 403),
        ("", 403),
    ]:
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        answer = await second.call("GET", "namespaces", key=key, headers=headers)
        assert answer.status == status, forwarded
        assert status == 200 or answer.code == "IP_NOT_ALLOWED"
    # A gateway without trusted proxies believes nobody.
    answer = await platform.call("GET", "namespaces", key=key, headers={"X-Forwarded-For": "203.0.113.9"})
    assert (answer.status, answer.code) == (403, "IP_NOT_ALLOWED")


async def test_pages_of_a_configured_origin_may_call_and_others_not(platform: Platform, second: Platform) -> None:
    ours, theirs = {"Origin": "https://app.example"}, {"Origin": "https://evil.example"}
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    allowed = await second.call("OPTIONS", "namespaces", key="", headers={**ours, **asks})
    assert allowed.status == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in allowed.headers["Access-Control-Allow-Headers"]
    answer = await second.call("GET", "user", headers=ours)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "X-RateLimit-Remaining" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.headers["Vary"] == "Origin"
    refused = await second.call("GET", "user", key="", headers=ours)
    assert refused.headers["Access-Control-Allow-Origin"] == "https://app.example"
    for headers in (theirs, {**theirs, **asks}):
        answer = await second.call("OPTIONS", "namespaces", key="", headers=headers)
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Access-Control-Allow-Origin" not in (await platform.call("GET", "user", headers=ours)).headers


async def test_a_drained_gateway_has_told_when_keys_were_last_used(
    platform: Platform, second: Platform, replica: Replica
) -> None:
    tenant = await platform.tenant()
    key = await platform.created("api-keys", {"name": "k", "scopes": ["*:read"]}, key=tenant.key)
    assert key.get("last_used_at") is None
    assert (await second.call("GET", "namespaces", key=key["key"])).status == 200
    assert replica.end() == 0
    shown = await platform.call("GET", f"api-keys/{key['id']}", key=tenant.key)
    used = datetime.fromisoformat(shown.data["last_used_at"])
    assert abs((datetime.now(UTC) - used).total_seconds()) < 30
