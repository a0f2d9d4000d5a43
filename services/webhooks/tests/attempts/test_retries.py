"""When an attempt is made again (spec/webhooks.md, "Schedule")."""

import datetime as dt
from email.utils import format_datetime
from typing import Any, cast

import pytest

from atrium_common.clock import SystemClock
from atrium_common.http.call import Call
from atrium_common.principal import Principal
from atrium_common.store import documents as asked
from atrium_common.store.documents import Delete, Is, Put
from atrium_webhooks import rows
from atrium_webhooks.application.deliveries import Deliveries
from atrium_webhooks.application.endpoints import Endpoints
from atrium_webhooks.domain.delivery import again
from services.webhooks.tests.attempts.outcome import outcome
from tests.engine import Processes, Running
from tests.hostile import Hostile, answer, slow


@pytest.mark.parametrize(
    ("status", "asked", "low", "high"),
    [
        (429, "120", 119, 121),
        (503, "5", 53, 67),
        (429, "999999999", 86000, 86500),
        (500, "600", 53, 67),
        (429, "²", 53, 67),
        (429, "-5", 53, 67),
        (503, "Fri, 99 Foo 99999 99:99:99 GMT", 53, 67),
    ],
)
async def test_retry_after_moves_the_next_attempt_later_never_earlier_and_at_most_a_day(
    running: Running, receiver: Hostile, status: int, asked: str, low: int, high: int
) -> None:
    found = await outcome(running, receiver, answer(status, retry_after=asked))
    planned = dt.datetime.fromisoformat(found["next_attempt_at"])
    tried = dt.datetime.fromisoformat(found["updated_at"])
    assert low <= (planned - tried).total_seconds() <= high


async def test_retry_after_may_be_a_date(running: Running, receiver: Hostile) -> None:
    in_ten_minutes = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=10), usegmt=True)
    found = await outcome(running, receiver, answer(503, retry_after=in_ten_minutes))
    planned = dt.datetime.fromisoformat(found["next_attempt_at"])
    tried = dt.datetime.fromisoformat(found["updated_at"])
    assert 560 <= (planned - tried).total_seconds() <= 610


async def test_the_schedule_is_kept_with_a_tenth_of_jitter_and_then_the_delivery_has_failed(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500))
    running = await processes.start(webhooks_retry_schedule="0,0.5,1")
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    await running.delivery(endpoint, "failed")
    first, second, third = [each.at for each in receiver.arrivals]
    assert second - first > 0.44
    assert third - second > 0.89


async def test_an_endpoints_own_schedule_goes_before_the_platforms(running: Running, receiver: Hostile) -> None:
    receiver.script("/", answer(500))
    endpoint = await running.endpoint(receiver.url(), retry_schedule=(0, 0.1, 0.1, 0.1))
    await running.events(1)
    await running.delivery(endpoint, "failed")
    assert [each.attempt for each in receiver.arrivals] == [1, 2, 3, 4]


async def test_the_attempts_go_on_counting_after_a_manual_retry_with_a_whole_schedule_before_it(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500))
    running = await processes.start(webhooks_retry_schedule="0,0.1")
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    failed = await running.delivery(endpoint, "failed")
    await running.retry(failed.key)
    await receiver.until(4)
    found = await running.delivery(endpoint, "failed")
    assert [each.attempt for each in receiver.arrivals] == [1, 2, 3, 4]
    assert [entry["attempt"] for entry in cast("Any", found.body["history"])] == [1, 2, 3, 4]


async def test_a_retry_asked_for_while_an_attempt_is_under_way_loses_neither(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500), slow(0.5, 500), answer())
    running = await processes.start(webhooks_retry_schedule="0,0.1,60")
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    await receiver.until(2)
    (delivery,) = await running.deliveries(endpoint)
    await running.retry(delivery.key)
    await receiver.until(3)
    found = await running.delivery(endpoint, "success")
    assert [entry["attempt"] for entry in cast("Any", found.body["history"])] == [1, 2, 3]


async def test_a_retry_whose_process_died_before_it_told_of_it_is_told_of_when_it_is_repeated(
    processes: Processes, receiver: Hostile
) -> None:
    client = await processes.make()
    endpoint = await client.endpoint(receiver.url())
    await client.events(1)
    (found,) = await client.deliveries(endpoint)
    documents, engine = client.store.documents, client.engine
    now = dt.datetime.now(dt.UTC)
    marked = {**again(found.body, now=now), "retry": "cmd_1"}
    gone = Delete(rows.WAKES.name, endpoint, 0, asked.Any())
    await documents.write([Put(rows.DELIVERIES.name, found.key, marked, 2, Is(1), found.expires_at), gone])
    endpoints = Endpoints(client.repository, documents, client.engine.sender.check, cast("Any", None), client.ids)
    deliveries = Deliveries(
        endpoints, documents, engine.dispatcher, engine.keeper, client.ids, SystemClock(), engine.kept_for
    )
    principal = Principal(workspace_id="wks_1")
    call = Call(principal, {}, {}, {}, None, command_id="cmd_1", request_id="", if_match=None, at=now, public_base="")
    await deliveries.retry(call, endpoint, found.key)
    assert await documents.get(rows.WAKES.name, endpoint) is not None
