"""Clients' own events and the catalogue of types, through the gateway."""

import asyncio
import json
from typing import Any

import pytest

from tests.e2e.suite import Platform, Receiver

DATA = {"object": {"id": "res_abc123", "type": "resource", "attributes": {"total": 12.50, "z": 1, "a": [None, True]}}}


async def test_an_event_of_ones_own_is_delivered_as_it_is(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Receiver() as receiver:
        await platform.created("webhooks", {"url": receiver.url, "events": ["resource.*"]}, key=tenant.key)
        wanted = {"type": "resource.created", "data": DATA}
        made = await platform.call("POST", "events", wanted, key=tenant.key)
        assert made.status == 201
        assert made.headers["Location"] == f"{platform.base}/api/v1/events/{made.data['id']}"
        assert made.data["data"] == DATA
        assert (made.data["type"], made.data["livemode"], made.data["idempotency_key"]) == (
            "resource.created",
            True,
            None,
        )
        await receiver.until("resource.created")
        headers, raw = receiver.got[0]
        delivered = json.loads(raw)
        assert delivered == {
            "id": made.data["id"],
            "type": "resource.created",
            "created_at": made.data["created_at"],
            "workspace_id": tenant.workspace["id"],
            "livemode": True,
            "data": DATA,
        }
        assert list(delivered["data"]["object"]["attributes"]) == ["total", "z", "a"]
        assert headers["X-Webhook-ID"] == made.data["id"]
        read = await platform.call("GET", f"events/{made.data['id']}", key=tenant.key)
        assert read.data == made.data
        listed = await platform.call("GET", "events", key=tenant.key)
        assert listed.data == [made.data]


async def test_a_known_idempotency_key_gets_the_first_event_again(platform: Platform) -> None:
    tenant = await platform.tenant()
    body = {"type": "order.paid", "data": {"n": 1}, "idempotency_key": "order-1"}
    answers = await asyncio.gather(*(platform.call("POST", "events", body, key=tenant.key) for _ in range(5)))
    assert {answer.status for answer in answers} == {201}
    first = answers[0].data
    assert all(answer.data == first for answer in answers)
    for other in ({"data": {"n": 2}}, {"type": "order.sent"}):
        refused = await platform.call("POST", "events", {**body, **other}, key=tenant.key)
        assert (refused.status, refused.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    another = await platform.created("events", {**body, "idempotency_key": "order-2"}, key=tenant.key)
    assert another["id"] != first["id"]
    neighbour = await platform.tenant()
    theirs = await platform.created("events", body, key=neighbour.key)
    assert theirs["id"] != first["id"]
    assert (await platform.call("GET", f"events/{first['id']}", key=neighbour.key)).status == 404
    found = await platform.call("GET", "events?idempotency_key=order-1", key=tenant.key)
    assert [each["id"] for each in found.data] == [first["id"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        *(({"type": f"{resource}.created"}, "type") for resource in (
            "workspace", "namespace", "user", "member", "team", "invitation", "api_key", "webhook", "package",
            "entitlement", "boost", "usage", "stream")),
        ({"type": "webhook.test"}, "type"),
        ({"type": "created"}, "type"),
        ({"type": "Order.paid"}, "type"),
        ({"type": "order..paid"}, "type"),
        ({"type": "order.*"}, "type"),
        ({"type": "order.paid."}, "type"),
        ({"type": 5}, "type"),
        ({"type": "x." + "y" * 255}, "type"),
        ({"data": [1]}, "data"),
        ({"data": None}, "data"),
        ({"data": "text"}, "data"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": "x" * 256}, "idempotency_key"),
        ({"livemode": False}, "livemode"),
    ],
)  # fmt: skip
async def test_an_unfit_event_is_refused_with_its_field_named(
    platform: Platform, change: dict[str, Any], field: str
) -> None:
    body = {"type": "order.paid", "data": {}, **change}
    refused = await platform.call("POST", "events", body)
    assert (refused.status, refused.code) == (422, "VALIDATION_ERROR"), refused
    assert list(refused.body["error"]["details"]) == [field]


async def test_events_of_a_test_key_reach_test_endpoints_alone(platform: Platform) -> None:
    tenant = await platform.tenant()
    test = await platform.created("api-keys", {"name": "t", "scopes": ["*"], "environment": "test"}, key=tenant.key)
    async with Receiver() as live, Receiver() as trial:
        await platform.created("webhooks", {"url": live.url, "events": ["order.*"]}, key=tenant.key)
        await platform.created("webhooks", {"url": trial.url, "events": ["order.*", "namespace.*"]}, key=test["key"])
        made = await platform.created("events", {"type": "order.paid", "data": {}}, key=test["key"])
        assert made["livemode"] is False
        await platform.created("events", {"type": "order.shipped", "data": {}}, key=tenant.key)
        await platform.created("namespaces", {"name": "Shared"}, key=tenant.key)
        await live.until("order.shipped")
        await trial.until("order.paid", "namespace.created")
        assert live.types() == ["order.shipped"]
        assert sorted(trial.types()) == ["namespace.created", "order.paid"]
        assert {json.loads(raw)["livemode"] for _, raw in trial.got} == {False}
        assert [each["id"] for each in (await platform.call("GET", "events", key=test["key"])).data] == [made["id"]]
        assert (await platform.call("GET", f"events/{made['id']}", key=tenant.key)).status == 404


async def test_an_event_of_the_platform_can_be_read_by_those_it_concerns(platform: Platform) -> None:
    tenant, other = await platform.tenant(), await platform.tenant()
    async with Receiver() as receiver:
        await platform.created("webhooks", {"url": receiver.url, "events": ["namespace.created"]}, key=tenant.key)
        await platform.created("namespaces", {"name": "Seen"}, key=tenant.key)
        await receiver.until("namespace.created")
        delivered = json.loads(receiver.got[0][1])
        read = await platform.call("GET", f"events/{delivered['id']}", key=tenant.key)
        assert {name: read.data[name] for name in delivered} == delivered
        assert (await platform.call("GET", f"events/{delivered['id']}", key=other.key)).status == 404
        assert (await platform.call("GET", "events", key=tenant.key)).data == []


async def test_the_catalogue_lists_every_type_of_the_platform_with_its_schema(platform: Platform) -> None:
    types: dict[str, Any] = {}
    url: str | None = f"{platform.base}/api/v1/event-types?per_page=20"
    while url:
        page = await platform.call("GET", url)
        assert page.status == 200
        types |= {each["type"]: each for each in page.data}
        url = page.body["links"]["next"]
    mine = {f"webhook.{action}" for action in
            ("created", "updated", "deleted", "disabled", "enabled", "secret_rotated", "failing", "test")}  # fmt: skip
    assert mine | {"workspace.created", "namespace.created", "api_key.created"} <= set(types)
    assert list(types) == sorted(types)
    for each in types.values():
        assert set(each) == {"type", "description", "schema"}
        assert each["description"]
        assert each["schema"]["properties"]["object"]["properties"]["type"]["const"] == each["type"].partition(".")[0]
    one = await platform.call("GET", "event-types/webhook.created")
    known = {"If-None-Match": one.headers["ETag"]}
    assert (await platform.call("GET", "event-types/webhook.created", headers=known)).status == 304
    assert one.data == types["webhook.created"]
    assert (await platform.call("GET", "event-types/no.such")).status == 404
    found = await platform.call("GET", "event-types?search=secret&fields=type")
    assert [each["type"] for each in found.data] == ["webhook.secret_rotated"]


async def test_a_type_of_ones_own_may_say_what_its_events_must_look_like(platform: Platform) -> None:
    tenant, neighbour = await platform.tenant(), await platform.tenant()
    event = {"type": "order.paid", "data": {"order": 5}}
    await platform.created("events", event, key=tenant.key)  # nothing is said of it yet
    total = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}
    schema = {"type": "object", "properties": {"order": {"type": "string"}, "lines": {"items": total}}}
    described = {"type": "order.paid", "description": "An order was paid.", "schema": schema}
    made = await platform.call("POST", "event-types", described, key=tenant.key)
    assert (made.status, made.data) == (201, described), made
    assert made.headers["Location"] == f"{platform.base}/api/v1/event-types/order.paid"
    again = await platform.call("POST", "event-types", described, key=tenant.key)
    assert (again.status, again.code, again.body["error"]["conflicting_field"]) == (409, "DUPLICATE_RESOURCE", "type")

    refused = await platform.call("POST", "events", event, key=tenant.key)
    assert (refused.status, refused.code) == (422, "VALIDATION_ERROR")
    assert refused.body["error"]["details"] == {"data.order": ["Must be of type string."]}
    nested = {**event, "data": {"lines": [{"total": 1}, {}]}}
    refused = await platform.call("POST", "events", nested, key=tenant.key)
    assert refused.body["error"]["details"] == {"data.lines.1": ["Must have total."]}
    await platform.created("events", {**event, "data": {"order": "5", "lines": [{"total": 1}]}}, key=tenant.key)
    await platform.created("events", event, key=neighbour.key)
    await platform.created("events", {**event, "type": "order.shipped"}, key=tenant.key)

    found = await platform.call("GET", "event-types?search=order", key=tenant.key)
    assert found.data == [described]
    assert (await platform.call("GET", "event-types?search=order", key=neighbour.key)).data == []
    assert (await platform.call("GET", "event-types/order.paid", key=neighbour.key)).status == 404
    one = await platform.call("GET", "event-types/order.paid", key=tenant.key)
    assert one.data == described
    wider = {"schema": {"type": "object"}}
    stale = await platform.call("PATCH", "event-types/order.paid", wider, key=tenant.key, headers={"If-Match": '"9-x"'})
    assert stale.status == 412
    changed = await platform.call("PATCH", "event-types/order.paid", wider, key=tenant.key)
    assert (changed.status, changed.data) == (200, {**described, **wider})
    await platform.created("events", event, key=tenant.key)
    assert (await platform.call("DELETE", "event-types/order.paid", key=tenant.key)).status == 204
    assert (await platform.call("GET", "event-types/order.paid", key=tenant.key)).status == 404
    await platform.created("event-types", described, key=tenant.key)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "workspace.created"}, "type"),
        ({"type": "Order"}, "type"),
        ({"schema": {"properties": {"a": {"type": "strnig"}}}}, "schema.properties.a.type"),
        ({"schema": {"properties": {"a": {"pattern": "(a+)+$"}}}}, "schema.properties.a.pattern"),
        ({"schema": {"$ref": "http://169.254.169.254/schema"}}, "schema.$ref"),
        ({"schema": True}, "schema"),
        ({"schema": {"enum": ["x" * 33_000]}}, "schema"),
        ({"description": "x" * 2001}, "description"),
        ({"livemode": True}, "livemode"),
    ],
)
async def test_an_unfit_type_is_refused_with_its_field_named(
    platform: Platform, change: dict[str, Any], field: str
) -> None:
    refused = await platform.call("POST", "event-types", {"type": "order.paid", "schema": {}, **change})
    assert (refused.status, refused.code) == (422, "VALIDATION_ERROR"), refused
    assert list(refused.body["error"]["details"]) == [field]


async def test_events_are_read_and_written_by_their_own_scopes(platform: Platform) -> None:
    tenant = await platform.tenant()
    reader = await platform.created("api-keys", {"name": "r", "scopes": ["events:read"]}, key=tenant.key)
    writer = await platform.created("api-keys", {"name": "w", "scopes": ["events:write"]}, key=tenant.key)
    body = {"type": "order.paid", "data": {}}
    refused = await platform.call("POST", "events", body, key=reader["key"])
    assert (refused.status, refused.body["error"]["required_scope"]) == (403, "events:write")
    made = await platform.created("events", body, key=writer["key"])
    for path in ("events", f"events/{made['id']}", "event-types"):
        assert (await platform.call("GET", path, key=reader["key"])).status == 200
        assert (await platform.call("GET", path, key=writer["key"])).status == 403
