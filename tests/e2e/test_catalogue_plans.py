"""The catalogue and the holders through the gateway: by the promises of spec/http-api.md, on both stacks."""

import asyncio
import os
from typing import Any

from tests.e2e.suite import Platform, Receiver


def code(name: str) -> str:
    """A code of the test's own: all tests share one catalogue."""
    return f"{name}.t{os.urandom(4).hex()}"


async def feature(platform: Platform, **wanted: Any) -> Any:
    return await platform.created("features", {"code": code("f"), "name": "Feature", "type": "limit", **wanted})


async def package(platform: Platform, features: dict[str, int | None], **wanted: Any) -> Any:
    included = [{"feature": name, "limit": limit} for name, limit in features.items()]
    return await platform.created("packages", {"code": code("p"), "name": "Package", "features": included, **wanted})


async def test_the_operator_writes_the_catalogue_and_everybody_reads_it(platform: Platform) -> None:
    tenant = await platform.tenant()
    made = await feature(platform, unit="things", reset="monthly")
    plan = await package(platform, {made["id"]: 5}, is_base=True)
    assert plan["features"] == [{"feature": made["code"], "limit": 5}]
    for path, resource in ((f"features/{made['code']}", made), (f"packages/{plan['code']}", plan)):
        shown = await platform.call("GET", path, key=tenant.key)
        assert (shown.status, shown.data) == (200, resource)
        unchanged = await platform.call("GET", path, key=tenant.key, headers={"If-None-Match": shown.headers["ETag"]})
        assert unchanged.status == 304
        changed = await platform.call("PATCH", path, {"name": "New"}, headers={"If-Match": shown.headers["ETag"]})
        assert (changed.status, changed.data["name"]) == (200, "New")
        stale = await platform.call("PATCH", path, {"name": "Old"}, headers={"If-Match": shown.headers["ETag"]})
        assert (stale.status, stale.code) == (412, "PRECONDITION_FAILED")
        assert (await platform.call("GET", path, key=tenant.key)).data["name"] == "New"


async def test_catalogue_writes_are_refused_to_tenants_and_test_keys(platform: Platform) -> None:
    tenant = await platform.tenant()
    context = {"X-Workspace-ID": tenant.workspace["id"]}
    reader = await platform.created("api-keys", {"name": "r", "scopes": ["*:read"]}, headers=context)
    tester = await platform.created(
        "api-keys", {"name": "t", "scopes": ["*", "admin:*"], "environment": "test"}, headers=context
    )
    for key in (tenant.key, reader["key"], tester["key"]):
        for method, path, body in (
            ("POST", "features", {"code": "x", "name": "X", "type": "limit"}),
            ("PATCH", "features/seats", {"name": "X"}),
            ("POST", "packages", {"code": "x", "name": "X"}),
            ("PATCH", "packages/starter", {"name": "X"}),
            ("POST", "entitlements", {"workspace_id": tenant.workspace["id"], "package": "starter"}),
        ):
            refused = await platform.call(method, path, body, key=key)
            assert (refused.status, refused.code) == (403, "INSUFFICIENT_SCOPE"), (method, path)
            assert refused.body["error"]["required_scope"] == "admin:*"
    assert (await platform.call("GET", "packages", key=reader["key"])).status == 200
    blind = await platform.created("api-keys", {"name": "b", "scopes": ["webhooks:read"]}, headers=context)
    refused = await platform.call("GET", "packages", key=blind["key"])
    assert (refused.status, refused.body["error"]["required_scope"]) == (403, "packages:read")


async def test_lists_of_the_catalogue_have_all_conventions(platform: Platform) -> None:
    category = f"c{os.urandom(4).hex()}"
    made = [await feature(platform, name=f"Listed {n}", category=category) for n in range(5)]
    base = f"features?category={category}&sort=name"
    first = await platform.call("GET", f"{base}&per_page=2&fields=name")
    assert first.data == [{"id": each["id"], "name": each["name"]} for each in made[:2]]
    assert first.body["meta"] | {"next_cursor": None} == {
        "current_page": 1, "per_page": 2, "total": 5, "last_page": 3, "from": 1, "to": 2, "next_cursor": None,
    }  # fmt: skip
    second = await platform.call("GET", first.body["links"]["next"])
    assert [each["name"] for each in second.data] == ["Listed 2", "Listed 3"]
    url: str | None = f"{base}&per_page=2&cursor="
    walked: list[str] = []
    while url:
        page = await platform.call("GET", url)
        walked += [each["id"] for each in page.data]
        url = page.body["links"]["next"]
    assert walked == [each["id"] for each in made]
    found = await platform.call("GET", f"{base}&search=LIST%203")
    assert [each["id"] for each in found.data] == [made[3]["id"]]
    later = await platform.call("GET", f"{base}&created_after={made[2]['created_at']}")
    assert [each["id"] for each in later.data] == [made[3]["id"], made[4]["id"]]
    newest = await platform.call("GET", f"features?category={category}&per_page=1")
    assert newest.data[0]["id"] == made[4]["id"]
    for query in ("page=1&cursor=", "sort=colour", "fields=colour", "colour=red", "per_page=101", "is_active=perhaps"):
        refused = await platform.call("GET", f"packages?{query}")
        assert (refused.status, refused.code) == (422, "VALIDATION_ERROR"), query
    assert (await platform.call("GET", f"features?category={category}x")).body["meta"]["last_page"] == 1


async def test_changes_of_the_catalogue_stand_in_the_operators_audit_log(platform: Platform) -> None:
    feature, package = f"f.t{os.urandom(4).hex()}", f"p.t{os.urandom(4).hex()}"
    await platform.created("features", {"code": feature, "name": "Things", "type": "limit"})
    await platform.call("PATCH", f"features/{feature}", {"name": "Stuff"})
    included = [{"feature": feature, "limit": 1}]
    await platform.created("packages", {"code": package, "name": "Plan", "features": included})
    await platform.call("PATCH", f"packages/{package}", {"features": [{"feature": feature, "limit": 2}]})
    of_feature = (await platform.call("GET", f"entitlements/log?feature={feature}&sort=created_at")).data
    assert [(entry["action"], entry["after"]["name"]) for entry in of_feature] == [
        ("feature.created", "Things"), ("feature.updated", "Stuff"),
    ]  # fmt: skip
    of_package = (await platform.call("GET", f"entitlements/log?package={package}&sort=created_at")).data
    assert [(entry["action"], entry["after"]["features"][0]["limit"]) for entry in of_package] == [
        ("package.created", 1), ("package.updated", 2),
    ]  # fmt: skip
    assert of_package[0]["before"] is None
    assert of_package[1]["before"] == of_package[0]["after"]
    assert all(entry["actor"].startswith("key/key_") for entry in (*of_feature, *of_package))
    tenant = await platform.tenant()
    assert (await platform.call("GET", f"entitlements/log?package={package}", key=tenant.key)).data == []


async def test_a_holder_keeps_the_version_of_the_package_that_it_was_given(platform: Platform) -> None:
    tenant = await platform.tenant()
    limited = await feature(platform)
    plan = await package(platform, {limited["code"]: 5}, is_base=True)
    namespaces = [await platform.created("namespaces", {"name": f"N{n}"}, key=tenant.key) for n in range(2)]
    await platform.created("entitlements", {"namespace_id": namespaces[0]["id"], "package": plan["id"]})
    changed = await platform.call(
        "PATCH", f"packages/{plan['code']}", {"features": [{"feature": limited["code"], "limit": 9}]}
    )
    assert changed.data["version"] == 2
    await platform.created("entitlements", {"namespace_id": namespaces[1]["id"], "package": plan["code"]})
    limits = []
    for namespace in namespaces:
        checked = await platform.call(
            "POST", f"namespaces/{namespace['id']}/entitlements/check", {"feature": limited["code"]}, key=tenant.key
        )
        limits.append(checked.body["limit"])
    assert limits == [5, 9]


async def test_a_write_with_an_idempotency_key_makes_one_feature(platform: Platform) -> None:
    body = {"code": code("once"), "name": "Once", "type": "boolean"}
    headers = {"Idempotency-Key": os.urandom(8).hex()}
    answers = await asyncio.gather(*(platform.call("POST", "features", body, headers=headers) for _ in range(4)))
    done = [answer for answer in answers if answer.status == 201]
    assert done
    assert {answer.data["id"] for answer in done} == {done[0].data["id"]}
    # Whatever came while the first one ran was told to wait.
    assert {answer.status for answer in answers} <= {201, 409}
    again = await platform.call("POST", "features", body)
    assert (again.status, again.body["error"]["conflicting_field"]) == (409, "code")


async def test_a_namespace_made_a_moment_ago_is_checked_provisioned_and_used_at_once(platform: Platform) -> None:
    tenant = await platform.tenant()
    for number in range(8):
        namespace = await platform.created("namespaces", {"name": f"New {number}"}, key=tenant.key)
        one = namespace["id"]
        if number % 2:
            checked = await platform.call(
                "POST", f"namespaces/{one}/entitlements/check", {"feature": "storage"}, key=tenant.key
            )
            assert (checked.status, checked.body["limit"]) == (200, 50 * 1024**3)
        given = await platform.call("POST", "entitlements", {"namespace_id": one, "package": "starter"})
        assert given.status == 201
        in_context = {"X-Namespace-ID": one}
        asked = await platform.call("GET", "entitlements/check?feature=storage", key=tenant.key, headers=in_context)
        assert asked.body["limit"] == 5 * 1024**3
        used = {"feature": "storage", "quantity": 7, "enforce": True}
        recorded = await platform.call("POST", "entitlements/usage", used, key=tenant.key, headers=in_context)
        assert recorded.body["current_usage"] == 7
        history = await platform.call(
            "GET", "entitlements/usage?feature=storage&window=hour", key=tenant.key, headers=in_context
        )
        assert [bucket["quantity"] for bucket in history.data] == [7]
        log = await platform.call("GET", "entitlements/log", key=tenant.key, headers=in_context)
        assert [entry["action"] for entry in log.data] == ["entitlement.provisioned"]


async def test_a_changed_tier_counts_from_the_next_request_on(platform: Platform) -> None:
    tenant = await platform.tenant(tier="free")
    path = f"workspaces/{tenant.workspace['id']}"
    for tier, seats in (("pro", 20), ("business", 200), ("free", 3), ("enterprise", None)):
        assert (await platform.call("PATCH", path, {"tier": tier})).status == 200
        summary = await platform.call("GET", "entitlements/summary", key=tenant.key)
        assert (summary.data["tier"], summary.data["entitlements"]["seats"]["limit"]) == (tier, seats)


async def test_an_unknown_deleted_or_foreign_holder_looks_missing(platform: Platform) -> None:
    tenant, other = await platform.tenant(), await platform.tenant()
    foreign = await platform.created("namespaces", {"name": "Foreign"}, key=other.key)
    gone = await platform.created("namespaces", {"name": "Gone"}, key=tenant.key)
    assert (await platform.call("DELETE", f"namespaces/{gone['id']}", key=tenant.key)).status == 204
    for namespace_id in ("ns_unknown", gone["id"], foreign["id"]):
        path = f"namespaces/{namespace_id}/entitlements/check"
        refused = await platform.call("POST", path, {"feature": "seats"}, key=tenant.key)
        assert (refused.status, refused.code) in {(404, "RESOURCE_NOT_FOUND"), (403, "NAMESPACE_ACCESS_DENIED")}
    for holder in ({"namespace_id": "ns_unknown"}, {"namespace_id": gone["id"]}, {"workspace_id": "wks_unknown"}):
        refused = await platform.call("POST", "entitlements", {**holder, "package": "starter"})
        assert (refused.status, refused.code) == (404, "RESOURCE_NOT_FOUND")


async def test_events_of_packages_reach_the_operators_endpoints_alone(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Receiver() as operator, Receiver() as stranger:
        wanted = {"events": ["package.*", "namespace.created"]}
        hook = await platform.created("webhooks", {"url": operator.url, **wanted})
        await platform.created("webhooks", {"url": stranger.url, **wanted}, key=tenant.key)
        plan = await package(platform, {"seats": 1})
        await platform.call("PATCH", f"packages/{plan['id']}", {"name": "Renamed"})
        await platform.created("namespaces", {"name": "Last"}, key=tenant.key)
        await operator.until("package.created", "package.updated")
        await stranger.until("namespace.created")
        assert set(stranger.types()) == {"namespace.created"}
        await platform.call("DELETE", f"webhooks/{hook['id']}")
