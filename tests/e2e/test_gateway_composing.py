"""Answers that the gateway puts together from several services."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from typing import Any

from tests.e2e.suite import Platform, Tenant


async def _namespace(platform: Platform, tenant: Tenant) -> Any:
    return await platform.created("namespaces", {"name": "Client: Acme Corp"}, key=tenant.key)


async def test_a_namespace_is_shown_with_its_packages_and_entitlements(platform: Platform) -> None:
    tenant = await platform.tenant()
    namespace = await _namespace(platform, tenant)
    packages = (await platform.call("GET", "packages?per_page=100")).data
    base = next(package for package in packages if package["is_base"])
    given = await platform.call("POST", "entitlements", {"namespace_id": namespace["id"], "package": base["code"]})
    assert given.status == 201, given
    shown = await platform.call("GET", f"namespaces/{namespace['id']}", key=tenant.key)
    assert shown.status == 200
    assert "meta" not in shown.body
    assert [(each["id"], each["name"]) for each in shown.data["packages"]] == [(base["id"], base["name"])]
    assert set(shown.data["packages"][0]) == {"id", "name", "expires_at"}
    assert shown.data["entitlements"]
    assert all("used" in each and "limit" in each for each in shown.data["entitlements"].values())


async def test_the_composed_answer_has_a_tag_of_its_own_and_is_not_sent_twice(platform: Platform) -> None:
    tenant = await platform.tenant()
    namespace = await _namespace(platform, tenant)
    path = f"namespaces/{namespace['id']}"
    async with asyncio.timeout(20):
        while True:  # these requests count as usage, which is shown too: now and then it has just grown
            first = await platform.call("GET", path, key=tenant.key)
            again = await platform.call("GET", path, key=tenant.key, headers={"If-None-Match": first.headers["ETag"]})
            if again.status != 200 or again.body == first.body:
                break
    assert (again.status, again.body) == (304, None)
    assert again.headers["ETag"] == first.headers["ETag"]
    # The tag's version is the namespace's: it fits If-Match.
    changed = await platform.call(
        "PATCH", path, {"description": "x"}, key=tenant.key, headers={"If-Match": first.headers["ETag"]}
    )
    assert changed.status == 200
    changed = await platform.call("GET", path, key=tenant.key, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status == 200


async def test_only_the_wanted_fields_are_put_together(platform: Platform) -> None:
    tenant = await platform.tenant()
    namespace = await _namespace(platform, tenant)
    for wanted, expected in [
        ("name", {"id", "name"}),
        ("name,packages", {"id", "name", "packages"}),
        ("entitlements", {"id", "entitlements"}),
    ]:
        shown = await platform.call("GET", f"namespaces/{namespace['id']}?fields={wanted}", key=tenant.key)
        assert set(shown.data) == expected
    unknown = await platform.call("GET", f"namespaces/{namespace['id']}?fields=colourr", key=tenant.key)
    assert unknown.status == 422


async def test_what_is_put_together_is_named_among_the_fields_that_may_be_asked_for(platform: Platform) -> None:
    tenant = await platform.tenant()
    namespace = await _namespace(platform, tenant)
    refused = await platform.call("GET", f"namespaces/{namespace['id']}?fields=packages,colourr", key=tenant.key)
    [told] = refused.body["error"]["details"]["fields"]
    assert told.startswith("Unknown: colourr. Allowed: ")
    assert {"entitlements", "packages"} <= set(told.removesuffix(".").partition("Allowed: ")[2].split(", "))
    document = (await platform.call("GET", "/api/openapi.json")).body
    offered = document["paths"]["/api/v1/namespaces/{namespace_id}"]["get"]["parameters"]
    [pattern] = [each["schema"]["pattern"] for each in offered if each["name"] == "fields"]
    assert re.search(pattern, "name,packages,entitlements")
    listed = await platform.call("GET", "namespaces?fields=packages", key=tenant.key)
    assert listed.status == 422


async def test_a_namespace_is_shown_without_its_plan_where_entitlements_does_not_answer(platform: Platform) -> None:
    tenant = await platform.tenant()
    namespace = await _namespace(platform, tenant)
    pid = int((platform.directory / "run" / "entitlements.pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        shown = await platform.call("GET", f"namespaces/{namespace['id']}", key=tenant.key)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert shown.status == 200
    assert shown.data["name"] == "Client: Acme Corp"
    assert (shown.data["packages"], shown.data["entitlements"]) == (None, None)
    assert shown.body["meta"] == {"degraded": ["entitlements"]}


async def test_a_missing_namespace_is_not_found(platform: Platform) -> None:
    tenant = await platform.tenant()
    answer = await platform.call("GET", "namespaces/ns_none", key=tenant.key)
    assert (answer.status, answer.code) == (404, "RESOURCE_NOT_FOUND")


async def test_usage_shows_the_hour_the_days_and_the_entitlements(platform: Platform) -> None:
    tenant = await platform.tenant()
    key = await platform.created("api-keys", {"name": "u", "scopes": ["usage:read"]}, key=tenant.key)
    answer = await platform.call("GET", "usage", key=key["key"])
    assert answer.status == 200
    assert "meta" not in answer.body
    assert answer.data["workspace_id"] == tenant.workspace["id"]
    requests = answer.data["requests"]
    assert requests["limit"] == int(answer.headers["X-RateLimit-Limit"])
    assert requests["remaining"] == int(answer.headers["X-RateLimit-Remaining"])
    assert requests["this_hour"] >= 1
    assert requests["reset_at"].endswith("Z")
    assert all(set(day) == {"date", "count"} for day in requests["by_day"])
    summary = await platform.call("GET", "entitlements/summary", key=tenant.key)
    assert set(answer.data["entitlements"]) == set(summary.data["entitlements"])
    assert (await platform.call("GET", "usage?colour=red", key=key["key"])).status == 422
