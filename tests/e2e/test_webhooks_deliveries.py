"""Deliveries through the gateway: their history, retries, tests, replays and explanations."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from atrium_local.ports import free_port
from tests.e2e.suite import Answer, Platform, Receiver

LONG_AGO = "2020-01-01T00:00:00Z"
LISTED = {"id", "event_id", "event_type", "status", "status_code", "attempts", "next_attempt_at", "delivered_at",
          "livemode", "created_at", "updated_at"}  # fmt: skip


async def until(look: Callable[[], Awaitable[bool]], *, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await look():
            await asyncio.sleep(0.05)


class Story:
    """A tenant with one endpoint at one receiver."""

    def __init__(self, platform: Platform, key: str, receiver: Receiver, webhook: dict[str, Any]) -> None:
        self.platform = platform
        self.key = key
        self.receiver = receiver
        self.webhook = webhook
        self.path = f"webhooks/{webhook['id']}"

    @classmethod
    async def begin(cls, platform: Platform, receiver: Receiver, **settings: Any) -> "Story":
        tenant = await platform.tenant()
        body = {"url": receiver.url, "events": ["order.*"], "retry_schedule": [0], **settings}
        return cls(platform, tenant.key, receiver, await platform.created("webhooks", body, key=tenant.key))

    async def call(self, method: str, path: str = "", body: object = None) -> Answer:
        return await self.platform.call(method, f"{self.path}{path}", body, key=self.key)

    async def publish(self, kind: str = "order.paid", **data: Any) -> dict[str, Any]:
        body = {"type": kind, "data": data}
        published: dict[str, Any] = await self.platform.created("events", body, key=self.key)
        return published

    async def deliveries(self, query: str = "") -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = (await self.call("GET", f"/deliveries?{query}")).data
        return listed

    async def settled(self, *statuses: str) -> list[dict[str, Any]]:
        """The deliveries, oldest first, as soon as they are in these statuses."""
        found: list[dict[str, Any]] = []

        async def look() -> bool:
            found[:] = await self.deliveries("sort=created_at,id&per_page=100")
            return [each["status"] for each in found] == list(statuses)

        try:
            await until(look)
        except TimeoutError:
            pytest.fail(f"wanted {statuses}, found {[each['status'] for each in found]}")
        return found

    async def replayed(self, **wanted: Any) -> dict[str, Any]:
        """A replay, when it is over."""
        job = await self.call("POST", "/replay", {"since": LONG_AGO, **wanted})
        assert job.status == 202, job
        assert job.headers["Location"].endswith(f"/api/v1/{self.path}/replays/{job.data['id']}")
        assert {"id", "status", "total", "done"} <= set(job.data)
        found: dict[str, Any] = {}

        async def over() -> bool:
            found.update((await self.call("GET", f"/replays/{job.data['id']}")).data)
            return bool(found["status"] == "completed")

        await until(over)
        assert found["done"] == found["total"] == job.data["total"]
        return found

    async def explained(self, event: dict[str, Any]) -> dict[str, Any]:
        """Why the event was delivered or not, right after it was published."""
        found = await self.call("GET", f"/explain?event_id={event['id']}")
        assert found.status == 200, found
        return dict(found.data)


async def test_the_references_delivery_list_has_its_fields(platform: Platform) -> None:
    async with Receiver() as receiver:
        story = await Story.begin(platform, receiver, events=["resource.created"])
        event = await story.publish("resource.created", object={"id": "res_abc123"})
        (delivery,) = await story.settled("success")
        assert set(delivery) == LISTED
        assert (delivery["event_id"], delivery["event_type"]) == (event["id"], "resource.created")
        assert (delivery["status_code"], delivery["attempts"]) == (204, 1)
        assert delivery["delivered_at"].endswith("Z")
        assert delivery["id"].startswith("del_")


async def test_deliveries_are_filtered_by_status_type_and_time_and_read_by_cursor(platform: Platform) -> None:
    async with Receiver(answers=[204, 400, 204]) as receiver:
        story = await Story.begin(platform, receiver, concurrency=1)
        for kind in ("order.paid", "order.lost", "order.paid"):
            await story.publish(kind)
        found = await story.settled("success", "failed", "success")
        assert [each["event_type"] for each in await story.deliveries("status=failed")] == ["order.lost"]
        assert len(await story.deliveries("event_type=order.paid&fields=id")) == 2
        assert [each["id"] for each in await story.deliveries(f"created_after={found[1]['created_at']}")] == [
            each["id"] for each in found if each["created_at"] > found[1]["created_at"]
        ]
        assert await story.deliveries("fields=status&sort=created_at&per_page=1") == [
            {"id": found[0]["id"], "status": "success"}
        ]
        seen: list[str] = []
        url: str | None = f"{platform.base}/api/v1/{story.path}/deliveries?per_page=2&cursor="
        while url:
            page = await platform.call("GET", url, key=story.key)
            seen += [each["id"] for each in page.data]
            url = page.body["links"]["next"]
        assert seen == [each["id"] for each in reversed(found)]
        for query, field in (("status=odd", "status"), ("nonsense=1", "nonsense"), ("fields=history", "fields")):
            refused = await story.call("GET", f"/deliveries?{query}")
            assert (refused.status, list(refused.body["error"]["details"])) == (422, [field])


async def test_a_delivery_shows_every_attempt_under_history(platform: Platform) -> None:
    async with Receiver(answers=[500, 204]) as receiver:
        story = await Story.begin(platform, receiver, retry_schedule=[0, 0.1], headers={"Authorization": "Bearer hush"})
        await story.publish(n=1)
        (delivery,) = await story.settled("success")
        whole = (await story.call("GET", f"/deliveries/{delivery['id']}")).data
        assert set(whole) == LISTED | {"history"}
        assert [each["attempt"] for each in whole["history"]] == [1, 2]
        assert [each["status_code"] for each in whole["history"]] == [500, 204]
        for each in whole["history"]:
            assert {"attempt", "at", "status_code", "error", "duration_ms", "timings", "remote_address", "request",
                    "response"} <= set(each)  # fmt: skip
            assert each["request"]["body"].encode() == receiver.got[0][1]
            assert set(each["response"]) == {"headers", "body", "truncated"}
        assert "hush" not in json.dumps(whole)
        slim = await story.call("GET", f"/deliveries/{delivery['id']}?fields=history,status")
        assert set(slim.data) == {"id", "history", "status"}


async def test_a_failed_delivery_can_be_retried_and_goes_on_counting(platform: Platform) -> None:
    async with Receiver(answers=[400, 204]) as receiver:
        story = await Story.begin(platform, receiver)
        await story.publish()
        (failed,) = await story.settled("failed")
        retried = await story.call("POST", f"/deliveries/{failed['id']}/retry")
        assert (retried.status, retried.data["id"]) == (200, failed["id"])
        assert retried.data["status"] in {"retrying", "pending"}
        (delivery,) = await story.settled("success")
        assert (delivery["id"], delivery["attempts"]) == (failed["id"], 2)
        assert [headers["X-Webhook-Attempt"] for headers, _ in receiver.got] == ["1", "2"]
        assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
        refused = await story.call("POST", f"/deliveries/{failed['id']}/retry")
        assert (refused.status, refused.code) == (400, "CANNOT_RETRY")
        missing = await story.call("POST", "/deliveries/del_missing/retry")
        assert (missing.status, missing.body["error"]["resource_type"]) == (404, "delivery")


async def test_a_test_event_answers_what_came_of_it_and_leaves_a_delivery(platform: Platform) -> None:
    async with Receiver(answers=[200, 200, 503]) as receiver:
        story = await Story.begin(platform, receiver)
        tested = await story.call("POST", "/test")
        assert tested.status == 200
        assert set(tested.body) == {"success", "status_code", "response_time_ms"}
        assert (tested.body["success"], tested.body["status_code"]) == (True, 200)
        assert isinstance(tested.body["response_time_ms"], int)
        headers, raw = receiver.got[0]
        assert headers["X-Webhook-Event"] == json.loads(raw)["type"] == "webhook.test"
        (delivery,) = await story.settled("success")
        assert delivery["event_type"] == "webhook.test"
        await story.call("PATCH", "", {"is_active": False})
        assert (await story.call("POST", "/test")).body["success"] is True
        refused = await story.call("POST", "/test")
        assert (refused.body["success"], refused.body["status_code"]) == (False, 503)
        assert len(await story.deliveries("event_type=webhook.test")) == 3
        assert len(receiver.got) == 3


async def test_a_test_or_retry_whose_answer_was_lost_is_not_made_twice(platform: Platform) -> None:
    async with Receiver(answers=[200, 400, 204]) as receiver:
        story = await Story.begin(platform, receiver)
        headers = {"Idempotency-Key": "lost"}
        tests = [await platform.call("POST", f"{story.path}/test", key=story.key, headers=headers) for _ in range(2)]
        assert tests[0].body == tests[1].body
        assert len(receiver.got) == 1
        await story.publish()
        failed = (await story.settled("success", "failed"))[1]
        path = f"{story.path}/deliveries/{failed['id']}/retry"
        retried = [await platform.call("POST", path, key=story.key, headers=headers | {"Idempotency-Key": "r"})
                   for _ in range(2)]  # fmt: skip
        assert [each.status for each in retried] == [200, 200]
        await story.settled("success", "success")
        assert len(receiver.got) == 3


async def test_a_test_of_an_unreachable_endpoint_answers_without_a_status(platform: Platform) -> None:
    async with Receiver() as receiver:
        story = await Story.begin(platform, receiver, url=f"http://127.0.0.1:{free_port()}/hooks")
        tested = await story.call("POST", "/test")
        assert (tested.status, tested.body["success"], tested.body["status_code"]) == (200, False, None)
        assert tested.body["error"]


async def test_a_replay_without_status_delivers_what_failed_was_cancelled_or_is_missing(platform: Platform) -> None:
    async with Receiver(answers=[204, 400]) as receiver:
        story = await Story.begin(platform, receiver, concurrency=1)
        await story.publish("order.paid", n="delivered")
        await story.settled("success")
        await story.publish("order.paid", n="failed")
        before = await story.settled("success", "failed")
        await story.call("PATCH", "", {"is_active": False})
        await story.publish("parcel.sent", n="unwanted then, wanted now")
        await story.publish("order.paid", n="cancelled")
        # Events of a workspace come in order: the one before has come through the stream, too.
        await story.settled("success", "failed", "cancelled")
        await story.call("PATCH", "", {"is_active": True, "events": ["order.*", "parcel.*"]})
        job = await story.replayed()
        assert job["total"] == 3
        after = await story.settled("success", "success", "success", "success")
        assert {each["id"] for each in before} <= {each["id"] for each in after}
        told = [json.loads(raw)["data"]["n"] for _, raw in receiver.got]
        assert sorted(told) == ["cancelled", "delivered", "failed", "failed", "unwanted then, wanted now"]
        again = await story.replayed()
        assert again["total"] == 0
        listed = await story.call("GET", "/replays?status=completed")
        assert {each["id"] for each in listed.data} == {job["id"], again["id"]}


async def test_a_replay_can_be_of_one_status_and_of_a_span_of_time(platform: Platform) -> None:
    async with Receiver(answers=[204, 400, 400]) as receiver:
        story = await Story.begin(platform, receiver, concurrency=1)
        events = []
        for statuses in (["success"], ["success", "failed"], ["success", "failed", "failed"]):
            events.append(await story.publish())
            await story.settled(*statuses)
        assert (await story.replayed(status="cancelled"))["total"] == 0
        assert (await story.replayed(status="failed", until=events[1]["created_at"]))["total"] == 1
        await story.settled("success", "success", "failed")
        assert (await story.replayed(status="success", since=events[1]["created_at"]))["total"] == 1
        await receiver.arrived(5)  # what is under way again is not there to be replayed
        await story.settled("success", "success", "failed")
        assert (await story.replayed(status="all"))["total"] == 3
        await story.settled("success", "success", "success")


UNFIT_REPLAYS: list[tuple[dict[str, Any], str]] = [
    ({"since": None}, "since"),
    ({"since": "yesterday"}, "since"),
    ({"since": 5}, "since"),
    ({"since": (datetime.now(UTC) + timedelta(days=1)).isoformat()}, "since"),
    ({"until": "2019-01-01T00:00:00Z"}, "since"),
    ({"status": "pending"}, "status"),
    ({"nonsense": 1}, "nonsense"),
]


async def test_an_unfit_replay_is_refused(platform: Platform) -> None:
    async with Receiver() as receiver:
        story = await Story.begin(platform, receiver)
        for change, field in UNFIT_REPLAYS:
            refused = await story.call("POST", "/replay", {"since": LONG_AGO, **change})
            assert (refused.status, list(refused.body["error"]["details"])) == (422, [field]), change


async def test_nothing_is_replayed_or_retried_to_an_inactive_endpoint(platform: Platform) -> None:
    async with Receiver() as receiver:
        story = await Story.begin(platform, receiver, is_active=False)
        await story.publish()
        (delivery,) = await story.settled("cancelled")
        for path, body in (("/replay", {"since": LONG_AGO}), (f"/deliveries/{delivery['id']}/retry", None)):
            refused = await story.call("POST", path, body)
            assert (refused.status, refused.code) == (409, "STATE_CONFLICT")
            assert refused.body["error"]["current_state"] == "disabled"


async def test_a_replay_that_is_over_can_not_be_cancelled(platform: Platform) -> None:
    async with Receiver() as receiver:
        story = await Story.begin(platform, receiver)
        job = await story.replayed(since="2020-01-01")
        assert job["since"] == "2020-01-01T00:00:00.000Z"
        refused = await story.call("POST", f"/replays/{job['id']}/cancel")
        assert (refused.status, refused.code, refused.body["error"]["current_state"]) == (
            409, "STATE_CONFLICT", "completed",
        )  # fmt: skip
        for method, path in (("GET", "/replays/rpl_missing"), ("POST", "/replays/rpl_missing/cancel")):
            assert (await story.call(method, path)).status == 404


async def test_explain_says_why_an_event_was_delivered_or_not(platform: Platform) -> None:
    async with Receiver() as receiver:
        story = await Story.begin(platform, receiver, filters={"data.tier": ["pro", "business"]})
        wanted = await story.publish(tier="pro")
        unwanted = await story.publish(tier="free")
        other = await story.publish("parcel.sent", tier="pro")
        (delivery,) = await story.settled("success")

        why = await story.explained(wanted)
        assert (why["matches"], why["delivery"]) == (True, {"id": delivery["id"], "status": "success"})
        assert why["checks"] == [
            {"check": "events", "passed": True, "wanted": ["order.*"], "found": "order.paid"},
            {"check": "filters.data.tier", "passed": True, "wanted": ["pro", "business"], "found": ["pro"]},
        ]
        why = await story.explained(unwanted)
        assert (why["matches"], why["delivery"]) == (False, None)
        assert [each["check"] for each in why["checks"] if not each["passed"]] == ["filters.data.tier"]
        assert "filters.data.tier" in why["reason"]
        why = await story.explained(other)
        assert [each["check"] for each in why["checks"] if not each["passed"]] == ["events"]
        stranger = await platform.tenant()
        foreign = await platform.created("events", {"type": "order.paid", "data": {}}, key=stranger.key)
        assert (await story.call("GET", f"/explain?event_id={foreign['id']}")).status == 404
        assert (await story.call("GET", "/explain")).status == 422


async def test_the_counters_of_an_endpoint_tell_how_its_deliveries_went(platform: Platform) -> None:
    async with Receiver(answers=[204, 400]) as receiver:
        story = await Story.begin(platform, receiver, concurrency=1)
        await story.publish()
        await story.settled("success")
        await story.publish()
        await story.settled("success", "failed")
        shown: dict[str, Any] = {}

        async def counted() -> bool:
            shown.update((await story.call("GET")).data)
            return bool(shown["success_count"] == 1 and shown["failure_count"] == 1)

        await until(counted)
        assert shown["consecutive_failures"] == 1
        assert shown["last_delivery_at"] is not None
        assert shown["updated_at"] == story.webhook["updated_at"]
