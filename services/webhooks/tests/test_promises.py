"""The six promises of spec/webhooks.md, on both stacks' stores: real sending, real documents, a receiver that is told
what to do. What only whole processes can show (kill -9 under load) is in tests/e2e/test_webhooks_delivery.py."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from atrium_common.clock import rfc3339
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Any, Delete, Document, Is, Put, Query
from atrium_common.store.ports import Documents, Store, StoreUnavailable
from atrium_webhooks import rows
from atrium_webhooks.application.shards import SHARDS, shard_of
from atrium_webhooks.domain.delivery import delivery_id
from tests.engine import Processes
from tests.hostile import Hostile, answer, eventually, hang, held, slow


async def test_promise_1_a_delivery_under_way_when_its_process_dies_comes_again_from_another(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", hang, answer())
    first = await processes.start()
    endpoint = await first.endpoint(receiver.url())
    await first.events(1)
    await receiver.until(1)
    await first.die()
    second = await processes.start()
    arrivals = await receiver.until(2)
    await second.until(endpoint, 1, "success")
    assert arrivals[0].event_id == arrivals[1].event_id
    assert arrivals[0].body == arrivals[1].body


async def test_promise_1_what_was_stored_but_not_handed_over_when_the_process_died_is_sent_by_the_next(
    processes: Processes, receiver: Hostile
) -> None:
    idle = await processes.make()  # it fans out, but sends nothing
    endpoint = await idle.endpoint(receiver.url())
    await idle.events(30)
    assert await idle.statuses(endpoint) == ["pending"] * 30
    second = await processes.start()
    await second.until(endpoint, 30, "success")
    assert [each.json["data"]["n"] for each in receiver.arrivals] == sorted(
        each.json["data"]["n"] for each in receiver.arrivals
    )


async def test_promise_1_a_process_that_could_not_show_its_life_for_a_while_goes_on_by_itself(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", slow(0.05))
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url())
    await running.events(30)
    await receiver.until(10)
    running.engine.dispatcher._shards._beaten_at = float("-inf")  # as if the store had not answered for seconds
    await running.until(endpoint, 30, "success")


class FailsOnce:
    """Documents of which the first ones asked for can't be read, by no fault of the store."""

    def __init__(self, port: Documents) -> None:
        self._port = port
        self._failed = False

    async def get_many(self, collection: str, keys: Sequence[str]) -> Mapping[str, Document]:
        if not self._failed:
            self._failed = True
            raise KeyError(collection)
        return await self._port.get_many(collection, keys)

    def __getattr__(self, name: str) -> object:
        return getattr(self._port, name)


async def test_promise_1_lines_whose_taking_over_fails_inside_are_taken_over_later(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.make()
    endpoint = await running.endpoint(receiver.url())
    traffic = running.engine.dispatcher._traffic
    traffic._documents = cast("Documents", FailsOnce(traffic._documents))
    await running.start()
    await running.events(1)
    await running.until(endpoint, 1, "success", seconds=10)


async def test_promise_1_an_endpoint_that_is_new_while_its_process_can_not_show_its_life_is_served_afterwards(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.make()
    dispatcher, shards = running.engine.dispatcher, running.engine.dispatcher._shards
    shards._beat_seconds = 3600  # it beats when told
    await running.start()
    await eventually(lambda: shards.holds(0))
    shards._beaten_at = float("-inf")
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    await shards.step(dispatcher)
    await running.until(endpoint, 1, "success", seconds=10)


async def test_promise_1_a_process_that_starts_between_an_endpoints_commit_and_its_row_serves_it(
    processes: Processes, receiver: Hostile
) -> None:
    client = await processes.make()
    endpoint = await client.endpoint(receiver.url())
    await client.store.documents.write([Delete(rows.WEBHOOKS.name, endpoint, 0, Any())])  # as before it is put
    running = await processes.start()
    await running.events(1)
    await running.until(endpoint, 1, "success", seconds=10)


async def test_promise_1_every_event_that_is_received_is_kept_also_without_any_endpoint(processes: Processes) -> None:
    running = await processes.start()
    (message,) = await running.events(1, type_="nobody.listens")
    kept = await running.store.documents.get(rows.EVENTS_SEEN.name, message.id)
    assert kept is not None
    assert kept.body["type"] == "nobody.listens"


async def test_promise_1_no_event_reaches_another_workspaces_endpoint(processes: Processes, receiver: Hostile) -> None:
    running = await processes.start()
    mine = await running.endpoint(receiver.url("/mine"))
    other = await running.endpoint(receiver.url("/other"), workspace_id="wks_2")
    await running.events(3)
    await running.receive(running.message(workspace_id="wks_2", workspace_ids=("wks_1", "wks_2"), livemode=None))
    await running.until(mine, 4, "success")
    await running.until(other, 1, "success")
    assert {each.json["workspace_id"] for each in receiver.at("/mine")} == {"wks_1"}
    assert {each.json["workspace_id"] for each in receiver.at("/other")} == {"wks_2"}
    assert len(receiver.at("/other")) == 1


async def test_promise_2_an_event_received_again_and_by_two_processes_at_once_makes_one_delivery(
    processes: Processes, receiver: Hostile
) -> None:
    first = await processes.start()
    second = await processes.start()
    endpoint = await first.endpoint(receiver.url())
    message = first.message()
    await asyncio.gather(first.receive(message), second.receive(message), first.receive(message))
    await first.until(endpoint, 1, "success")
    await first.receive(message)
    assert [each.key for each in await first.deliveries(endpoint)] == [delivery_id(message.id, endpoint)]
    assert len(receiver.arrivals) == 1


async def test_promise_2_the_id_and_the_body_stay_the_same_over_all_attempts(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500), answer(500), answer())
    running = await processes.start()
    data = {
        "float": 1.0,
        "big": 2**53,
        "text": "ümläut 😀",
        "nested": {"z": 1, "a": [None, True]},
        "dot.ted": {"$x": 1},
    }
    endpoint = await running.endpoint(receiver.url())
    await running.events(1, data=data)
    await running.delivery(endpoint, "success")
    assert len({each.event_id for each in receiver.arrivals}) == 1
    assert len({each.headers["x-webhook-delivery"] for each in receiver.arrivals}) == 1
    assert len({each.body for each in receiver.arrivals}) == 1
    assert [each.attempt for each in receiver.arrivals] == [1, 2, 3]
    assert receiver.arrivals[0].json["data"] == data


async def test_promise_2_an_answer_is_recorded_whatever_its_headers_are_and_nothing_is_sent_again(
    processes: Processes, receiver: Hostile
) -> None:
    async def odd(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\n$ref: a\r\n$id: b\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    receiver.script("/", odd)
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    delivery = await running.delivery(endpoint, "success", seconds=10)
    (entry,) = cast("list[JSONObject]", delivery.body["history"])
    headers = {"X-Name": "caf\N{REPLACEMENT CHARACTER}", "Content-Length": "0"}
    assert entry["response"] == {"headers": headers, "body": "", "truncated": False}
    assert len(receiver.arrivals) == 1


async def test_promise_3_endpoints_that_hang_delay_nobody_else(processes: Processes, receiver: Hostile) -> None:
    running = await processes.start(webhooks_in_flight=40, webhooks_timeout=600)
    for number in range(6):
        receiver.script(f"/hang/{number}", hang)
        await running.endpoint(receiver.url(f"/hang/{number}"))
    await running.events(40)
    await eventually(lambda: len(receiver.arrivals) >= 20)
    healthy = await running.endpoint(receiver.url("/healthy"), workspace_id="wks_2")
    same = await running.endpoint(receiver.url("/same"), events=("seldom.*",))
    await running.receive(running.message(workspace_id="wks_2"), running.message(type_="seldom.seen"))
    await running.until(healthy, 1, "success")  # while all the others hang
    await running.until(same, 1, "success")


async def test_promise_3_a_receiver_that_hangs_while_its_process_ends_delays_nobody_else(
    processes: Processes, receiver: Hostile
) -> None:
    gate = asyncio.Event()
    receiver.script("/slow", held(gate))
    first, second = await processes.make(), await processes.make()
    shards = [each.engine.dispatcher._shards for each in (first, second)]
    for each in shards:
        each._beat_seconds = 0.05
    await first.start()
    slow = await first.endpoint(receiver.url("/slow"), events=("slow.*",))
    await first.events(1, type_="slow.event")
    await receiver.until(1, "/slow")
    ending = asyncio.create_task(first.stop())
    await second.start()
    await eventually(lambda: sum(map(shards[1].serves, range(SHARDS))) == SHARDS - 1, seconds=10)
    calm = await second.endpoint(receiver.url("/calm"), events=("calm.*",))
    while shard_of(calm) == shard_of(slow):
        calm = await second.endpoint(receiver.url("/calm"), events=("calm.*",))
    await second.events(1, type_="calm.event")
    await second.until(calm, 1, "success", seconds=10)
    assert len(receiver.at("/slow")) == 1
    assert not ending.done()
    gate.set()
    await ending
    assert await second.statuses(slow) == ["success"]


async def test_promise_3_a_flooded_endpoint_delays_nobody_elses_delivery(
    processes: Processes, receiver: Hostile
) -> None:
    gate = asyncio.Event()
    receiver.script("/flooded", held(gate))
    running = await processes.start(webhooks_timeout=600)
    flooded = await running.endpoint(receiver.url("/flooded"), events=("flood.*",))
    for _ in range(5):
        await running.events(100, type_="flood.drop")
    await receiver.until(10, "/flooded")
    calm = await running.endpoint(receiver.url("/calm"), events=("calm.*",))
    await running.events(1, type_="calm.event")
    await running.until(calm, 1, "success")
    assert len(receiver.at("/flooded")) == 10  # its concurrency; 490 wait
    gate.set()
    await running.until(flooded, 500, "success")


async def test_promise_3_no_endpoint_gets_more_at_once_than_its_concurrency(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/ten", slow(0.05))
    receiver.script("/two", slow(0.05))
    running = await processes.start()
    ten = await running.endpoint(receiver.url("/ten"))
    two = await running.endpoint(receiver.url("/two"), concurrency=2)
    await running.events(40)
    await running.until(ten, 40, "success")
    await running.until(two, 40, "success")
    assert receiver.most_at_once == {"/ten": 10, "/two": 2}


async def test_promise_3_an_endpoints_rate_limit_holds_over_every_span_and_everything_still_arrives(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url(), rate_limit={"requests": 5, "per_seconds": 1})
    await running.events(12)
    await running.until(endpoint, 12, "success")
    moments = [each.at for each in receiver.arrivals]
    assert all(later - earlier > 0.5 for earlier, later in zip(moments, moments[5:], strict=False))


async def test_promise_3_two_processes_share_the_endpoints_and_keep_every_limit(
    processes: Processes, receiver: Hostile
) -> None:
    first, second = await processes.start(), await processes.start()
    endpoints = []
    for number in range(8):
        receiver.script(f"/{number}", slow(0.02))
        endpoints.append(await first.endpoint(receiver.url(f"/{number}"), concurrency=3))
    for _ in range(3):
        await asyncio.gather(first.events(10), second.events(10))
    for endpoint in endpoints:
        await first.until(endpoint, 60, "success")
    assert all(most <= 3 for most in receiver.most_at_once.values())
    repeats = Counter((each.path, each.event_id) for each in receiver.arrivals)
    assert set(repeats.values()) == {1}


async def test_promise_4_the_breaker_opens_after_ten_failures_and_probes_with_single_deliveries(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500))
    running = await processes.start(webhooks_breaker_probe_seconds=0.5, webhooks_retry_schedule="0,60")
    endpoint = await running.endpoint(receiver.url(), concurrency=1)
    began = time.monotonic()
    await running.events(50)
    await receiver.until(13)
    assert time.monotonic() - began > 1.4  # ten at once, then one every half second
    untouched = [each for each in await running.deliveries(endpoint) if each.body["status"] == "pending"]
    assert len(untouched) >= 50 - len(receiver.arrivals)
    assert all(each.body["attempts"] == 0 for each in untouched)
    receiver.script("/", answer())
    probed = len(receiver.arrivals)
    await running.until(endpoint, 50 - probed, "success")
    assert (await running.state(endpoint)).warned_at is not None


async def test_promise_4_a_breaker_stays_open_over_a_restart(processes: Processes, receiver: Hostile) -> None:
    receiver.script("/", answer(500))
    running = await processes.start(webhooks_retry_schedule="0,60")
    endpoint = await running.endpoint(receiver.url(), concurrency=1)
    await running.events(20)
    await receiver.until(10)
    await running.until(endpoint, 10, "retrying")
    await running.stop()
    again_ = await processes.start(webhooks_retry_schedule="0,60")
    await again_.events(1)
    other = await again_.endpoint(receiver.url("/other"))
    await again_.events(1)
    await again_.until(other, 1, "success")
    assert len(receiver.at("/")) == 10


async def test_promise_4_an_endpoint_whose_every_attempt_fails_is_disabled_with_a_reason_and_nothing_lost(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500))
    running = await processes.start(
        webhooks_disable_after_days=0, webhooks_disable_after_deliveries=3, webhooks_retry_schedule="0,60"
    )
    endpoint = await running.endpoint(receiver.url(), concurrency=1)
    messages = await running.events(6)
    state = await running.until_disabled(endpoint)
    assert "Every attempt has failed since" in str(state.disabled_reason)
    await running.until(endpoint, 6, "cancelled")
    assert len(receiver.arrivals) == 3
    later = await running.events(1)
    assert (await running.statuses(endpoint)).count("cancelled") == 7
    for message in (*messages, *later):
        assert await running.store.documents.get(rows.EVENTS_SEEN.name, message.id) is not None


async def test_promise_4_what_was_cancelled_can_be_sent_after_the_endpoint_is_switched_on_again(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url())
    await running.change(endpoint, is_active=False)
    await running.events(1)
    delivery = await running.delivery(endpoint, "cancelled")
    await running.change(endpoint, is_active=True)
    await running.retry(delivery.key)
    await running.delivery(endpoint, "success")


async def test_promise_4_what_is_asked_for_after_the_endpoint_is_on_is_not_given_up_by_who_has_not_heard_of_it_yet(
    processes: Processes, receiver: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await processes.make()
    running = await processes.make()
    endpoint = await client.endpoint(receiver.url())
    await client.change(endpoint, is_active=False)
    await client.events(1)
    delivery = await client.delivery(endpoint, "cancelled")
    deaf = asyncio.Event()
    monkeypatch.setattr(running.engine.dispatcher._directory, "follow", deaf.wait)  # news come late
    await running.start()
    await eventually(lambda: endpoint in running.engine.dispatcher._lanes)
    await client.change(endpoint, is_active=True)
    await client.retry(delivery.key)
    await running.delivery(endpoint, "success")


async def test_promise_5_attempts_start_in_the_order_of_events_as_long_as_nothing_fails(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url(), concurrency=1)
    for _ in range(5):
        await running.events(40)
    await running.until(endpoint, 200, "success")
    assert [each.json["data"]["n"] for each in receiver.arrivals] == list(range(1, 201))


class WritesTheLast:
    """Documents of a store that breaks off its first write, of which only the last part is there."""

    def __init__(self, port: Documents) -> None:
        self._port = port
        self._broken = False

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        if not self._broken:
            self._broken = True
            await self._port.write(writes[-1:])
            raise StoreUnavailable("broken off")
        return await self._port.write(writes)


async def test_promise_5_events_keep_their_order_where_their_batch_was_written_in_part_and_is_tried_again(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.make()
    endpoint = await running.endpoint(receiver.url(), ordered=True)
    fan_out = running.engine.fan_out
    fan_out._store = cast("Store", SimpleNamespace(documents=WritesTheLast(fan_out._store.documents)))
    events = await running.events(3)
    found = {
        str(each.body["event_id"]): cast("int", each.body["sequence"]) for each in await running.deliveries(endpoint)
    }
    assert sorted(found, key=found.__getitem__) == [each.id for each in events]


async def test_promise_5_an_ordered_endpoint_gets_no_event_before_the_one_before_is_done(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500), answer(500), slow(0.05), answer(400), answer())
    running = await processes.start(webhooks_retry_schedule="0,0.3,0.3")
    endpoint = await running.endpoint(receiver.url(), ordered=True)
    await running.events(5)
    await running.until(endpoint, 4, "success")
    got = [(each.json["data"]["n"], each.attempt) for each in receiver.arrivals]
    assert got == [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (4, 1), (5, 1)]
    assert (await running.statuses(endpoint)).count("failed") == 1
    assert receiver.most_at_once["/"] == 1


async def test_promise_5_an_ordered_line_waits_for_an_attempt_that_another_process_has_recorded_as_failed(
    processes: Processes, receiver: Hostile
) -> None:
    gate = asyncio.Event()
    receiver.script("/", held(gate), answer())
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url(), ordered=True)
    (first, _) = await running.events(2)
    await receiver.until(1)
    (found,) = [each for each in await running.deliveries(endpoint) if each.body["event_id"] == first.id]
    later = rfc3339(datetime.now(UTC) + timedelta(seconds=60))
    body = {**found.body, "attempts": 1, "status": "retrying", "next_attempt_at": later}
    put = Put(rows.DELIVERIES.name, found.key, body, found.version + 1, Is(found.version), found.expires_at)
    assert await running.store.documents.write([put]) == [True]
    gate.set()
    lane = running.engine.dispatcher._lanes[endpoint]
    await eventually(lambda: bool(lane.fresh) and lane.fresh[0].attempts == 1, seconds=10)
    assert not lane.flying
    assert [each.event_id for each in receiver.arrivals] == [first.id]


async def test_promise_5_a_manual_retry_runs_outside_the_order(processes: Processes, receiver: Hostile) -> None:
    receiver.script("/", answer(400), answer(500), answer())
    running = await processes.start(webhooks_retry_schedule="0,60")
    endpoint = await running.endpoint(receiver.url(), ordered=True)
    await running.events(1)
    failed = await running.delivery(endpoint, "failed")
    await running.events(1)
    await running.until(endpoint, 1, "retrying")  # the second one holds the line for a minute
    await running.retry(failed.key)
    await running.until(endpoint, 1, "success")
    assert [(each.json["data"]["n"], each.attempt) for each in receiver.arrivals] == [(1, 1), (2, 1), (1, 2)]


async def test_promise_5_an_endpoint_made_ordered_waits_for_what_was_to_be_tried_again(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500), answer())
    running = await processes.start(webhooks_retry_schedule="0,1")
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    await running.until(endpoint, 1, "retrying")
    await running.change(endpoint, ordered=True)
    await running.events(2)
    await running.until(endpoint, 3, "success")
    assert [(each.json["data"]["n"], each.attempt) for each in receiver.arrivals] == [(1, 1), (1, 2), (2, 1), (3, 1)]


async def test_promise_6_an_endpoint_created_now_gets_events_from_now(processes: Processes, receiver: Hostile) -> None:
    running = await processes.start()
    await running.events(1)
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    await running.until(endpoint, 1, "success")
    assert [each.json["data"]["n"] for each in receiver.arrivals] == [2]


async def test_promise_6_an_event_from_before_that_is_received_late_is_not_for_a_new_endpoint(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.start()
    old = await running.endpoint(receiver.url("/old"))
    between = await running.store.log.tail()
    new = await running.endpoint(receiver.url("/new"))
    after = await running.store.log.tail()
    long_ago = datetime.now(UTC) - timedelta(minutes=20)
    await running.receive(
        running.message(position=between),
        running.message(position=between, source="/tenancy"),  # another log, and perhaps another clock
        running.message(position=after + 1),
        running.message(source="/tenancy", time=long_ago),
    )
    await running.until(old, 3, "success")
    await running.until(new, 2, "success")
    assert sorted(each.json["data"]["n"] for each in receiver.at("/new")) == [2, 3]


@pytest.mark.parametrize("restarted", [False, True])
async def test_promise_6_positions_of_logs_say_what_was_before_an_endpoint_whatever_the_clocks_say(
    processes: Processes, receiver: Hostile, *, restarted: bool
) -> None:
    running = await processes.start()
    await running.endpoint(receiver.url("/old"))
    before = await running.store.log.tail()
    endpoint = await running.endpoint(receiver.url(), heads={"/tenancy": 40})
    after = await running.store.log.tail()
    if restarted:
        await running.die()
        running = await processes.start()
    ahead, behind = (datetime.now(UTC) + timedelta(hours=each) for each in (1, -1))
    await running.receive(
        running.message(position=before, time=ahead),
        running.message(position=after + 1, time=behind),
        running.message(source="/tenancy", position=40, time=ahead),
        running.message(source="/tenancy", position=41, time=behind),
        running.message(source="/entitlements", position=1, time=behind),  # it did not say where its log was
    )
    await running.until(endpoint, 2, "success")
    assert sorted(each.json["data"]["n"] for each in receiver.at("/")) == [2, 4]


@pytest.mark.parametrize("restarted", [False, True])
async def test_promise_1_an_event_whose_clock_was_behind_is_not_lost_to_a_new_endpoint(
    processes: Processes, receiver: Hostile, *, restarted: bool
) -> None:
    first = await processes.start()
    endpoint = await first.endpoint(receiver.url())
    running = first
    if restarted:
        await first.die()
        running = await processes.start()
    behind = datetime.now(UTC)
    await running.receive(
        running.message(time=behind - timedelta(days=1)),
        running.message(source="/tenancy", time=behind - timedelta(minutes=10)),
    )
    await running.until(endpoint, 2, "success")
    assert len(receiver.arrivals) == 2


async def test_promise_6_events_deliveries_and_attempts_are_gone_after_their_time(
    processes: Processes, receiver: Hostile
) -> None:
    running = await processes.start(webhooks_retention_days=timedelta(seconds=1.5) / timedelta(days=1))
    endpoint = await running.endpoint(receiver.url())
    await running.events(3)
    await receiver.until(3)
    async with asyncio.timeout(60):
        while await running.deliveries(endpoint) or await running.store.documents.query(rows.EVENTS_SEEN.name, Query()):
            await asyncio.sleep(0.05)
