"""Rate limits through the gateway: by key, by tier, over several gateway processes."""

import asyncio
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from atrium_common.clock import rfc3339
from tests.e2e.gateways import JoinedGateway
from tests.e2e.suite import Answer, Platform, Suite

pytestmark = pytest.mark.timeout(150)


async def limited_key(platform: Platform, requests: int, burst: int) -> str:
    """A key with limits of its own."""
    workspace = await platform.created("workspaces", {"name": f"L {os.urandom(4).hex()}", "tier": "enterprise"})
    wanted = {
        "name": "limited", "scopes": ["*"], "rate_limit_tier": "enterprise",
        "rate_limit": {"requests": requests, "burst": burst},
    }  # fmt: skip
    created = await platform.created("api-keys", wanted, headers={"X-Workspace-ID": workspace["id"]})
    return str(created["key"])


def remaining(answer: Answer) -> int:
    return int(answer.headers["X-RateLimit-Remaining"])


@pytest.fixture
async def alone(platform: Platform) -> Platform:
    """The shared suite as soon as its gateway tells of whole limits: one that has joined it is counted with a while."""
    async with asyncio.timeout(60):
        while remaining(await platform.call("GET", "user", key=await limited_key(platform, 4, 100))) != 3:
            await asyncio.sleep(0.2)
    return platform


async def test_every_answer_to_a_key_says_where_its_limits_stand(alone: Platform) -> None:
    tenant = await alone.tenant()
    before = await alone.call("GET", "user", key=tenant.key)
    assert before.headers["X-RateLimit-Limit"] == "10000"
    for path, status in [
        ("user", 200),
        ("namespaces/ns_none", 404),
        ("workspaces?page=0", 422),
        ("workspaces?workspace_id=wks_none", 403),
    ]:
        answer = await alone.call("GET", path, key=tenant.key)
        assert answer.status == status
        assert answer.headers["X-RateLimit-Limit"] == "10000"
        # A request that is refused before its limits are asked costs nothing.
        assert remaining(before) - remaining(answer) == (0 if status == 403 else 1)
        reset = int(answer.headers["X-RateLimit-Reset"])
        assert 0 <= reset - time.time() <= 3600
        assert answer.headers["RateLimit-Policy"] == '"hour";q=10000;w=3600, "burst";q=200;w=1'
        assert answer.headers["RateLimit"].startswith(f'"hour";r={remaining(answer)};t=')
        before = answer
    stranger = await alone.call("GET", "user", key="")
    assert "X-RateLimit-Limit" not in stranger.headers


async def test_a_spent_hour_is_refused_in_the_shape_of_the_reference_until_its_reset(alone: Platform) -> None:
    key = await limited_key(alone, requests=4, burst=100)
    answers = [await alone.call("GET", "user", key=key) for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 4 + [429] * 2
    assert [remaining(answer) for answer in answers] == [3, 2, 1, 0, 0, 0]
    refused = answers[-1]
    error = refused.body["error"]
    wait = error["retry_after"]
    assert error == {
        "code": "RATE_LIMIT_EXCEEDED",
        "message": f"Rate limit exceeded. Please retry after {wait} seconds.",
        "retry_after": wait,
        "limit": 4,
        "remaining": 0,
        "reset_at": rfc3339(datetime.fromtimestamp(int(refused.headers["X-RateLimit-Reset"]), UTC)),
        "scope": "hour",
        "request_id": refused.headers["X-Request-ID"],
    }
    assert refused.headers["Retry-After"] == str(wait)
    assert abs(int(refused.headers["X-RateLimit-Reset"]) - time.time() - wait) <= 2


async def test_too_many_at_once_are_refused_for_a_second_and_do_not_count(alone: Platform) -> None:
    key = await limited_key(alone, requests=1000, burst=5)
    began = time.monotonic()
    answers = await asyncio.gather(*(alone.call("GET", "user", key=key) for _ in range(40)))
    passed = [answer for answer in answers if answer.status == 200]
    assert 5 <= len(passed) <= 5 + 5 * (time.monotonic() - began + 0.1)
    refused = next(answer for answer in answers if answer.status == 429)
    assert (refused.body["error"]["scope"], refused.body["error"]["retry_after"]) == ("burst", 1)
    assert refused.headers["Retry-After"] == "1"
    await asyncio.sleep(1)
    again = await alone.call("GET", "user", key=key)
    assert (again.status, remaining(again)) == (200, 1000 - len(passed) - 1)


async def test_a_batch_costs_its_number_of_operations_all_or_none(alone: Platform) -> None:
    key = await limited_key(alone, requests=10, burst=100)
    operations = [{"action": "create", "data": {"name": f"N {number}"}} for number in range(8)]
    answer = await alone.call("POST", "namespaces/batch", {"operations": operations}, key=key)
    assert (answer.status, remaining(answer)) == (200, 2)
    refused = await alone.call("POST", "namespaces/batch", {"operations": operations[:3]}, key=key)
    assert (refused.status, refused.body["error"]["scope"], remaining(refused)) == (429, "hour", 2)
    assert remaining(await alone.call("GET", "user", key=key)) == 1


async def test_a_batch_that_no_hour_has_room_for_is_told_so_and_not_when_to_come_again(alone: Platform) -> None:
    key = await limited_key(alone, requests=5, burst=100)
    operations = [{"action": "create", "data": {"name": f"N {number}"}} for number in range(6)]
    refused = await alone.call("POST", "namespaces/batch", {"operations": operations}, key=key)
    assert (refused.status, refused.code, remaining(refused)) == (422, "VALIDATION_ERROR", 5)
    assert refused.body["error"]["details"] == {"operations": ["At most 5: the key may do no more in an hour."]}
    assert (await alone.call("POST", "namespaces/batch", {"operations": operations[:5]}, key=key)).status == 200


async def test_several_gateways_admit_the_limit_exactly_and_hand_back_what_they_lease(suite: Suite) -> None:
    async with JoinedGateway(suite) as second, JoinedGateway(suite) as third:
        key = await limited_key(suite, requests=300, burst=2000)
        passed = 0
        for _ in range(10):
            # Together they are asked for twice the limit.
            answers = await asked(key, suite, second, third, times=20)
            passed += len(answers)
            assert max(map(remaining, answers), default=0) <= 300 - (passed - 60), "told that more is left than is"
        # What one has leased and is not asked for comes back to the others.
        assert await rest(key, suite, second, third, expected=300 - passed) == 300 - passed

        key = await limited_key(suite, requests=400, burst=2000)
        passed = len(await asked(key, third, times=7))
        assert third.end(signal.SIGTERM) == 0
        assert await rest(key, suite, second, expected=400 - passed) == 400 - passed


async def asked(key: str, *doors: Platform, times: int) -> list[Answer]:
    """Ask each door so often at once; what the limits let pass (and is unfit, so that it costs no more than this)."""
    answers = await asyncio.gather(*(door.call("GET", "users?page=0", key=key) for door in doors for _ in range(times)))
    assert {answer.status for answer in answers} <= {422, 429}
    return [answer for answer in answers if answer.status == 422]


async def rest(key: str, *doors: Platform, expected: int) -> int:
    """How many more pass until nothing does: for longer than a process remembers, or may hold what it has leased."""
    passed, refused_since = 0, time.monotonic()
    while time.monotonic() - refused_since < (3 if passed == expected else 13):
        more = len(await asked(key, *doors, times=10))
        passed += more
        if more:
            refused_since = time.monotonic()
        await asyncio.sleep(0.1)
    return passed


async def test_an_address_that_guesses_is_stopped_and_a_good_key_works_from_it_all_the_same(directory: Path) -> None:
    running = Suite(directory / os.urandom(4).hex(), {"ATRIUM_UNAUTHENTICATED_PER_MINUTE": "5"})
    running.start()
    async with running:
        keys = ("", "sk_live_" + "a" * 32, "", "nonsense", "", "", "sk_live_" + "b" * 32)
        guesses = [await running.call("GET", "user", key=key) for key in keys]
        assert [guess.status for guess in guesses] == [401] * 5 + [429] * 2
        assert guesses[-1].code == "RATE_LIMIT_EXCEEDED"
        assert 1 <= int(guesses[-1].headers["Retry-After"]) <= 60
        assert (await running.call("GET", "user")).status == 200
    running.stop()
