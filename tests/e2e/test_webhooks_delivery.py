"""The promises of delivery, through the gateway: spec/webhooks.md, "Promises" and "Headers of a delivery"."""

import asyncio
from collections import Counter
from typing import Any

import aiohttp
from standardwebhooks.webhooks import Webhook

from tests.e2e.suite import Platform, Suite, Tenant
from tests.hostile import Hostile, answer, hang, slow


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


async def test_dispatchers_killed_under_load_lose_no_committed_event_and_repeat_only_what_was_under_way(
    suite: Suite,
) -> None:
    tenant = await suite.tenant()
    acknowledged: list[str] = []
    ending = asyncio.Event()

    async def write(worker: int) -> None:
        number = 0
        while not ending.is_set():
            number += 1
            body = {"type": "order.placed", "data": {"n": number}, "idempotency_key": f"{worker}/{number}"}
            while True:
                try:
                    told = await suite.call("POST", "events", body, key=tenant.key)
                except (OSError, aiohttp.ClientError):
                    await asyncio.sleep(0.1)
                    continue
                if told.status in {200, 201}:
                    acknowledged.append(told.data["id"])
                    break
                assert told.status in {502, 503, 504}, told
                await asyncio.sleep(0.1)

    async with Hostile() as receiver:
        paths = {"/quick": answer(), "/slow": slow(0.1), "/moody": answer()}
        endpoints = []
        for path, behaviour in paths.items():
            receiver.script(path, *([answer(500)] * 5 if path == "/moody" else []), behaviour)
            wanted = {"url": receiver.url(path), "events": ["order.*"], "concurrency": 4}
            endpoints.append(await suite.created("webhooks", wanted, key=tenant.key))
        writers = [asyncio.create_task(write(worker)) for worker in range(3)]
        kills = 3
        for _ in range(kills):
            await asyncio.sleep(1)
            before = suite.kill_service("webhooks")
            async with asyncio.timeout(60):
                while (suite.directory / "run" / "webhooks.pid").read_text().strip() in {str(before), ""}:
                    await asyncio.sleep(0.05)
        async with asyncio.timeout(60):
            while len(acknowledged) < 20:
                await asyncio.sleep(0.05)
        ending.set()
        await asyncio.gather(*writers)
        events = set(acknowledged)
        for path, endpoint in zip(paths, endpoints, strict=True):
            async with asyncio.timeout(90):
                while not events <= {arrival.event_id for arrival in receiver.at(path)}:
                    await asyncio.sleep(0.1)
            found = await settled(suite, tenant, endpoint, "success", len(events))
            assert sorted(each["event_id"] for each in found) == sorted(events)
            tried = Counter((arrival.event_id, arrival.attempt) for arrival in receiver.at(path))
            repeated = sum(count - 1 for count in tried.values())
            assert repeated <= kills * 4, "more was repeated than can have been under way"
