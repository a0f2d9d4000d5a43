"""The reference's workspace, namespace, user and API key examples, as printed; only dates are moved ahead."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.suite import Platform

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")
FETCH = """
const [base, apiKey] = process.argv.slice(1);
const data = {name: 'Made by fetch'};
const response = await fetch(base + '/api/v1/namespaces', {
  method: 'POST',
  headers: {
    'Idempotency-Key': crypto.randomUUID(),
    'Authorization': `Bearer ${apiKey}`
  },
  body: JSON.stringify(data)
});
console.log(response.status, (await response.json()).data.name);
"""
SOON = (datetime.now(UTC) + timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _has(shown: dict[str, Any], *names: str) -> None:
    assert set(names) <= set(shown), shown
    for name in ("created_at", "updated_at"):
        if name in names:
            assert MOMENT.match(shown[name])


async def test_the_workspace_examples(platform: Platform) -> None:
    slug = f"new-workspace-{os.urandom(4).hex()}"
    created = await platform.call("POST", "workspaces", {"name": "New Workspace", "slug": slug, "tier": "pro"})
    assert created.status == 201
    workspace_id = created.data["id"]
    assert workspace_id.startswith("wks_")
    one = f"workspaces/{workspace_id}"
    patched = await platform.call("PATCH", one, {"name": "Updated Name", "settings": {"timezone": "Europe/London"}})
    assert patched.status == 200
    got = await platform.call("GET", one)
    _has(got.data, "id", "name", "slug", "tier", "settings", "created_at", "updated_at")
    assert (got.data["name"], got.data["settings"]) == ("Updated Name", {"timezone": "Europe/London"})
    listed = await platform.call("GET", f"workspaces?search={slug}")
    assert [each["id"] for each in listed.data] == [workspace_id]
    _has(listed.data[0], "id", "name", "slug", "tier", "created_at", "updated_at")
    assert {"current_page", "per_page", "total", "last_page"} <= set(listed.body["meta"])
    assert {"first", "last", "prev", "next"} == set(listed.body["links"])
    assert (await platform.call("GET", "workspaces?page=2&per_page=50")).status == 200
    common = await platform.call("GET", "workspaces?status=active&created_after=2024-01-01&sort=-created_at,name")
    assert common.status == 200
    fewer = await platform.call("GET", "workspaces?fields=id,name,created_at&per_page=1")
    assert set(fewer.data[0]) == {"id", "name", "created_at"}
    more = await platform.call("GET", "workspaces?include=owner,members,namespaces&per_page=1")
    assert {"owner", "members", "namespaces"} <= set(more.data[0])
    gone = await platform.call("DELETE", one)
    assert (gone.status, gone.body) == (204, None)
    assert (await platform.call("GET", one)).status == 404


async def test_the_namespace_examples(platform: Platform) -> None:
    tenant = await platform.tenant()
    workspace_id = tenant.workspace["id"]
    slug = f"personal-{os.urandom(4).hex()}"
    wanted = {"name": "Personal Namespace", "slug": slug, "owner_type": "User", "is_default": True}
    personal = await platform.created("namespaces", wanted, key=tenant.key)
    client = await platform.created("namespaces", {"name": "Client: Acme Corp", "slug": "client-acme"}, key=tenant.key)
    users = await platform.call("GET", f"namespaces?owner_type=User&is_active=true&slug={slug}", key=tenant.key)
    shown = users.data[0]
    _has(
        shown, "id", "uuid", "name", "slug", "owner_type", "owner_id", "workspace_id", "is_default", "is_active",
        "created_at",
    )  # fmt: skip
    assert shown["id"] == personal["id"]
    assert (shown["owner_type"], shown["workspace_id"], shown["is_default"], shown["is_active"]) == (
        "User", None, True, True,
    )  # fmt: skip
    assert re.fullmatch(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", shown["uuid"])
    workspaces = await platform.call("GET", f"namespaces?workspace_id={workspace_id}", key=tenant.key)
    assert [each["id"] for each in workspaces.data] == [client["id"]]
    got = await platform.call("GET", f"namespaces/{client['id']}", key=tenant.key)
    _has(got.data, "id", "uuid", "name", "slug", "owner_type", "owner_id", "workspace_id")
    assert (got.data["owner_id"], got.data["workspace_id"]) == (workspace_id, workspace_id)
    for context in ({"X-Workspace-ID": workspace_id, "X-Namespace-ID": client["id"]}, {}):
        query = "" if context else f"?workspace_id={workspace_id}&namespace_id={client['id']}"
        assert (await platform.call("GET", f"namespaces{query}", key=tenant.key, headers=context)).status == 200
    changes = {"icon": "rocket", "color": "#ff8800", "settings": {"a": {"b": 1}}, "sort_order": 7, "description": "d"}
    changed = await platform.call("PATCH", f"namespaces/{client['id']}", changes, key=tenant.key)
    assert {name: changed.data[name] for name in changes} == changes
    assert (await platform.call("DELETE", f"namespaces/{personal['id']}", key=tenant.key)).status == 204


async def test_the_user_examples(platform: Platform) -> None:
    tenant = await platform.tenant()
    context = {"X-Workspace-ID": tenant.workspace["id"]}
    email = f"john.{os.urandom(4).hex()}@example.com"
    john = await platform.created("users", {"name": "John Doe", "email": email, "role": "admin"}, headers=context)
    listed = await platform.call("GET", "users", headers=context)
    shown = next(user for user in listed.data if user["id"] == john["id"])
    _has(shown, "id", "name", "email", "tier", "email_verified_at", "created_at")
    assert (shown["name"], shown["email"], shown["tier"]) == ("John Doe", email, "free")
    key = await platform.created("api-keys", {"name": "k", "scopes": ["*"], "user_id": john["id"]}, headers=context)
    me = await platform.call("GET", "user", key=key["key"])
    assert me.data["id"] == john["id"]
    changes = {"name": "Jane Doe", "email": email.replace("john", "jane")}
    changed = await platform.call("PATCH", f"users/{john['id']}", changes, key=key["key"])
    assert {name: changed.data[name] for name in changes} == changes


async def test_the_api_key_examples(platform: Platform) -> None:
    tenant = await platform.tenant(tier="business")
    wanted = {"name": "New API Key", "scopes": ["read:all"], "rate_limit_tier": "pro", "expires_at": SOON}
    created = await platform.call("POST", "api-keys", wanted, key=tenant.key)
    assert created.status == 201
    _has(created.data, "id", "name", "key", "scopes", "created_at")
    assert re.fullmatch(r"sk_live_[0-9A-Za-z]{32}", created.data["key"])
    assert created.data["scopes"] == ["read:all"]
    production = {
        "name": "Production API Key",
        "scopes": ["read:all", "write:resources"],
        "rate_limit_tier": "business",
    }
    await platform.created("api-keys", production, key=tenant.key)
    listed = await platform.call("GET", "api-keys?search=production", key=tenant.key)
    shown = listed.data[0]
    _has(shown, "id", "name", "prefix", "last_used_at", "expires_at", "scopes", "rate_limit_tier", "created_at")
    assert (shown["prefix"], shown["scopes"]) == ("sk_live_", ["read:all", "write:resources"])
    assert (shown["rate_limit_tier"], shown["expires_at"]) == ("business", None)
    assert "key" not in shown
    revoked = await platform.call("DELETE", f"api-keys/{created.data['id']}", key=tenant.key)
    assert (revoked.status, revoked.body) == (204, None)


async def test_the_batch_and_idempotency_examples(platform: Platform) -> None:
    tenant = await platform.tenant()
    operations: list[dict[str, Any]] = [{"action": "create", "data": {"name": "One"}}]
    first = await platform.call("POST", "namespaces/batch", {"operations": operations}, key=tenant.key)
    made = first.body["data"][0]["data"]["id"]
    operations = [
        {"action": "create", "data": {"name": "Two"}},
        {"action": "update", "id": made, "data": {"name": "First"}},
        {"action": "delete", "id": "ns_none"},
    ]
    mixed = await platform.call("POST", "namespaces/batch", {"operations": operations}, key=tenant.key)
    assert [result["status"] for result in mixed.body["data"]] == [201, 200, 404]
    assert mixed.body["meta"] == {"succeeded": 2, "failed": 1}
    atomic = await platform.call("POST", "namespaces/batch", {"operations": operations, "atomic": True}, key=tenant.key)
    assert (atomic.status, atomic.body["error"]["failed_index"]) == (404, 2)
    assert len((await platform.call("GET", "namespaces?fields=id&owner_type=Workspace", key=tenant.key)).data) == 2
    headers = {"Idempotency-Key": "550e8400-e29b-41d4-a716-446655440000"}
    body = {"name": "Once", "scopes": ["read:all"]}
    answers = [await platform.call("POST", "api-keys", body, key=tenant.key, headers=headers) for _ in range(2)]
    assert answers[0].data == answers[1].data
    assert answers[0].data["key"]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
async def test_the_fetch_example_works_as_printed_without_a_content_type(platform: Platform) -> None:
    tenant = await platform.tenant()
    program = ["node", "--input-type=module", "-e", FETCH, platform.base, tenant.key]
    node = await asyncio.create_subprocess_exec(*program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    printed, _ = await node.communicate()
    assert printed.decode() == "201 Made by fetch\n"
