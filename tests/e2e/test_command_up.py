"""What `atrium up` promises: who may share what, what survives any kill, and how it starts and ends."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from atrium_local.ports import free_port
from tests.e2e.suite import SERVICES, Suite, command, ran

QUICK = {"ATRIUM_LOG_LEVEL": "info"}


@pytest.fixture(scope="module")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    suite = Suite(tmp_path_factory.mktemp("up") / "data", QUICK)
    yield suite
    if suite.is_running:
        suite.stop()


@pytest.fixture
async def running(_kept: Suite) -> AsyncIterator[Suite]:
    """One embedded suite for this file; a test that ends it leaves it to be started again here."""
    if not _kept.is_running:
        _kept.start()
    async with _kept:
        yield _kept


async def test_the_ready_event_names_the_gateway_and_every_service(running: Suite) -> None:
    assert running.ready["event"] == "ready"
    assert running.ready["gateway"] == running.base
    assert set(running.ready["services"]) == set(SERVICES)
    for url in running.ready["services"].values():
        async with aiohttp.ClientSession() as session, session.get(f"{url}/nothing") as answer:
            assert answer.status in {401, 404}


async def test_process_ids_are_in_files_and_secrets_are_this_users_alone(running: Suite) -> None:
    for name in SERVICES:
        os.kill(int((running.directory / "run" / f"{name}.pid").read_text()), 0)
    for name in ("secrets", "operator-key"):
        assert (running.directory / name).stat().st_mode & 0o777 == 0o600


async def test_a_second_up_on_a_directory_in_use_is_refused_with_a_word(running: Suite) -> None:
    done = await asyncio.to_thread(
        ran, "up", "--data-dir", str(running.directory), "--port", str(free_port()), environment=QUICK
    )
    assert done.code == 1
    assert "in use" in done.errors


async def test_a_busy_port_is_refused_also_where_its_holder_would_share_it(tmp_path: Path) -> None:
    for option in (None, socket.SO_REUSEPORT):
        with socket.socket() as holder:
            if option is not None:
                holder.setsockopt(socket.SOL_SOCKET, option, 1)
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = str(holder.getsockname()[1])
            for workers in ("1", "2"):
                done = await asyncio.to_thread(
                    ran,
                    "up",
                    "--data-dir",
                    str(tmp_path / "d"),
                    "--port",
                    port,
                    "--workers",
                    workers,
                    environment=QUICK,
                )
                assert done.code == 1
                assert port in done.errors
                assert "taken" in done.errors


async def test_a_second_gateway_joins_the_first_and_revokes_with_it(running: Suite) -> None:
    port = free_port()
    second = await asyncio.create_subprocess_exec(
        *command("gateway", "--port", str(port), "--data-dir", str(running.directory)),
        env={**os.environ, **QUICK},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        base = f"http://127.0.0.1:{port}/api/v1"
        async with asyncio.timeout(40):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    answer = await running.call("GET", f"{base}/user")
                    if answer.status == 200:
                        break
                await asyncio.sleep(0.05)
        made = await running.created(f"{base}/workspaces", {"name": "By the second"})
        assert (await running.call("GET", f"workspaces/{made['id']}")).status == 200
        key = await running.created("api-keys", {"name": "k", "scopes": ["*:read"]})
        assert (await running.call("GET", f"{base}/user", key=key["key"])).status == 200
        assert (await running.call("DELETE", f"api-keys/{key['id']}")).status == 204
        async with asyncio.timeout(10):
            while (await running.call("GET", f"{base}/user", key=key["key"])).status != 401:
                await asyncio.sleep(0.02)
    finally:
        second.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(second.wait(), 45) == 0


async def test_a_killed_service_is_started_again_under_a_new_process_id(running: Suite) -> None:
    await running.replaced("entitlements")
    async with asyncio.timeout(30):
        while (await running.call("GET", "entitlements/summary")).status != 200:
            await asyncio.sleep(0.05)


async def test_ctrl_c_drains_and_ends_with_0_and_leaves_no_process(running: Suite) -> None:
    pids = running.pids()
    os.kill(running.pid, signal.SIGINT)
    assert await asyncio.to_thread(running.wait, 45) == 0
    assert not [pid for pid in pids if _alive(pid)]


async def test_up_works_again_within_5_seconds_of_any_kill(running: Suite) -> None:
    key, ports = running.key, running.ready["services"]
    workspace = await running.created("workspaces", {"name": "Survivor"})
    assert running.stop() == 0
    assert not running.pids()
    loop = asyncio.get_running_loop()
    began = loop.time()
    running.start()
    usual = loop.time() - began
    for killed in ("supervisor", "everything", "supervisor while a service hangs"):
        pids = running.pids()
        if killed.endswith("hangs"):
            gateway = int((running.directory / "run" / "gateway.pid").read_text())
            os.kill(gateway, signal.SIGSTOP)
            threading.Timer(2, os.kill, (gateway, signal.SIGCONT)).start()
        running.kill()
        if killed == "everything":
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        began = loop.time()
        running.start()
        # How long a start takes is the machine's affair; what was killed must not add more to it.
        assert loop.time() - began < usual * 2 + 5
        assert (running.key, running.ready["services"]) == (key, ports)
        assert (await running.call("GET", f"workspaces/{workspace['id']}")).status == 200
        assert not set(pids) & set(running.pids())
        async with asyncio.timeout(5):
            while any(_alive(pid) for pid in pids):
                await asyncio.sleep(0.02)


async def test_workers_share_one_port_and_each_has_its_own_process_id(tmp_path: Path) -> None:
    suite = Suite(tmp_path / "data", QUICK, "--workers", "2")
    suite.start()
    try:
        async with suite:
            pids = {int((suite.directory / "run" / f"{name}.pid").read_text()) for name in ("gateway", "gateway-2")}
            assert len(pids) == 2
            os.kill(pids.pop(), signal.SIGKILL)
            answers: list[int] = []
            async with asyncio.timeout(30):
                while len(answers) < 20:
                    with contextlib.suppress(aiohttp.ClientError):
                        answers.append((await suite.call("GET", "user")).status)
            assert set(answers) == {200}
    finally:
        assert suite.stop() == 0


async def test_the_ready_line_of_a_first_start_shows_the_key_once_and_a_curl_that_works(tmp_path: Path) -> None:
    port = free_port()
    told: list[str] = []
    for start in range(2):
        up = await asyncio.create_subprocess_exec(
            *command("up", "--data-dir", str(tmp_path / "data"), "--port", str(port)),
            env={**os.environ, **QUICK},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert up.stdout is not None
        lines: list[str] = []
        async with asyncio.timeout(60):
            while not lines or "Ctrl-C ends" not in lines[-1]:
                lines.append((await up.stdout.readline()).decode().rstrip())
        assert f"atrium ready http://127.0.0.1:{port}" in lines
        assert f"`.venv/bin/atrium demo --data-dir {tmp_path / 'data'}`" in lines[-1]
        told.append("\n".join(lines))
        if not start:
            curl = told[0][told[0].index("curl ") :].partition("\n\n")[0]
            process = await asyncio.create_subprocess_shell(curl, stdout=asyncio.subprocess.PIPE)
            output, _ = await asyncio.wait_for(process.communicate(), 30)
            assert json.loads(output)["data"]["name"] == "Acme Corporation"
        up.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(up.wait(), 45) == 0
    key = (tmp_path / "data" / "operator-key").read_text().strip()
    assert key in told[0]
    assert key not in told[1]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
