"""Entitlements through the gateway: plans, usage, exact limits, by the promises of spec/http-api.md."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.suite import Platform, Receiver, Tenant

GB = 1024**3


def code(name: str) -> str:
    """A code of the test's own: all tests share one catalogue."""
    return f"{name}.t{os.urandom(4).hex()}"


def soon(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


def before(tenant: Tenant) -> str:
    """A moment before the tenant's workspace was there."""
    moment = datetime.fromisoformat(tenant.workspace["created_at"]) - timedelta(seconds=1)
    return moment.isoformat().replace("+00:00", "Z")


async def feature(platform: Platform, **wanted: Any) -> str:
    body = {"code": code("f"), "name": "Things", "type": "limit", **wanted}
    return str((await platform.created("features", body))["code"])


async def package(platform: Platform, features: dict[str, int | None], **wanted: Any) -> str:
    included = [{"feature": name, "limit": limit} for name, limit in features.items()]
    body = {"code": code("p"), "name": "Package", "features": included, "is_base": True, **wanted}
    return str((await platform.created("packages", body))["code"])


async def given(platform: Platform, tenant: Tenant, plan: str, **wanted: Any) -> Any:
    return await platform.created("entitlements", {"workspace_id": tenant.workspace["id"], "package": plan, **wanted})


async def use(platform: Platform, tenant: Tenant, what: str, quantity: int = 1, **more: Any) -> Any:
    body = {"feature": what, "quantity": quantity, "enforce": True, **more}
    return await platform.call("POST", "entitlements/usage", body, key=tenant.key)


async def check(platform: Platform, tenant: Tenant, what: str, quantity: int = 1) -> Any:
    return (await platform.call("GET", f"entitlements/check?feature={what}&quantity={quantity}", key=tenant.key)).body


async def test_the_references_check_is_answered_by_its_shape_and_wording(platform: Platform) -> None:
    tenant = await platform.tenant()
    namespace = await platform.created("namespaces", {"name": "Client"}, key=tenant.key)
    context = {"X-Namespace-ID": namespace["id"]}
    await platform.created("entitlements", {"namespace_id": namespace["id"], "package": "starter"})
    body = {"feature": "storage", "quantity": 5 * GB - 536870912, "enforce": True}
    recorded = await platform.call("POST", "entitlements/usage", body, key=tenant.key, headers=context)
    assert recorded.body == {
        "recorded": True, "allowed": True, "feature": "storage",
        "current_usage": 4831838208, "limit": 5368709120, "available": 536870912,
    }  # fmt: skip
    asked = {"feature": "storage", "quantity": 1073741824}
    path = f"namespaces/{namespace['id']}/entitlements/check"
    assert (await platform.call("POST", path, asked, key=tenant.key)).body == {
        "allowed": False,
        "reason": "LIMIT_EXCEEDED",
        "message": "Storage limit exceeded. Used: 4.50 GB, Available: 0.50 GB, Requested: 1.00 GB",
        "current_usage": 4831838208,
        "limit": 5368709120,
        "available": 536870912,
    }


async def test_concurrent_enforced_calls_never_pass_the_limit_by_even_one(platform: Platform) -> None:
    tenant = await platform.tenant()
    what = await feature(platform)
    await given(platform, tenant, await package(platform, {what: 17}))
    answers = await asyncio.gather(*(use(platform, tenant, what) for _ in range(40)))
    assert [answer.status for answer in answers] == [200] * 40
    recorded = [answer.body for answer in answers if answer.body["recorded"]]
    assert sorted(each["current_usage"] for each in recorded) == list(range(1, 18))
    denied = next(answer.body for answer in answers if not answer.body["recorded"])
    assert (denied["allowed"], denied["reason"], denied["available"]) == (False, "LIMIT_EXCEEDED", 0)


async def test_usage_is_given_back_and_never_below_zero(platform: Platform) -> None:
    tenant = await platform.tenant()
    assert (await use(platform, tenant, "seats", 5)).body["current_usage"] == 5
    assert (await use(platform, tenant, "seats", -2)).body["current_usage"] == 3
    below = await use(platform, tenant, "seats", -4)
    assert (below.status, list(below.body["error"]["details"])) == (422, ["quantity"])
    for body in ({"feature": "sso"}, {"feature": "none"}, {"feature": "seats", "quantity": 0}):
        assert (await platform.call("POST", "entitlements/usage", body, key=tenant.key)).status == 422
    late = await use(platform, tenant, "seats", 1, occurred_at=soon(hours=-23))
    assert late.body["recorded"] is True
    assert (await use(platform, tenant, "seats", 1, occurred_at=soon(hours=-25))).status == 422


async def test_each_denial_has_its_reason(platform: Platform) -> None:
    tenant = await platform.tenant()
    what = await feature(platform)
    assert (await check(platform, tenant, "none"))["reason"] == "FEATURE_UNKNOWN"
    assert (await check(platform, tenant, what))["reason"] == "FEATURE_NOT_INCLUDED"
    entitlement = await given(platform, tenant, await package(platform, {what: 1}))
    assert (await check(platform, tenant, what))["allowed"] is True
    assert (await check(platform, tenant, what, 2))["reason"] == "LIMIT_EXCEEDED"
    path = f"entitlements/{entitlement['id']}"
    suspended = await platform.call("POST", f"{path}/suspend", {"reason": "unpaid"})
    assert (suspended.data["status"], suspended.data["suspended_reason"]) == ("suspended", "unpaid")
    assert (await check(platform, tenant, what))["reason"] == "PACKAGE_SUSPENDED"
    again = await platform.call("POST", f"{path}/suspend")
    assert (again.status, again.code, again.body["error"]["current_state"]) == (409, "STATE_CONFLICT", "suspended")
    assert (await platform.call("POST", f"{path}/unsuspend")).data["status"] == "active"
    assert (await check(platform, tenant, what))["allowed"] is True
    assert (await platform.call("POST", f"{path}/cancel")).data["status"] == "cancelled"
    assert (await check(platform, tenant, what))["reason"] == "FEATURE_NOT_INCLUDED"


async def test_a_package_lives_by_its_schedule_and_one_base_package_at_a_time(platform: Platform) -> None:
    tenant = await platform.tenant()
    what = await feature(platform, reset="monthly")
    small, big = await package(platform, {what: 5}), await package(platform, {what: 50})
    anchor = "2024-01-31T00:00:00Z"
    first = await given(platform, tenant, small, billing_cycle_anchor=anchor, expires_at=soon(days=10))
    assert first["billing_cycle_anchor"] == "2024-01-31T00:00:00.000Z"
    await use(platform, tenant, what, 4)
    body = {"workspace_id": tenant.workspace["id"], "package": big}
    refused = await platform.call("POST", "entitlements", body)
    assert (refused.status, refused.code) == (409, "STATE_CONFLICT")
    preview = await platform.call("POST", "entitlements/preview", {"package": big}, key=tenant.key)
    assert preview.data["changes"][what]["after"]["limit"] == 50
    assert preview.data["events"] == ["entitlement.cancelled", "entitlement.provisioned"]
    assert (await check(platform, tenant, what, 2))["allowed"] is False
    second = await given(platform, tenant, big, replace=True)
    summary = await platform.call("GET", "entitlements/summary", key=tenant.key)
    figures = summary.data["entitlements"][what]
    assert (figures["used"], figures["limit"], figures["available"], figures["overage"]) == (4, 50, 46, 0)
    assert figures["reset_at"].endswith("T00:00:00.000Z")
    renewed = await platform.call("POST", f"entitlements/{second['id']}/renew", {"expires_at": soon(days=40)})
    assert renewed.data["expires_at"] is not None
    listed = await platform.call("GET", "entitlements?status=cancelled", key=tenant.key)
    assert [each["id"] for each in listed.data] == [first["id"]]
    shown = await platform.call("GET", f"entitlements/{first['id']}", key=tenant.key)
    assert (shown.status, shown.data["status"]) == (200, "cancelled")
    stranger = await platform.tenant()
    assert (await platform.call("GET", f"entitlements/{first['id']}", key=stranger.key)).status == 404


async def test_a_tenant_neither_previews_nor_hears_of_packages_that_are_not_public(platform: Platform) -> None:
    tenant = await platform.tenant()
    secret = await package(platform, {"seats": 77}, is_public=False)
    refused = await platform.call("POST", "entitlements/preview", {"package": secret}, key=tenant.key)
    assert refused.status == 422
    unknown = await platform.call("POST", "entitlements/preview", {"package": "none"}, key=tenant.key)
    (message,) = unknown.body["error"]["details"]["package"]
    assert "starter" in message
    assert secret not in message
    body = {"package": secret, "workspace_id": tenant.workspace["id"]}
    assert (await platform.call("POST", "entitlements/preview", body)).status == 200
    await given(platform, tenant, secret)


async def test_times_in_questions_are_dates_or_times_and_faults_are_told_in_words(platform: Platform) -> None:
    tenant = await platform.tenant()
    answer = await platform.call("GET", "entitlements/usage?feature=seats&since=2026-01-01", key=tenant.key)
    assert (answer.status, answer.body["meta"]["since"]) == (200, "2026-01-01T00:00:00.000Z")
    for query in ("check?feature=seats&as_of=soon", "usage?feature=seats&since=soon"):
        answer = await platform.call("GET", f"entitlements/{query}", key=tenant.key)
        ((message,),) = answer.body["error"]["details"].values()
        assert message == "Must be an ISO 8601 date or time, like 2024-01-15T10:30:00Z."


async def test_boosts_add_to_the_plan_and_are_told_why(platform: Platform) -> None:
    tenant = await platform.tenant()
    context = {"X-Workspace-ID": tenant.workspace["id"]}
    before = (await check(platform, tenant, "seats", 0))["limit"]
    boost = await platform.created("boosts", {"feature": "seats", "type": "add_limit", "quantity": 5}, headers=context)
    assert boost["id"].startswith("bst_")
    assert (boost["duration"], boost["status"]) == ("permanent", "active")
    assert (await check(platform, tenant, "seats", 0))["limit"] == before + 5
    explained = await platform.call("GET", "entitlements/explain?feature=seats", key=tenant.key)
    (node,) = explained.data["levels"][-1]["nodes"]
    assert [(grant["source"], grant["quantity"]) for grant in node["grants"]] == [("tier", before), ("boost", 5)]
    assert [each["id"] for each in (await platform.call("GET", "boosts", key=tenant.key)).data] == [boost["id"]]
    assert (await platform.call("DELETE", f"boosts/{boost['id']}", headers=context)).status == 204
    assert (await platform.call("DELETE", f"boosts/{boost['id']}", headers=context)).status == 409
    assert (await check(platform, tenant, "seats", 0))["limit"] == before


async def test_reservations_hold_commit_release_and_expire(platform: Platform) -> None:
    tenant = await platform.tenant()
    what = await feature(platform)
    await given(platform, tenant, await package(platform, {what: 10}))
    body = {"feature": what, "quantity": 6, "ttl_seconds": 600}
    made = await platform.call("POST", "entitlements/reservations", body, key=tenant.key)
    assert made.status == 201
    assert made.data["id"].startswith("rsv_")
    denied = await platform.call("POST", "entitlements/reservations", body, key=tenant.key)
    assert (denied.status, denied.data["reserved"], denied.data["reason"]) == (200, False, "LIMIT_EXCEEDED")
    path = f"entitlements/reservations/{made.data['id']}"
    committed = await platform.call("POST", f"{path}/commit", {"quantity": 4}, key=tenant.key)
    assert (committed.data["status"], committed.data["current_usage"]) == ("committed", 4)
    twice = await platform.call("POST", f"{path}/release", key=tenant.key)
    assert (twice.status, twice.body["error"]["current_state"]) == (409, "committed")
    short = await platform.call("POST", "entitlements/reservations", {**body, "ttl_seconds": 1}, key=tenant.key)
    assert short.status == 201
    async with asyncio.timeout(20):
        while (await check(platform, tenant, what, 6))["allowed"] is False:
            await asyncio.sleep(0.05)
    gone = await platform.call("POST", "entitlements/reservations/rsv_none/commit", key=tenant.key)
    assert gone.status == 404


async def test_what_was_made_is_found_where_its_location_says(platform: Platform) -> None:
    tenant = await platform.tenant()
    wanted = {"workspace_id": tenant.workspace["id"], "feature": "seats", "type": "add_limit", "quantity": 5}
    boost = await platform.call("POST", "boosts", wanted)
    held = await platform.call("POST", "entitlements/reservations", {"feature": "seats", "quantity": 2}, key=tenant.key)
    for made in (boost, held):
        assert made.status == 201
        there = made.headers["Location"].rpartition("/api/v1/")[2]
        found = await platform.call("GET", there, key=tenant.key)
        assert (found.status, found.data["id"]) == (200, made.data["id"])
        known = {"If-None-Match": found.headers["ETag"]}
        assert (await platform.call("GET", there, key=tenant.key, headers=known)).status == 304
    path = f"entitlements/reservations/{held.data['id']}"
    state = (await platform.call("GET", path, key=tenant.key)).data
    assert state == {name: held.data[name] for name in state}
    assert state["status"] == "held"
    assert (await platform.call("POST", f"{path}/commit", {"quantity": 1}, key=tenant.key)).status == 200
    assert (await platform.call("GET", path, key=tenant.key)).data["status"] == "committed"
    stranger = await platform.tenant()
    for foreign in (path, f"boosts/{boost.data['id']}", "boosts/bst_none", "entitlements/reservations/rsv_none"):
        assert (await platform.call("GET", foreign, key=stranger.key)).status == 404
    assert (await platform.call("DELETE", f"boosts/{boost.data['id']}")).status == 204
    assert (await platform.call("GET", f"boosts/{boost.data['id']}", key=tenant.key)).data["status"] == "cancelled"


async def test_an_answer_can_be_asked_for_a_moment_of_the_past(platform: Platform) -> None:
    tenant = await platform.tenant()
    what = await feature(platform)
    await given(platform, tenant, await package(platform, {what: 10}))
    await use(platform, tenant, what, 3)
    await asyncio.sleep(0.05)  # the moment that is asked for lies between two uses
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    await asyncio.sleep(0.05)
    await use(platform, tenant, what, 4)
    for path in (
        f"entitlements/check?feature={what}&",
        "entitlements/summary?",
        f"entitlements/explain?feature={what}&",
    ):
        then = await platform.call("GET", f"{path}as_of={moment}", key=tenant.key)
        figures = then.body if "check" in path else then.data
        figures = figures["entitlements"][what] if "summary" in path else figures
        assert figures.get("current_usage", figures.get("used")) == 3, path
    ahead = await platform.call("GET", f"entitlements/check?feature={what}&as_of={soon(hours=1)[:19]}Z", key=tenant.key)
    assert ahead.status == 422


async def test_an_answer_for_the_past_is_by_the_tier_and_the_catalogue_of_that_moment(platform: Platform) -> None:
    tenant = await platform.tenant(tier="pro")
    pool = await feature(platform)
    what = await feature(platform, parent=pool)
    await given(platform, tenant, await package(platform, {pool: 5}))
    await asyncio.sleep(0.05)  # the moment that is asked for lies between two writes
    between = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    await asyncio.sleep(0.05)
    changed = await platform.call("PATCH", f"workspaces/{tenant.workspace['id']}", {"tier": "free"})
    assert changed.status == 200
    assert (await platform.call("PATCH", f"features/{what}", {"parent": None})).status == 200
    for as_of, tier, seats, pooled in ((f"&as_of={between}", "pro", 20, True), ("", "free", 3, False)):
        summary = (
            await platform.call("GET", f"entitlements/summary?fields=tier,entitlements{as_of}", key=tenant.key)
        ).data
        explained = await platform.call("GET", f"entitlements/explain?feature=seats{as_of}", key=tenant.key)
        assert (summary["tier"], summary["entitlements"]["seats"]["limit"], explained.data["limit"]) == (
            tier,
            seats,
            seats,
        )
        assert (what in summary["entitlements"]) is pooled
    asked = f"entitlements/check?feature=seats&as_of={before(tenant)}"
    assert (await platform.call("GET", asked, key=tenant.key)).body["reason"] == "FEATURE_NOT_INCLUDED"


async def test_thresholds_and_expiry_arrive_as_events_once_and_in_order(platform: Platform) -> None:
    tenant = await platform.tenant()
    what = await feature(platform)
    async with Receiver() as receiver:
        hook = {"url": receiver.url, "events": ["usage.*", "entitlement.*", "boost.*"]}
        await platform.created("webhooks", hook, key=tenant.key)
        plan = await package(platform, {what: 10})
        await given(platform, tenant, plan, expires_at=soon(seconds=8))
        for quantity in (9, 1):
            assert (await use(platform, tenant, what, quantity)).body["recorded"] is True
        await receiver.until("usage.limit_reached", "entitlement.expired", seconds=60)
        types = receiver.types()
    assert types.count("usage.limit_warning") == 2
    assert types.count("usage.limit_reached") == 1
    assert types.count("entitlement.expired") == 1


async def test_test_keys_use_an_account_of_their_own_and_members_may_use(platform: Platform) -> None:
    tenant = await platform.tenant()
    context = {"X-Workspace-ID": tenant.workspace["id"]}
    wanted = {"name": "t", "scopes": ["*"], "environment": "test"}
    tester = await platform.created("api-keys", wanted, headers=context)
    await use(platform, tenant, "seats", 7)
    tested = Tenant(tenant.workspace, tester["key"])
    assert (await use(platform, tested, "seats", 2)).body["current_usage"] == 2
    assert (await check(platform, tenant, "seats", 0))["current_usage"] == 7
    reader = await platform.created("api-keys", {"name": "r", "scopes": ["*:read"]}, headers=context)
    refused = await use(platform, Tenant(tenant.workspace, reader["key"]), "seats")
    assert (refused.status, refused.body["error"]["required_scope"]) == (403, "usage:write")


async def test_a_repeated_key_records_usage_once(platform: Platform) -> None:
    tenant = await platform.tenant()
    headers = {"Idempotency-Key": os.urandom(8).hex()}
    body = {"feature": "seats", "quantity": 2, "enforce": True}
    first = await platform.call("POST", "entitlements/usage", body, key=tenant.key, headers=headers)
    again = await platform.call("POST", "entitlements/usage", body, key=tenant.key, headers=headers)
    assert first.body == again.body
    assert (await check(platform, tenant, "seats", 0))["current_usage"] == 2
