"""Endpoints through the gateway: every field, every rule of validation, and what their own events tell."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import jsonschema
import pytest

from tests.e2e.suite import Platform, Receiver

URL = "https://your-app.com/webhooks"
FIELDS = {
    "id", "url", "events", "filters", "description", "headers", "is_active", "disabled_reason", "rate_limit",
    "concurrency", "ordered", "retry_schedule", "signatures", "public_key", "success_count", "failure_count",
    "consecutive_failures", "last_delivery_at", "livemode", "created_at", "updated_at",
}  # fmt: skip


async def until(look: Callable[[], Awaitable[bool]], *, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await look():
            await asyncio.sleep(0.05)


def bodies(receiver: Receiver, event_type: str) -> list[dict[str, Any]]:
    return [json.loads(body) for headers, body in receiver.got if headers["X-Webhook-Event"] == event_type]


async def test_the_references_webhook_examples_work_as_written(platform: Platform) -> None:
    tenant = await platform.tenant()
    request = {"url": URL, "events": ["resource.created", "resource.updated"], "secret": "whsec_abc123..."}
    made = await platform.call("POST", "webhooks", request, key=tenant.key)
    assert made.status == 201
    assert made.headers["Location"] == f"{platform.base}/api/v1/webhooks/{made.data['id']}"
    assert made.headers["ETag"].startswith('"1-')
    assert made.data["secret"] == "whsec_abc123..."
    second = {"url": URL, "events": ["resource.created"], "secret": "whsec_abc123..."}
    assert (await platform.call("POST", "webhooks", second, key=tenant.key)).status == 201
    listed = await platform.call("GET", "webhooks", key=tenant.key)
    assert [each["events"] for each in listed.data] == [["resource.created"], ["resource.created", "resource.updated"]]
    for each in listed.data:
        assert set(each) == FIELDS
        assert (each["url"], each["is_active"]) == (URL, True)


async def test_every_field_is_kept_as_given_and_the_rest_has_its_defaults(platform: Platform) -> None:
    tenant = await platform.tenant()
    wanted = {
        "url": URL,
        "events": ["workspace.created", "order.*", "*", "never.heard_of"],
        "filters": {"data.object.attributes.tier": ["pro", "business"], "$not": {"type": {"$prefix": "user."}}},
        "description": "Ours",
        "headers": {"Authorization": "Bearer abc", "X-Team": "blue"},
        "is_active": False,
        "rate_limit": {"requests": 5, "per_seconds": 60},
        "concurrency": 3,
        "ordered": True,
        "retry_schedule": [0, 5, 60],
        "signatures": ["v1", "v1a"],
    }
    made = await platform.created("webhooks", wanted, key=tenant.key)
    assert {name: made[name] for name in wanted} == wanted
    shown = (await platform.call("GET", f"webhooks/{made['id']}", key=tenant.key)).data
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    plain = await platform.created("webhooks", {"url": URL, "events": ["*"]}, key=tenant.key)
    assert set(plain) == FIELDS | {"secret"}
    assert plain["secret"].startswith("whsec_")
    assert plain["public_key"].startswith("whpk_")
    defaults: dict[str, Any] = {
        "filters": {}, "description": None, "headers": {}, "is_active": True, "disabled_reason": None,
        "rate_limit": None, "concurrency": 10, "ordered": False, "retry_schedule": None, "signatures": ["v1"],
        "success_count": 0, "failure_count": 0, "consecutive_failures": 0, "last_delivery_at": None, "livemode": True,
    }  # fmt: skip
    assert {name: plain[name] for name in defaults} == defaults


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": None}, "url"),
        ({"url": "not a url"}, "url"),
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://user:pass@example.com/"}, "url"),
        ({"url": "https://example.com:22/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "https://0x0a000001/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["Upper.Case"]}, "events"),
        ({"events": ["workspace"]}, "events"),
        ({"events": ["*.created"]}, "events"),
        ({"events": "workspace.created"}, "events"),
        ({"events": None}, "events"),
        ({"secret": "short"}, "secret"),
        ({"secret": "x" * 129}, "secret"),
        ({"filters": {"tier": "pro"}}, "filters.tier"),
        ({"filters": {"data.x": {"$regex": "a"}}}, "filters.data.x.$regex"),
        ({"filters": []}, "filters"),
        ({"headers": {"Host": "evil"}}, "headers.Host"),
        ({"headers": {"X-Webhook-ID": "1"}}, "headers.X-Webhook-ID"),
        ({"headers": {"Connection": "close"}}, "headers.Connection"),
        ({"headers": {"X-Team": "a\r\nX-Evil: 1"}}, "headers.X-Team"),
        ({"headers": {f"X-{number}": "a" for number in range(21)}}, "headers"),
        ({"rate_limit": {"requests": 0, "per_seconds": 1}}, "rate_limit.requests"),
        ({"rate_limit": {"requests": 1, "per_seconds": 0}}, "rate_limit.per_seconds"),
        ({"rate_limit": 5}, "rate_limit"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": "3"}, "concurrency"),
        ({"ordered": "yes"}, "ordered"),
        ({"retry_schedule": []}, "retry_schedule"),
        ({"retry_schedule": [-1]}, "retry_schedule.0"),
        ({"signatures": ["v2"]}, "signatures.0"),
        ({"signatures": []}, "signatures"),
        ({"livemode": True}, "livemode"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
async def test_an_unfit_endpoint_is_refused_with_its_field_named(
    platform: Platform, change: dict[str, Any], field: str
) -> None:
    body = {"url": URL, "events": ["*"], **change}
    refused = await platform.call("POST", "webhooks", body)
    assert (refused.status, refused.code) == (422, "VALIDATION_ERROR"), refused
    assert list(refused.body["error"]["details"]) == [field]


async def test_a_name_that_does_not_resolve_yet_may_be_saved(platform: Platform) -> None:
    tenant = await platform.tenant()
    body = {"url": "https://not-there-yet.invalid/hooks", "events": ["*"]}
    await platform.created("webhooks", body, key=tenant.key)


@pytest.mark.parametrize(
    "secret", ["x" * 12, "x" * 128, "whsec_abc123...", "whsec_" + "A" * 32, "Schlüssel für später", "whsec_too"]
)
async def test_a_brought_secret_is_shown_once_and_never_again(platform: Platform, secret: str) -> None:
    tenant = await platform.tenant()
    body = {"url": URL, "events": ["*"], "secret": secret}
    if len(secret) < 12:
        assert (await platform.call("POST", "webhooks", body, key=tenant.key)).status == 422
        return
    headers = {"Idempotency-Key": "once"}
    made = await platform.created("webhooks", body, key=tenant.key, headers=headers)
    again = await platform.created("webhooks", body, key=tenant.key, headers=headers)
    assert (made["secret"], again["secret"], again["id"]) == (secret, secret, made["id"])
    for path in ("webhooks", f"webhooks/{made['id']}"):
        assert secret not in json.dumps((await platform.call("GET", path, key=tenant.key)).body)
    changed = await platform.call("PATCH", f"webhooks/{made['id']}", {"secret": "another secret"}, key=tenant.key)
    assert (changed.status, list(changed.body["error"]["details"])) == (422, ["secret"])


async def test_a_patch_changes_what_it_names_and_if_match_guards_it(platform: Platform) -> None:
    tenant = await platform.tenant()
    # No event that happens: what is counted of deliveries is part of an endpoint, and so of its ETag.
    wanted = {"url": URL, "events": ["never.happens"], "description": "A"}
    made = await platform.call("POST", "webhooks", wanted, key=tenant.key)
    path, tag = f"webhooks/{made.data['id']}", made.headers["ETag"]
    changed = await platform.call("PATCH", path, {"concurrency": 2}, key=tenant.key, headers={"If-Match": tag})
    assert (changed.status, changed.data["concurrency"], changed.data["description"]) == (200, 2, "A")
    stale = await platform.call("PATCH", path, {"concurrency": 3}, key=tenant.key, headers={"If-Match": tag})
    assert (stale.status, stale.code) == (412, "PRECONDITION_FAILED")
    cleared = await platform.call("PATCH", path, {"description": None, "filters": None}, key=tenant.key)
    assert (cleared.data["description"], cleared.data["filters"]) == (None, {})
    for name in ("url", "events", "is_active", "concurrency", "ordered", "signatures"):
        refused = await platform.call("PATCH", path, {name: None}, key=tenant.key)
        assert (refused.status, list(refused.body["error"]["details"])) == (422, [name])
    read = await platform.call("GET", path, key=tenant.key)
    unchanged = await platform.call("GET", path, key=tenant.key, headers={"If-None-Match": read.headers["ETag"]})
    assert unchanged.status == 304
    assert (await platform.call("DELETE", path, key=tenant.key, headers={"If-Match": tag})).status == 412
    assert (await platform.call("DELETE", path, key=tenant.key)).status == 204
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        gone = await platform.call(method, path, body, key=tenant.key)
        assert (gone.status, gone.code) == (404, "RESOURCE_NOT_FOUND")


async def test_lists_filter_search_sort_select_and_page(platform: Platform) -> None:
    tenant = await platform.tenant()
    names = ["Alpha", "Beta", "Gamma"]
    made = [
        await platform.created(
            "webhooks",
            {"url": f"https://{name.lower()}.example.com/", "events": ["*"], "description": f"The {name}"},
            key=tenant.key,
        )
        for name in names
    ]
    await platform.call("PATCH", f"webhooks/{made[1]['id']}", {"is_active": False}, key=tenant.key)

    async def descriptions(query: str) -> list[str]:
        found = await platform.call("GET", f"webhooks?{query}", key=tenant.key)
        assert found.status == 200, found
        return [each["description"].removeprefix("The ") for each in found.data]

    assert await descriptions("") == names[::-1]
    assert await descriptions("sort=url") == names
    assert await descriptions("sort=-updated_at&per_page=1") == ["Beta"]
    assert await descriptions("is_active=false") == ["Beta"]
    assert await descriptions("status=active&sort=created_at") == ["Alpha", "Gamma"]
    assert await descriptions("search=the+gam") == ["Gamma"]
    assert await descriptions(f"created_after={made[1]['created_at']}") == ["Gamma"]
    assert await descriptions(f"created_before={made[1]['created_at']}") == ["Alpha"]
    slim = await platform.call("GET", "webhooks?fields=url,success_count&per_page=1", key=tenant.key)
    assert slim.data == [{"id": made[2]["id"], "url": "https://gamma.example.com/", "success_count": 0}]
    seen: list[str] = []
    url: str | None = f"{platform.base}/api/v1/webhooks?per_page=2&cursor="
    while url:
        page = await platform.call("GET", url, key=tenant.key)
        seen += [each["description"] for each in page.data]
        url = page.body["links"]["next"]
    assert seen == [f"The {name}" for name in names[::-1]]
    for query, field in (("status=odd", "status"), ("sort=secret", "sort"), ("nonsense=1", "nonsense")):
        refused = await platform.call("GET", f"webhooks?{query}", key=tenant.key)
        assert (refused.status, list(refused.body["error"]["details"])) == (422, [field])


async def test_a_batch_creates_updates_and_deletes(platform: Platform) -> None:
    tenant = await platform.tenant()
    first = await platform.created("webhooks", {"url": URL, "events": ["*"]}, key=tenant.key)
    operations = [
        {"action": "create", "data": {"url": URL, "events": ["order.*"]}},
        {"action": "update", "id": first["id"], "data": {"description": "changed"}},
        {"action": "update", "id": first["id"], "data": {"concurrency": 0}},
        {"action": "delete", "id": first["id"]},
    ]
    done = await platform.call("POST", "webhooks/batch", {"operations": operations}, key=tenant.key)
    assert [each["status"] for each in done.data] == [201, 200, 422, 204]
    assert done.data[0]["data"]["secret"].startswith("whsec_")
    assert done.body["meta"] == {"succeeded": 3, "failed": 1}
    atomic = {"operations": operations[:1] + operations[1:2], "atomic": True}
    refused = await platform.call("POST", "webhooks/batch", atomic, key=tenant.key)
    assert (refused.status, refused.body["error"]["failed_index"]) == (404, 1)
    assert (await platform.call("GET", "webhooks", key=tenant.key)).body["meta"]["total"] == 1
    whole = {"operations": operations[:1] * 2, "atomic": True}
    both = await platform.call("POST", "webhooks/batch", whole, key=tenant.key, headers={"Idempotency-Key": "both"})
    assert [each["status"] for each in both.data] == [201, 201]
    assert len({each["data"]["secret"] for each in both.data}) == 2
    again = await platform.call("POST", "webhooks/batch", whole, key=tenant.key, headers={"Idempotency-Key": "both"})
    assert again.data == both.data


async def test_test_keys_and_live_keys_never_see_each_others_endpoints(platform: Platform) -> None:
    tenant = await platform.tenant()
    test = await platform.created("api-keys", {"name": "t", "scopes": ["*"], "environment": "test"}, key=tenant.key)
    live = await platform.created("webhooks", {"url": URL, "events": ["*"]}, key=tenant.key)
    trial = await platform.created("webhooks", {"url": URL, "events": ["*"]}, key=test["key"])
    assert (live["livemode"], trial["livemode"]) == (True, False)
    for key, own, other in ((tenant.key, live, trial), (test["key"], trial, live)):
        assert [each["id"] for each in (await platform.call("GET", "webhooks", key=key)).data] == [own["id"]]
        answer = await platform.call("GET", f"webhooks/{other['id']}", key=key)
        assert (answer.status, answer.code) == (404, "RESOURCE_NOT_FOUND")


async def test_what_a_webhook_goes_through_is_told_and_never_its_secret(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Receiver() as receiver:
        watching = {"url": receiver.url, "events": ["webhook.*"], "ordered": True}
        watcher = await platform.created("webhooks", watching, key=tenant.key)
        body = {"url": URL, "events": ["*"], "secret": "a secret of mine", "headers": {"X-Token": "credential"}}
        other = await platform.created("webhooks", body, key=tenant.key)
        path = f"webhooks/{other['id']}"
        await platform.call("PATCH", path, {"description": "now", "ordered": True}, key=tenant.key)
        rotated = await platform.call("POST", f"{path}/rotate-secret", {"secret": "the next secret"}, key=tenant.key)
        await platform.call("PATCH", path, {"is_active": False}, key=tenant.key)
        await platform.call("PATCH", path, {"is_active": True}, key=tenant.key)
        await platform.call("DELETE", path, key=tenant.key)
        await receiver.until("webhook.deleted")
        told = [
            (found["type"], found["data"])
            for found in (json.loads(raw) for _, raw in receiver.got)
            if found["data"]["object"]["id"] == other["id"]
        ]
        assert [kind for kind, _ in told] == [
            "webhook.created", "webhook.updated", "webhook.secret_rotated", "webhook.updated", "webhook.disabled",
            "webhook.updated", "webhook.enabled", "webhook.deleted",
        ]  # fmt: skip
        assert told[1][1]["previous_attributes"] == {"description": None, "ordered": False}
        assert told[3][1]["previous_attributes"] == {"is_active": True}
        assert told[2][1]["object"]["attributes"]["previous_expires_at"] == rotated.data["previous_expires_at"]
        for kind, data in told:
            schema = (await platform.call("GET", f"event-types/{kind}", key=tenant.key)).data["schema"]
            jsonschema.validate(data, schema, format_checker=jsonschema.FormatChecker())
            allowed = set(schema["properties"]["object"]["properties"]["attributes"]["properties"])
            assert set(data["object"]["attributes"]) == allowed
        everything = b"".join(raw for _, raw in receiver.got)
        for hidden in (b"a secret of mine", b"the next secret", b"credential", watcher["secret"].encode()):
            assert hidden not in everything
        assert b"whsk_" not in everything


async def test_a_rotated_secret_signs_beside_the_new_one_until_its_grace_ends(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Receiver() as receiver:
        webhook = await platform.created("webhooks", {"url": receiver.url, "events": ["none.such"]}, key=tenant.key)
        path = f"webhooks/{webhook['id']}"
        rotated = await platform.call("POST", f"{path}/rotate-secret", key=tenant.key)
        assert rotated.status == 200
        assert set(rotated.data) == {"secret", "previous_expires_at"}
        assert rotated.data["secret"] != webhook["secret"]
        await platform.call("POST", f"{path}/test", key=tenant.key)
        assert len(receiver.got[0][0]["webhook-signature"].split()) == 2
        at_once = await platform.call("POST", f"{path}/rotate-secret", {"grace_period_hours": 0}, key=tenant.key)
        assert at_once.data["previous_expires_at"] is None
        await platform.call("POST", f"{path}/test", key=tenant.key)
        assert len(receiver.got[1][0]["webhook-signature"].split()) == 1
        unfit = await platform.call("POST", f"{path}/rotate-secret", {"grace_period_hours": -1}, key=tenant.key)
        assert (unfit.status, list(unfit.body["error"]["details"])) == (422, ["grace_period_hours"])


async def test_only_events_that_fulfil_the_filters_are_delivered(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Receiver() as receiver:
        filters = {
            "data.object.attributes.name": {"$prefix": "Wanted"},
            "$not": {"data.object.attributes.description": "red"},
        }
        body = {"url": receiver.url, "events": ["namespace.created"], "filters": filters}
        await platform.created("webhooks", body, key=tenant.key)
        for name, text in (("Wanted 1", None), ("Unwanted", None), ("Wanted 2", "red"), ("Wanted 3", "blue")):
            await platform.created("namespaces", {"name": name, "description": text}, key=tenant.key)

        async def done() -> bool:
            return len(receiver.got) >= 2

        await until(done)
        names = [each["data"]["object"]["attributes"]["name"] for each in bodies(receiver, "namespace.created")]
        assert names == ["Wanted 1", "Wanted 3"]
