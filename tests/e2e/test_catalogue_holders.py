"""What holders see of their plans and their past, and what becomes of it when they are suspended or deleted."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.suite import Platform, Tenant, command

GIB = 1024**3


async def namespace(platform: Platform, tenant: Tenant, name: str = "Client: Acme Corp") -> Any:
    return await platform.created("namespaces", {"name": name}, key=tenant.key)


async def use(platform: Platform, tenant: Tenant, feature: str, quantity: int, **options: Any) -> Any:
    body = {"feature": feature, "quantity": quantity, **options.pop("body", {})}
    answer = await platform.call("POST", "entitlements/usage", body, key=options.pop("key", tenant.key), **options)
    assert answer.status == 200, answer
    return answer.body


async def eventually(
    platform: Platform, wanted: Any, method: str, path: str, body: object = None, **options: Any
) -> Any:
    """The body's part that `wanted` picks, as soon as it is true."""
    async with asyncio.timeout(20):
        while True:
            answer = await platform.call(method, path, body, **options)
            if wanted(answer):
                return answer
            await asyncio.sleep(0.05)


async def test_get_namespace_shows_packages_and_figures_as_in_the_reference(platform: Platform) -> None:
    tenant = await platform.tenant()
    made = await namespace(platform, tenant)
    await platform.created("entitlements", {"namespace_id": made["id"], "package": "starter"})
    context = {"X-Namespace-ID": made["id"]}
    await use(platform, tenant, "storage", 1024000000, headers=context)
    await use(platform, tenant, "api_calls", 5430, headers=context)
    shown = (await platform.call("GET", f"namespaces/{made['id']}", key=tenant.key)).data
    starter = (await platform.call("GET", "packages/starter")).data
    assert shown["packages"] == [{"id": starter["id"], "name": "Starter Package", "expires_at": None}]
    assert shown["entitlements"]["storage"] == {"used": 1024000000, "limit": 5368709120, "unit": "bytes"}
    calls = shown["entitlements"]["api_calls"]
    assert set(calls) == {"used", "limit", "reset_at"}
    assert calls["limit"] == 10000
    # The tenant's own requests count as well.
    assert calls["used"] >= 5430
    assert datetime.fromisoformat(calls["reset_at"]) > datetime.now(UTC)


async def test_get_usage_shows_requests_and_entitlements_of_the_workspace(platform: Platform) -> None:
    tenant = await platform.tenant()
    await use(platform, tenant, "seats", 4)
    usage = (await platform.call("GET", "usage", key=tenant.key)).data
    assert usage["workspace_id"] == tenant.workspace["id"]
    assert set(usage["requests"]) >= {"this_hour", "limit", "remaining", "reset_at", "by_day"}
    assert usage["requests"]["by_day"][-1]["date"] == datetime.now(UTC).date().isoformat()
    assert usage["entitlements"]["seats"]["used"] == 4


async def test_usage_history_is_told_by_hour_day_and_month_within_bounds(platform: Platform) -> None:
    tenant = await platform.tenant()
    now = datetime.now(UTC)
    late = now - timedelta(hours=3)
    await use(platform, tenant, "seats", 5)
    await use(platform, tenant, "seats", -2)
    await use(platform, tenant, "seats", 4, body={"occurred_at": late.isoformat()})
    for window, starts in (("hour", {late: 4, now: 3}), ("day", None), ("month", None)):
        answer = await platform.call("GET", f"entitlements/usage?feature=seats&window={window}", key=tenant.key)
        assert answer.status == 200
        buckets = answer.data
        assert sum(bucket["quantity"] for bucket in buckets) == 7
        for bucket in buckets:
            assert set(bucket) == {"start", "end", "quantity"}
            assert bucket["start"] < bucket["end"]
            assert bucket["start"].endswith(":00:00.000Z")
        if starts is not None:
            assert {bucket["start"][:13]: bucket["quantity"] for bucket in buckets} == {
                moment.strftime("%Y-%m-%dT%H"): quantity for moment, quantity in starts.items()
            }
    since = now.replace(minute=0, second=0, microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")
    bounded = await platform.call("GET", f"entitlements/usage?feature=seats&window=hour&since={since}", key=tenant.key)
    assert [bucket["quantity"] for bucket in bounded.data] == [3]
    seats = (await platform.call("GET", "features/seats")).data
    by_id = await platform.call("GET", f"entitlements/usage?feature={seats['id']}&window=day", key=tenant.key)
    assert by_id.body["meta"]["feature"] == "seats"
    for query in ("", "feature=none", "feature=sso", "feature=seats&window=week", "feature=seats&since=yesterday"):
        refused = await platform.call("GET", f"entitlements/usage?{query}", key=tenant.key)
        assert (refused.status, refused.code) == (422, "VALIDATION_ERROR"), query


async def test_filters_take_features_and_packages_by_code_or_id(platform: Platform) -> None:
    tenant = await platform.tenant()
    workspace_id = tenant.workspace["id"]
    given = await platform.created("entitlements", {"workspace_id": workspace_id, "package": "starter"})
    boost = {"workspace_id": workspace_id, "feature": "seats", "type": "add_limit", "quantity": 5}
    await platform.created("boosts", {**boost, "duration": "permanent"})
    package_id = given["package_id"]
    feature_id = (await platform.call("GET", "features/seats")).data["id"]
    pool = await platform.created("features", {"code": f"pool{os.urandom(4).hex()}", "name": "Pool", "type": "limit"})
    part = {"code": f"{pool['code']}.part", "name": "Part", "type": "limit", "parent": pool["id"]}
    await platform.created("features", part)
    for path, code, reference in (
        ("entitlements?package=", "starter", package_id),
        ("entitlements/log?package=", "starter", package_id),
        ("entitlements/log?feature=", "seats", feature_id),
        ("boosts?feature=", "seats", feature_id),
        ("features?parent=", pool["code"], pool["id"]),
    ):
        by_code = await platform.call("GET", f"{path}{code}", key=tenant.key)
        by_id = await platform.call("GET", f"{path}{reference}", key=tenant.key)
        assert by_id.data == by_code.data, path
        assert len(by_id.data) == 1, path
        assert (await platform.call("GET", f"{path}none", key=tenant.key)).data == []


async def test_the_audit_log_tells_what_was_given_and_taken_with_all_list_conventions(platform: Platform) -> None:
    tenant = await platform.tenant()
    made = await namespace(platform, tenant)
    given = await platform.created(
        "entitlements", {"namespace_id": made["id"], "package": "starter", "source": "billing"}
    )
    for action in ("suspend", "unsuspend", "cancel"):
        assert (await platform.call("POST", f"entitlements/{given['id']}/{action}", {})).status == 200
    boost = {
        "namespace_id": made["id"],
        "feature": "seats",
        "type": "add_limit",
        "duration": "permanent",
        "quantity": 5,
    }
    await platform.created("boosts", boost)
    context = {"X-Namespace-ID": made["id"]}
    log = await platform.call("GET", "entitlements/log?sort=created_at", key=tenant.key, headers=context)
    assert log.status == 200
    assert [entry["action"] for entry in log.data] == [
        "entitlement.provisioned",
        "entitlement.suspended",
        "entitlement.unsuspended",
        "entitlement.cancelled",
        "boost.created",
    ]
    first, second = log.data[:2]
    assert set(first) == {
        "id", "action", "feature", "package", "actor", "source", "before", "after", "created_at",
    }  # fmt: skip
    assert (first["package"], first["source"], first["before"]) == ("starter", "billing", None)
    assert first["actor"].startswith("key/key_")
    assert (second["before"]["status"], second["after"]["status"]) == ("active", "suspended")
    assert log.data[4]["feature"] == "seats"
    base = "entitlements/log"
    for query, count in (
        ("action=entitlement.suspended", 1),
        ("package=starter", 4),
        ("feature=seats", 1),
        ("search=boost", 1),
        (f"created_after={first['created_at']}", 4),
        ("source=billing", 4),
    ):
        found = await platform.call("GET", f"{base}?{query}", key=tenant.key, headers=context)
        assert len(found.data) == count, query
    page = await platform.call("GET", f"{base}?per_page=2&fields=action", key=tenant.key, headers=context)
    assert (page.body["meta"]["total"], len(page.data), set(page.data[0])) == (5, 2, {"id", "action"})
    whole = await platform.call("GET", base, key=tenant.key)
    assert {entry["id"] for entry in whole.data} >= {entry["id"] for entry in log.data}
    other = await platform.tenant()
    assert (await platform.call("GET", base, key=other.key)).data == []
    for query in ("colour=red", "sort=before", "fields=colour"):
        assert (await platform.call("GET", f"{base}?{query}", key=tenant.key)).status == 422


@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
async def test_the_operator_rebuilds_the_histories_while_the_suite_runs_and_they_are_the_same(
    platform: Platform,
) -> None:
    tenant = await platform.tenant()
    await platform.created("entitlements", {"workspace_id": tenant.workspace["id"], "package": "storage.extra"})
    await use(platform, tenant, "seats", 6)
    reads = ("entitlements/usage?feature=seats&window=hour", "entitlements/log")
    before = [(await platform.call("GET", path, key=tenant.key)).data for path in reads]
    rebuilding = await asyncio.create_subprocess_exec(
        *command("admin", "rebuild", "entitlements.history", "--data-dir", str(platform.directory)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(rebuilding.communicate(), 60)
    assert rebuilding.returncode == 0, output.decode()
    await use(platform, tenant, "seats", 1)
    history, log = [(await platform.call("GET", path, key=tenant.key)).data for path in reads]
    assert log == before[1]
    assert sum(bucket["quantity"] for bucket in history) == 7


async def test_deleting_a_workspace_takes_its_entitlements_and_restoring_it_brings_back_exactly_those(
    platform: Platform,
) -> None:
    tenant = await platform.tenant()
    workspace_id = tenant.workspace["id"]
    made = await namespace(platform, tenant)
    kept = await platform.created("entitlements", {"namespace_id": made["id"], "package": "starter"})
    taken = await platform.created("entitlements", {"workspace_id": workspace_id, "package": "storage.extra"})
    assert (await platform.call("POST", f"entitlements/{taken['id']}/suspend", {})).status == 200
    assert (await platform.call("DELETE", f"workspaces/{workspace_id}", key=tenant.key)).status == 204
    gone = await platform.call("POST", "entitlements", {"namespace_id": made["id"], "package": "storage.extra"})
    assert (gone.status, gone.code) == (404, "RESOURCE_NOT_FOUND")
    assert (await platform.call("POST", f"workspaces/{workspace_id}/restore")).status == 200
    context = {"X-Workspace-ID": workspace_id}

    def brought_back(answer: Any) -> bool:
        actions = [entry["action"] for entry in answer.data] if answer.status == 200 else []
        return actions.count("account.unblocked") == 1

    log = await eventually(platform, brought_back, "GET", "entitlements/log", headers=context)
    blocked = [entry for entry in log.data if entry["action"].startswith("account.")]
    assert {entry["source"] for entry in blocked} == {"workspace_deleted"}
    for entitlement, status in ((kept, "active"), (taken, "suspended")):
        path = f"entitlements/{entitlement['id']}"
        shown = await eventually(platform, lambda answer: answer.status == 200, "GET", path, headers=context)
        assert shown.data["status"] == status
    check = f"namespaces/{made['id']}/entitlements/check"
    allowed = await eventually(
        platform,
        lambda answer: answer.status == 200 and answer.body["allowed"],
        "POST",
        check,
        {"feature": "storage"},
        headers=context,
    )
    assert allowed.body["limit"] == 5 * GIB


async def test_a_suspended_workspaces_plan_grants_nothing_until_it_is_opened_again(platform: Platform) -> None:
    tenant = await platform.tenant()
    workspace_id = tenant.workspace["id"]
    context = {"X-Workspace-ID": workspace_id}
    await use(platform, tenant, "seats", 3)
    check = "entitlements/check?feature=seats"
    assert (await platform.call("POST", f"workspaces/{workspace_id}/suspend", {"reason": "unpaid"})).status == 200

    def says(allowed: bool) -> Any:
        return lambda answer: answer.body.get("allowed") is allowed

    denied = await eventually(platform, says(False), "GET", check, headers=context)
    assert denied.body["reason"] == "PACKAGE_SUSPENDED"
    assert (await platform.call("POST", f"workspaces/{workspace_id}/unsuspend")).status == 200
    allowed = await eventually(
        platform, lambda answer: answer.body.get("allowed") is True, "GET", check, headers=context
    )
    assert (allowed.body["current_usage"], allowed.body["limit"]) == (3, 20)


async def person_of(platform: Platform, tenant: Tenant, role: str) -> str:
    """The key of somebody else, who has this role in the tenant's workspace and is nowhere else."""
    context = {"X-Workspace-ID": tenant.workspace["id"]}
    email = f"{role}.{tenant.workspace['slug']}@example.com"
    person = await platform.created("users", {"name": role, "email": email, "role": role}, headers=context)
    wanted = {"name": role, "scopes": ["*"], "user_id": person["id"]}
    return str((await platform.created("api-keys", wanted, headers=context))["key"])


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
async def test_roles_read_and_use_but_never_give(platform: Platform, role: str) -> None:
    tenant = await platform.tenant()
    key = tenant.key if role == "owner" else await person_of(platform, tenant, role)
    for path in ("features", "packages", "entitlements", "boosts", "entitlements/summary", "entitlements/log",
                 "entitlements/check?feature=seats", "entitlements/explain?feature=seats",
                 "entitlements/usage?feature=seats&window=day"):  # fmt: skip
        assert (await platform.call("GET", path, key=key)).status == 200, path
    assert (await use(platform, tenant, "seats", 1, key=key))["recorded"] is True
    for path, body in (
        ("entitlements", {"workspace_id": tenant.workspace["id"], "package": "starter"}),
        ("boosts", {"workspace_id": tenant.workspace["id"], "feature": "seats", "type": "unlimited",
                    "duration": "permanent"}),
    ):  # fmt: skip
        refused = await platform.call("POST", path, body, key=key)
        assert (refused.status, refused.code) == (403, "INSUFFICIENT_SCOPE"), path


async def test_a_persons_tier_counts_for_their_own_namespaces_from_the_next_request_on(platform: Platform) -> None:
    tenant = await platform.tenant()
    key = await person_of(platform, tenant, "admin")
    person = (await platform.call("GET", "user", key=key)).data
    own = await platform.created("namespaces", {"name": "Personal", "owner_type": "User"}, key=key)
    for tier, seats in (("free", 3), ("pro", 20), ("business", 200)):
        assert (await platform.call("PATCH", f"users/{person['id']}", {"tier": tier})).status == 200
        for asking in (key, platform.key):
            summary = await platform.call(
                "GET", "entitlements/summary", key=asking, headers={"X-Namespace-ID": own["id"]}
            )
            assert (summary.data["tier"], summary.data["entitlements"]["seats"]["limit"]) == (tier, seats)


READS = {
    "features": "packages:read",
    "packages": "packages:read",
    "packages/starter": "packages:read",
    "entitlements": "entitlements:read",
    "boosts": "entitlements:read",
    "entitlements/summary": "entitlements:read",
    "entitlements/log": "entitlements:read",
    "entitlements/check?feature=seats": "entitlements:read",
    "entitlements/explain?feature=seats": "entitlements:read",
    "entitlements/usage?feature=seats&window=day": "usage:read",
    "usage": "usage:read",
}


async def test_each_read_needs_its_scope_and_no_other(platform: Platform) -> None:
    tenant = await platform.tenant()
    context = {"X-Workspace-ID": tenant.workspace["id"]}
    keys = {
        scope: (await platform.created("api-keys", {"name": scope, "scopes": [scope]}, headers=context))["key"]
        for scope in sorted({*READS.values()})
    }
    for path, needed in READS.items():
        answer = await platform.call("GET", path, key=keys[needed])
        assert answer.status == 200, (path, answer)
        other = "packages:read" if needed != "packages:read" else "usage:read"
        refused = await platform.call("GET", path, key=keys[other])
        assert (refused.status, refused.code) == (403, "INSUFFICIENT_SCOPE"), path
        assert refused.body["error"]["required_scope"] == needed
    unable = await platform.call("POST", "entitlements/usage", {"feature": "seats"}, key=keys["usage:read"])
    assert (unable.status, unable.body["error"]["required_scope"]) == (403, "usage:write")


async def test_nothing_of_another_tenant_is_seen(platform: Platform) -> None:
    tenant, other = await platform.tenant(), await platform.tenant()
    key = await person_of(platform, tenant, "admin")
    foreign = await namespace(platform, other)
    given = await platform.created("entitlements", {"namespace_id": foreign["id"], "package": "starter"})
    boost = {"namespace_id": foreign["id"], "feature": "seats", "type": "unlimited", "duration": "permanent"}
    await platform.created("boosts", boost)
    assert (await platform.call("GET", f"entitlements/{given['id']}", key=key)).status == 404
    path = f"namespaces/{foreign['id']}/entitlements/check"
    assert (await platform.call("POST", path, {"feature": "seats"}, key=key)).status in {403, 404}
    for path in ("packages", "entitlements/log", "entitlements/usage?feature=seats"):
        for headers in ({"X-Namespace-ID": foreign["id"]}, {"X-Workspace-ID": other.workspace["id"]}):
            refused = await platform.call("GET", path, key=key, headers=headers)
            assert refused.status == 403, (path, headers)
            assert (refused.status, refused.code) in {
                (403, "NAMESPACE_ACCESS_DENIED"),
                (403, "WORKSPACE_ACCESS_DENIED"),
            }, path
    for path in ("entitlements", "boosts", "entitlements/log"):
        assert (await platform.call("GET", path, key=key)).data == []
