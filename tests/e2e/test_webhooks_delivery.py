"""The promises of delivery, through the gateway: spec/webhooks.md, "Promises" and "Headers of a delivery"."""

import asyncio
import os
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.e2e.suite import Platform, Suite, Tenant
from tests.hostile import Hostile, answer, eventually, hang


async def deliveries(platform: Platform, tenant: Tenant, endpoint: Any) -> list[Any]:
    found: list[Any] = []
    url: str | None = f"webhooks/{endpoint['id']}/deliveries?per_page=100"
    while url:
        page = await platform.call("GET", url, key=tenant.key)
        found += page.data
        url = page.body["links"]["next"]
    return found


async def settled(platform: Platform, tenant: Tenant, endpoint: Any, status: str, number: int = 1) -> list[Any]:
    """The endpoint's deliveries, as soon as so many of them have this status."""
    async with asyncio.timeout(60):
        while True:
            found = await deliveries(platform, tenant, endpoint)
            if [each["status"] for each in found].count(status) >= number:
                return found
            await asyncio.sleep(0.1)


async def publish(platform: Platform, tenant: Tenant, n: int = 0, type_: str = "order.placed") -> Any:
    return await platform.created("events", {"type": type_, "data": {"n": n}}, key=tenant.key)


async def test_a_delivery_has_every_header_of_the_specification_and_both_signatures_hold(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Hostile() as receiver:
        wanted = {"url": receiver.url(), "events": ["order.*"], "headers": {"X-Tenant": "acme"}}
        endpoint = await platform.created("webhooks", wanted, key=tenant.key)
        event = await publish(platform, tenant)
        (arrival,) = await receiver.until(1)
        (delivery,) = await settled(platform, tenant, endpoint, "success")
        headers = arrival.headers
        assert headers["content-type"] == "application/json"
        assert headers["user-agent"].startswith("Atrium-Webhooks/")
        assert headers["x-webhook-id"] == headers["webhook-id"] == event["id"] == arrival.json["id"]
        assert headers["x-webhook-event"] == "order.placed"
        assert headers["x-webhook-delivery"] == delivery["id"]
        assert headers["x-webhook-attempt"] == "1"
        assert headers["x-webhook-timestamp"] == headers["webhook-timestamp"]
        assert headers["x-tenant"] == "acme"
        Webhook(endpoint["secret"]).verify(arrival.body.decode(), dict(headers))


async def test_a_failing_receiver_is_tried_again_and_each_attempt_is_shown(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Hostile() as receiver:
        receiver.script("/", answer(503, b"busy"), answer(307, location="http://127.0.0.1/"), answer(200, b"thanks"))
        endpoint = await platform.created("webhooks", {"url": receiver.url(), "events": ["order.*"]}, key=tenant.key)
        await publish(platform, tenant)
        (delivery,) = await settled(platform, tenant, endpoint, "success")
        shown = await platform.call("GET", f"webhooks/{endpoint['id']}/deliveries/{delivery['id']}", key=tenant.key)
        history = shown.data["history"]
        assert [entry["status_code"] for entry in history] == [503, 307, 200]
        assert [entry["attempt"] for entry in history] == [1, 2, 3]
        assert history[0]["response"]["body"] == "busy"
        assert history[2]["remote_address"] == "127.0.0.1"
        assert history[2]["timings"]["total"] > 0
        assert len({arrival.body for arrival in receiver.arrivals}) == 1


async def test_410_disables_an_endpoint_at_once_and_says_so_by_an_event_through_the_same_pipeline(
    platform: Platform,
) -> None:
    tenant = await platform.tenant()
    async with Hostile() as receiver:
        receiver.script("/gone", answer(410))
        gone = {"url": receiver.url("/gone"), "events": ["order.*"]}
        endpoint = await platform.created("webhooks", gone, key=tenant.key)
        watching = {"url": receiver.url("/watching"), "events": ["webhook.disabled"]}
        await platform.created("webhooks", watching, key=tenant.key)
        await publish(platform, tenant)
        (told,) = await receiver.until(1, "/watching")
        assert told.json["data"]["object"]["id"] == endpoint["id"]
        assert told.json["data"]["object"]["attributes"]["is_active"] is False
        await settled(platform, tenant, endpoint, "failed")
        await publish(platform, tenant)
        await settled(platform, tenant, endpoint, "cancelled")
        shown = await platform.call("GET", f"webhooks/{endpoint['id']}", key=tenant.key)
        assert shown.data["disabled_reason"] == "It answered 410 Gone."
        assert len(receiver.at("/gone")) == 1


async def test_an_ordered_endpoint_gets_each_event_after_the_one_before_is_done(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Hostile() as receiver:
        receiver.script("/", answer(500), answer(500), answer())
        wanted = {"url": receiver.url(), "events": ["order.*"], "ordered": True}
        endpoint = await platform.created("webhooks", wanted, key=tenant.key)
        for n in range(4):
            await publish(platform, tenant, n)
        await settled(platform, tenant, endpoint, "success", 4)
        assert [arrival.json["data"]["n"] for arrival in receiver.arrivals] == [0, 0, 0, 1, 2, 3]


async def test_an_endpoint_gets_what_another_service_did_after_it_was_made_and_nothing_from_before(
    platform: Platform,
) -> None:
    tenant = await platform.tenant()
    async with Hostile() as receiver:
        for number in range(8):
            await platform.created("namespaces", {"name": f"before {number}"}, key=tenant.key)
            wanted = {"url": receiver.url(f"/{number}"), "events": ["namespace.created"]}
            await platform.created("webhooks", wanted, key=tenant.key)
            await platform.created("namespaces", {"name": f"after {number}"}, key=tenant.key)
        names = [f"{when} {number}" for number in range(8) for when in ("before", "after")]
        for number in range(8):
            await receiver.until(15 - 2 * number, f"/{number}")
            got = [each.json["data"]["object"]["attributes"]["name"] for each in receiver.at(f"/{number}")]
            assert sorted(got) == sorted(names[2 * number + 1 :])


async def test_endpoints_that_hang_delay_no_other_endpoint_of_the_same_workspace(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Hostile() as receiver:
        receiver.script("/hang", hang)
        for _ in range(5):
            await platform.created("webhooks", {"url": receiver.url("/hang"), "events": ["order.*"]}, key=tenant.key)
        endpoint = await platform.created("webhooks", {"url": receiver.url("/"), "events": ["order.*"]}, key=tenant.key)
        for n in range(12):
            await publish(platform, tenant, n)
        await settled(platform, tenant, endpoint, "success", 12)
        assert len(receiver.at("/")) == 12


async def test_a_rate_limit_can_be_set_and_taken_away_while_deliveries_wait(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Hostile() as receiver:
        wanted = {"url": receiver.url(), "events": ["order.*"], "rate_limit": {"requests": 1, "per_seconds": 3600}}
        endpoint = await platform.created("webhooks", wanted, key=tenant.key)
        path = f"webhooks/{endpoint['id']}"
        for n in range(6):
            await publish(platform, tenant, n)
        await settled(platform, tenant, endpoint, "success", 1)
        await settled(platform, tenant, endpoint, "pending", 5)
        assert len(receiver.arrivals) == 1
        changed = await platform.call("PATCH", path, {"rate_limit": {"requests": 3}}, key=tenant.key)
        assert changed.data["rate_limit"] == {"requests": 3, "per_seconds": 1}
        await settled(platform, tenant, endpoint, "success", 6)
        changed = await platform.call("PATCH", path, {"rate_limit": None}, key=tenant.key)
        assert changed.data["rate_limit"] is None
        assert sorted(arrival.json["data"]["n"] for arrival in receiver.arrivals) == list(range(6))


async def test_an_endpoint_that_keeps_failing_is_warned_of_disabled_and_can_be_brought_back_with_all_it_missed(
    stack: dict[str, str], directory: Path
) -> None:
    strict = {
        "ATRIUM_WEBHOOKS_RETRY_SCHEDULE": "0,600",
        "ATRIUM_WEBHOOKS_BREAKER_FAILURES": "3",
        "ATRIUM_WEBHOOKS_BREAKER_PROBE_SECONDS": "0.2",
        "ATRIUM_WEBHOOKS_DISABLE_AFTER_DAYS": "0",
        "ATRIUM_WEBHOOKS_DISABLE_AFTER_DELIVERIES": "6",
    }
    suite = Suite(directory / os.urandom(4).hex(), {**stack, **strict})
    suite.start()
    try:
        async with suite, Hostile() as receiver:
            await _kept_failing(suite, receiver)
    finally:
        suite.stop()


async def _kept_failing(suite: Suite, receiver: Hostile) -> None:
    tenant = await suite.tenant()
    receiver.script("/failing", answer(500))
    watching = {"url": receiver.url("/watching"), "events": ["webhook.*"]}
    await suite.created("webhooks", watching, key=tenant.key)
    wanted = {"url": receiver.url("/failing"), "events": ["order.*"], "concurrency": 1}
    endpoint = await suite.created("webhooks", wanted, key=tenant.key)
    path = f"webhooks/{endpoint['id']}"
    for n in range(8):
        await publish(suite, tenant, n)
    await settled(suite, tenant, endpoint, "cancelled", 8)
    assert len(receiver.at("/failing")) == 6
    disabled = await suite.call("GET", path, key=tenant.key)
    assert disabled.data["is_active"] is False
    assert disabled.data["disabled_reason"].startswith("Every attempt has failed since")

    receiver.script("/failing", answer())
    await suite.call("PATCH", path, {"is_active": True}, key=tenant.key)
    replayed = await suite.call("POST", f"{path}/replay", {"since": endpoint["created_at"]}, key=tenant.key)
    assert replayed.status == 202
    found = await settled(suite, tenant, endpoint, "success", 8)
    assert len(found) == 8
    assert {arrival.json["data"]["n"] for arrival in receiver.at("/failing")[6:]} == set(range(8))
    async with asyncio.timeout(60):  # counts are stored a moment later
        while True:
            shown_now = (await suite.call("GET", path, key=tenant.key)).data
            if (shown_now["failure_count"], shown_now["success_count"]) == (6, 8):
                break
            await asyncio.sleep(0.1)

    told = {"webhook.failing", "webhook.disabled", "webhook.enabled"}
    await eventually(lambda: told <= {arrival.json["type"] for arrival in receiver.at("/watching")})
    shown = [
        (arrival.json["type"], arrival.json["data"]["object"]["attributes"])
        for arrival in receiver.at("/watching")
        if arrival.json["type"] in told
    ]
    assert [kind for kind, _ in shown] == ["webhook.failing", "webhook.disabled", "webhook.enabled"]
    failing, off, on = (attributes for _, attributes in shown)
    assert (failing["id"], failing["is_active"], failing["consecutive_failures"]) == (endpoint["id"], True, 3)
    assert (off["is_active"], off["disabled_reason"]) == (False, disabled.data["disabled_reason"])
    assert (on["is_active"], on["disabled_reason"]) == (True, None)
