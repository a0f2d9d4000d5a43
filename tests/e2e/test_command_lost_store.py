"""Stores that can't be written: a full disk and a file that is away, as a client sees them, and how it ends."""

import asyncio
import contextlib
import json
import resource
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.suite import Suite, ran


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[Suite]:
    suite = Suite(tmp_path / "data", {})
    suite.start()
    async with suite:
        yield suite
    assert suite.stop() == 0


@contextlib.contextmanager
def _no_file_grows(suite: Suite) -> Iterator[None]:
    """As on a full disk: no file of the suite's grows beyond the smallest that is written to now."""
    least = min(path.stat().st_size for path in suite.directory.glob("*.db-wal"))
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in suite.pids()}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (least, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextlib.contextmanager
def _away(suite: Suite) -> Iterator[None]:
    """Tenancy's store, moved out of the data directory and back."""
    away = suite.directory.parent / "away"
    away.mkdir()
    for path in suite.directory.glob("tenancy.db*"):
        path.rename(away / path.name)
    try:
        yield
    finally:
        for path in away.iterdir():
            path.rename(suite.directory / path.name)


@pytest.mark.parametrize("lost", [_no_file_grows, _away])
async def test_a_store_that_takes_no_writes_is_answered_503_loses_nothing_and_comes_back_by_itself(
    embedded: Suite, lost: contextlib.AbstractContextManager[None]
) -> None:
    made = [await embedded.created("workspaces", {"name": f"Before {number}"}) for number in range(3)]
    with lost(embedded):  # type: ignore[operator]
        for number in range(10):
            answer = await embedded.call(
                "POST", "workspaces", {"name": f"During {number}", "settings": {"a": "b" * 900}}
            )
            assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE"), answer
            assert "Retry-After" in answer.headers
            assert set(answer.body["error"]) == {"code", "message", "request_id"}
        assert (await embedded.call("GET", f"workspaces/{made[0]['id']}")).status == 200
    async with asyncio.timeout(30):
        while (answer := await embedded.call("POST", "workspaces", {"name": "After"})).status != 201:
            assert answer.status == 503
            await asyncio.sleep(0.05)
    made.append(answer.data)
    names = {each["name"] for each in (await embedded.call("GET", "workspaces?per_page=100")).data}
    assert names == {"Operator", *(each["name"] for each in made)}
    done = await asyncio.to_thread(ran, "admin", "check", "--data-dir", str(embedded.directory), environment={})
    assert done.code == 0, done


async def test_a_service_whose_store_is_away_says_so_and_is_not_ready_until_it_is_back(embedded: Suite) -> None:
    port = json.loads((embedded.directory / "run" / "ports.json").read_text())["tenancy.admin"]
    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        with _away(embedded):
            async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                assert answer.status == 503
                assert "tenancy.db" in (await answer.json())["reasons"]["store"]
        while True:
            async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                if answer.status == 200:
                    break
            await asyncio.sleep(0.05)
