"""The operator's totals: what counting would find, at the log's head, without counting."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from atrium_common.store.documents import Condition
from atrium_tenancy.application.census import SUMS
from services.tenancy.tests.world import World

STATUSES = ("active", "suspended", "deleted")
THERE = Condition("status", "in", STATUSES[:2])
QUESTIONS: Sequence[tuple[Condition, ...]] = (
    (THERE,),
    *((Condition("status", "eq", status),) for status in STATUSES),
    (THERE, Condition("tier", "eq", "free")),
    (THERE, Condition("tier", "eq", "pro")),
)


async def _check(world: World) -> list[int]:
    """The totals, once it is seen that they are what counting finds."""
    counted = [await world.store.documents.count("workspaces", where) for where in QUESTIONS]
    assert [await world.tenancy.census.total(where) for where in QUESTIONS] == counted
    return counted


@pytest.mark.parametrize("projected", [True, False])
async def test_a_total_is_what_counting_finds_after_every_change_however_far_the_projection_is(
    world: World, projected: bool
) -> None:
    async def step(method: str, path: str, body: object = None) -> list[int]:
        answer = await world.call(method, path, body)
        assert answer.status < 300, answer
        if projected:
            await world.tenancy.census.projector.catch_up()
        return await _check(world)

    first = await step("POST", "workspaces", {"name": "One", "slug": "one"})
    made = await world.call("GET", "workspaces?slug=one")
    one = f"workspaces/{made.json['data'][0]['id']}"
    assert await step("PATCH", one, {"name": "Uno"}) == first
    assert await step("PATCH", one, {"tier": "pro"}) == [first[0], first[1], 0, 0, first[4] - 1, first[5] + 1]
    await step("POST", f"{one}/suspend", {"reason": "unpaid"})
    assert await step("DELETE", one) == [first[0] - 1, first[1] - 1, 0, 1, first[4] - 1, first[5]]
    assert (await step("POST", f"{one}/restore"))[2] == 1
    await step("POST", f"{one}/unsuspend")
    await step("DELETE", one)
    world.clock.advance(31 * 24 * 3600)
    await world.housekeeping.purge_workspaces()
    assert await _check(world) == [first[0] - 1, first[1] - 1, 0, 0, first[4] - 1, first[5]]
    await world.tenancy.census.projector.rebuild()
    assert not await world.tenancy.census.projector.differences()
    await _check(world)


async def test_the_operators_list_tells_the_total_of_the_log_and_asks_no_row(world: World) -> None:
    for number in range(3):
        await world.made("workspaces", {"name": f"W {number}"})
    await world.tenancy.census.projector.catch_up()
    # A sum that no counting would find shows where the total comes from.
    slot = await world.tenancy.census.projector.slot()
    (sums,) = await world.store.documents.get_many(slot.collection(SUMS.name), ["workspaces"])
    assert sums == "workspaces"
    await world.store.documents.bump(slot.collection(SUMS.name), sums, add={"active/free": 1_000})
    total = (await world.call("GET", "workspaces?per_page=1")).json["meta"]["total"]
    assert total > 1_000
    assert (await world.call("GET", "workspaces?per_page=1&tier=free")).json["meta"]["total"] == 1_003
    assert (await world.call("GET", "workspaces?per_page=1&search=w")).json["meta"]["total"] == 3


async def test_who_is_far_behind_the_log_counts(world: World) -> None:
    assert await world.tenancy.census.projector.behind(most=0) is None
    assert await world.tenancy.census.total((Condition("owner_id", "eq", "usr_1"),)) is None
