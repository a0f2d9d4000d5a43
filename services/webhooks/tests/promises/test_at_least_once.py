"""Promise 1 of spec/webhooks.md: no event is lost, whatever process dies when, and none goes to another workspace.

What only whole processes can show (kill -9 under load) is in tests/e2e/test_webhooks_delivery.py.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from atrium_common.store.documents import Any, Delete, Document
from atrium_common.store.ports import Documents
from atrium_webhooks import rows
from tests.engine import Processes
from tests.hostile import Hostile, answer, eventually, hang, slow


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
