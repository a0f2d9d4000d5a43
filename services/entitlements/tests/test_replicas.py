"""Several processes of the service on one store: limits stay exact, whatever is killed."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from services.entitlements.tests.replicas import Replica, Replicas, replicas

CALLS, LIMIT = 500, 137


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=["sqlite", pytest.param("mongodb", marks=pytest.mark.mongo)]
)
async def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Replicas]:
    environment = {}
    if request.param == "mongodb":
        environment["ATRIUM_MONGODB_URL"] = request.getfixturevalue("mongodb_url")
        environment["ATRIUM_MONGODB_PREFIX"] = f"ent_{os.urandom(4).hex()}_"
    async with replicas(tmp_path_factory.mktemp("replicas"), environment, 3) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def three(request: pytest.FixtureRequest, house: Replicas) -> list[Replica]:
    """Three processes that run, seen from a workspace of the test's own."""
    alive = [replica for replica in house.running if replica.process.returncode is None]
    while len(alive) < 3:
        alive.append(await house.start())
    workspace = f"wks_{request.function.__name__}"
    return [replace(replica, workspace=workspace) for replica in alive[:3]]


async def limited(replica: Replica, limit: int) -> None:
    """Let the workspace have so many seats: the free tier's three, and a boost."""
    boost = {"feature": "seats", "type": "add_limit", "quantity": limit - 3, "workspace_id": replica.workspace}
    status, made = await replica.call("POST", "boosts", boost)
    assert status == 201, made


async def use(replica: Replica, command: str) -> Any:
    body = {"feature": "seats", "quantity": 1, "enforce": True}
    status, answer = await replica.call("POST", "entitlements/usage", body, command=f"{replica.workspace}/{command}")
    assert status == 200, answer
    return answer


async def test_500_parallel_enforce_calls_over_3_processes_grant_exactly_the_limit(three: list[Replica]) -> None:
    await limited(three[0], LIMIT)
    answers = await asyncio.gather(*(use(three[n % 3], f"cmd_{n}") for n in range(CALLS)))
    recorded = [answer for answer in answers if answer["recorded"]]
    assert len(recorded) == LIMIT
    assert sorted(answer["current_usage"] for answer in recorded) == list(range(1, LIMIT + 1))
    assert {answer["reason"] for answer in answers if not answer["recorded"]} == {"LIMIT_EXCEEDED"}
    # Every replica sees what all have done, at once.
    for replica in three:
        _, check = await replica.call("GET", "entitlements/check?feature=seats")
        assert (check["allowed"], check["current_usage"], check["available"]) == (False, LIMIT, 0)


async def test_kill_9_in_the_middle_changes_nothing(three: list[Replica], house: Replicas) -> None:
    await limited(three[0], LIMIT)
    victim, *others = three
    answered = 0
    answers: dict[str, Any] = {}
    turns = itertools.cycle(others)

    async def until_answered(number: int) -> None:
        nonlocal answered
        command, replica = f"cmd_{number}", three[number % 3]
        while command not in answers:
            try:
                answers[command] = await use(replica, command)
            except aiohttp.ClientError:
                replica = next(turns)
            answered += 1
            if answered == CALLS // 5:
                victim.kill()

    await asyncio.gather(*(until_answered(number) for number in range(CALLS)))
    assert victim.process.returncode is not None or await victim.process.wait()
    recorded = {command: answer for command, answer in answers.items() if answer["recorded"]}
    assert len(recorded) == LIMIT
    assert sorted(answer["current_usage"] for answer in recorded.values()) == list(range(1, LIMIT + 1))
    # A new process in its place knows everything, and every command's first outcome.
    again = replace(await house.start(), workspace=victim.workspace)
    _, check = await again.call("GET", "entitlements/check?feature=seats&quantity=0")
    assert check["current_usage"] == LIMIT
    for command, answer in list(recorded.items())[:20]:
        assert await use(again, command) == answer
    _, check = await again.call("GET", "entitlements/check?feature=seats&quantity=0")
    assert check["current_usage"] == LIMIT


async def test_what_one_replica_provisions_every_other_one_checks_at_once(three: list[Replica]) -> None:
    first, second, third = three
    for replica in (second, third):
        _, check = await replica.call("GET", "entitlements/check?feature=storage&quantity=2000000000")
        assert check["allowed"] is False
    status, made = await first.call("POST", "entitlements", {"workspace_id": first.workspace, "package": "starter"})
    assert status == 201, made
    for replica in (second, third):
        _, check = await replica.call("GET", "entitlements/check?feature=storage&quantity=2000000000")
        assert check["allowed"] is True
    status, _ = await second.call("POST", f"entitlements/{made['data']['id']}/suspend", {"reason": "unpaid"})
    assert status == 200
    _, check = await third.call("GET", "entitlements/check?feature=storage")
    assert check["reason"] == "PACKAGE_SUSPENDED"
