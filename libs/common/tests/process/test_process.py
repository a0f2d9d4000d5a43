from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from atrium_common.clock import SystemClock
from atrium_common.errors import BadGateway
from atrium_common.http.client import ServiceClient
from atrium_common.parent import LONGEST_REASON
from atrium_common.principal import PrincipalSigner

SEED = bytes(range(32))
SIGNER = PrincipalSigner("service1", Ed25519PrivateKey.from_private_bytes(SEED))


class Process:
    """A running service: its ports, what it logs, and how it ends."""

    def __init__(self, process: asyncio.subprocess.Process, run: Path) -> None:
        self.process = process
        self.run = run
        self.events: list[dict[str, Any]] = []
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._changed:
                self.events.append(json.loads(line))
                self._changed.notify_all()

    async def logged(self, event: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            return next((entry for entry in self.events if entry["event"] == event), None)

        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: found() is not None)
        return found() or {}

    async def ended(self) -> int:
        async with asyncio.timeout(20):
            code = await self.process.wait()
            await self._reading
        return code

    def client(self, port: int) -> ServiceClient:
        return ServiceClient(f"http://127.0.0.1:{port}", service="test", signer=SIGNER, clock=SystemClock(), seconds=15)


@asynccontextmanager
async def running(
    directory: Path, settings: Mapping[str, str] | None = None, *, pass_fds: tuple[int, ...] = ()
) -> AsyncIterator[Process]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ATRIUM_")},
        "ATRIUM_DATA_DIR": str(directory / "data"),
        "ATRIUM_RUN_DIR": str(directory / "run"),
        "ATRIUM_SEALING_KEYS": f"k1:{base64.b64encode(SEED).decode()}",
        "ATRIUM_PRINCIPAL_KEYS": f"service1!:{base64.b64encode(SEED).decode()}",
        **(settings or {}),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("service.py")),
        stderr=subprocess.PIPE,
        env=environment,
        cwd=directory,
        pass_fds=pass_fds,
    )
    try:
        yield Process(process, directory / "run")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_process_serves_tells_where_and_ends_with_zero_on_sigterm(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        told = await service.logged("serving")
        assert (tmp_path / "run" / "probe.pid").read_text() == f"{service.process.pid}\n"
        ports = json.loads((tmp_path / "run" / "probe.ports.json").read_text())
        assert ports == {"api": told["port"], "admin": told["admin_port"]}
        client = service.client(ports["api"])
        assert await client.call("POST", "/internal/echo", {"text": "hello"}) == {"text": "hello"}
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{ports['admin']}/readyz") as answer,
        ):
            assert await answer.json() == {"ready": True, "reasons": {}, "degraded": {}, "failing_tasks": {}}
        service.process.send_signal(signal.SIGTERM)
        assert await service.ended() == 0
        await client.close()
        assert list((tmp_path / "run").iterdir()) == []
        logged = [entry["event"] for entry in service.events]
        assert logged.index("draining") < logged.index("job handed back") < logged.index("closed")
        assert "closing failed" in logged


@pytest.mark.parametrize(("setting", "flag"), [("ATRIUM_PORT", "--port"), ("ATRIUM_ADMIN_PORT", "--admin-port")])
async def test_a_port_that_is_taken_is_told_with_the_flag_for_another_one(
    tmp_path: Path, setting: str, flag: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with running(tmp_path, {setting: str(port)}) as service:
            told = await service.logged("can not start")
            assert await service.ended() == 1
    assert told["reason"].startswith(f"port {port} is taken by another program: give another {flag} ({setting})")


async def test_a_process_that_nobody_calls_opens_no_port_but_its_admins(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = {"PROBE_IS_CALLED_BY_NOBODY": "1", "ATRIUM_PORT": str(taken.getsockname()[1])}
        async with running(tmp_path, settings) as service:
            told = await service.logged("serving")
            assert told["port"] is None
            assert json.loads((tmp_path / "run" / "probe.ports.json").read_text()) == {"admin": told["admin_port"]}
            service.process.send_signal(signal.SIGTERM)
            assert await service.ended() == 0


async def test_a_store_that_fails_while_the_service_is_put_together_is_waited_for(tmp_path: Path) -> None:
    async with running(tmp_path, {"PROBE_FAILS_ONCE": "the database is locked"}) as service:
        assert (await service.logged("not yet"))["reason"] == "the database is locked"
        client = service.client((await service.logged("serving"))["port"])
        assert await client.call("POST", "/internal/echo", {"text": "hello"}) == {"text": "hello"}
        await client.close()
        service.process.send_signal(signal.SIGTERM)
        assert await service.ended() == 0


async def test_a_process_whose_store_takes_hours_to_open_ends_with_zero_on_sigterm(tmp_path: Path) -> None:
    async with running(tmp_path, {"PROBE_OPENS_LONG": "1"}) as process:
        await process.logged("opening began")
        process.process.send_signal(signal.SIGTERM)
        assert await process.ended() == 0
        assert (await process.logged("ended before it served"))["reason"] == "SIGTERM"


async def test_a_process_that_waits_for_its_store_is_alive_and_says_what_it_waits_for(tmp_path: Path) -> None:
    async with _nobodys_server() as port:
        settings = {"ATRIUM_MONGODB_URL": f"mongodb://127.0.0.1:{port}", "ATRIUM_LOG_LEVEL": "debug"}
        async with running(tmp_path, settings) as service, aiohttp.ClientSession() as session:
            admin = f"http://127.0.0.1:{(await service.logged('starting'))['admin_port']}"
            async with session.get(f"{admin}/healthz") as answer:
                assert answer.status == 200
            async with session.get(f"{admin}/readyz") as answer:
                assert answer.status == 503
                assert (await answer.json())["reasons"] == {"start": "store and stream are being opened"}
            service.process.send_signal(signal.SIGTERM)
            assert not (tmp_path / "run" / "probe.ports.json").exists()


async def test_what_a_start_waits_for_is_on_its_admin_port_and_in_a_metric(tmp_path: Path) -> None:
    settings = {"PROBE_IS_AWAY": "no primary", "ATRIUM_LOG_LEVEL": "debug"}
    async with running(tmp_path, settings) as service, aiohttp.ClientSession() as session:
        admin = f"http://127.0.0.1:{(await service.logged('starting'))['admin_port']}"
        await service.logged("not yet")
        async with session.get(f"{admin}/readyz") as answer:
            assert (await answer.json())["reasons"] == {"start": "no primary"}
        async with session.get(f"{admin}/metrics") as answer:
            assert "\natrium_start_waits 1.0\n" in await answer.text()
        service.process.send_signal(signal.SIGTERM)
        assert await service.ended() == 0


@contextlib.asynccontextmanager
async def _nobodys_server() -> AsyncIterator[int]:
    """A port that takes connections and says nothing."""
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_what_is_being_answered_is_finished_first(tmp_path: Path, number: signal.Signals) -> None:
    async with running(tmp_path) as service:
        client = service.client((await service.logged("serving"))["port"])
        answer = asyncio.create_task(client.call("POST", "/internal/slow"))
        await service.logged("slow began")
        service.process.send_signal(number)
        assert await answer == {"slow": "done"}
        assert await service.ended() == 0
        await client.close()


async def test_what_is_half_received_is_finished_first(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        told = await service.logged("serving")
        reader, writer = await asyncio.open_connection("127.0.0.1", told["port"])
        token = service.client(told["port"])._signed()
        writer.write(f"POST /internal/echo HTTP/1.1\r\nHost: x\r\nX-Principal: {token}\r\n".encode())
        writer.write(b'Content-Length: 16\r\n\r\n{"text": ')
        await writer.drain()
        # Readiness is answered by the same loop: the half has been read when it has been.
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{told['admin_port']}/readyz") as answer,
        ):
            await answer.read()
        service.process.send_signal(signal.SIGTERM)
        await service.logged("draining")
        with pytest.raises(ConnectionRefusedError):
            await _refused(told["port"])
        writer.write(b'"half"}')
        async with asyncio.timeout(10):
            heard = await reader.read()
        assert heard.startswith(b"HTTP/1.1 200 OK")
        assert b"Connection: close" in heard
        assert heard.endswith(b'{"text":"half"}')
        assert await service.ended() == 0


async def test_a_drain_ends_when_its_time_is_over(tmp_path: Path) -> None:
    async with running(tmp_path, {"ATRIUM_DRAIN_SECONDS": "0.3"}) as service:
        client = service.client((await service.logged("serving"))["port"])
        answer = asyncio.create_task(client.call("POST", "/internal/forever", {}))
        await service.logged("forever began")
        service.process.send_signal(signal.SIGTERM)
        assert await service.ended() == 0
        with pytest.raises(BadGateway):
            await answer
        await client.close()
        assert "requests were cut off after the time to drain" in [entry["event"] for entry in service.events]


async def test_a_process_ends_when_its_parent_has(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    async with running(tmp_path, {"ATRIUM_PARENT_FD": str(reading)}, pass_fds=(reading,)) as service:
        os.close(reading)
        await service.logged("serving")
        os.close(writing)
        assert await service.ended() == 0
        assert (await service.logged("draining"))["reason"] == "the parent has ended"


async def test_a_taken_port_is_told_and_nothing_is_left_behind(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = str(server.sockets[0].getsockname()[1])
    async with running(tmp_path, {"ATRIUM_PORT": port}) as service:
        assert await service.ended() == 1
        assert port in (await service.logged("can not start"))["reason"]
        assert list((tmp_path / "run").iterdir()) == []
    server.close()


@pytest.mark.parametrize(
    ("setting", "told"), [("ATRIUM_SEALING_KEYS", "k1:%%%"), ("ATRIUM_PRINCIPAL_KEYS", "gateway1:AAAA")]
)
async def test_an_unfit_setting_is_told_in_one_line(tmp_path: Path, setting: str, told: str) -> None:
    async with running(tmp_path, {setting: told}) as service:
        assert await service.ended() == 1
        assert [entry["event"] for entry in service.events] == ["can not start"]


@pytest.mark.parametrize(
    ("unfit", "told"),
    [
        ({"ATRIUM_SEALING_KEYS": "k1:%%%"}, "ATRIUM_SEALING_KEYS"),
        ({"ATRIUM_PRINCIPAL_KEYS": "gateway1:AAAA"}, "ATRIUM_PRINCIPAL_KEYS"),
        ({"ATRIUM_TLS_CERT_FILE": "/none", "ATRIUM_TLS_KEY_FILE": "/none"}, "ATRIUM_TLS_CERT_FILE"),
        ({"ATRIUM_HOST": "192.0.2.1"}, "ATRIUM_HOST"),
        ({"PROBE_IS_REFUSED": "set ATRIUM_MONGODB_URL"}, "set ATRIUM_MONGODB_URL"),
    ],
)
async def test_the_parent_hears_why_a_process_can_never_work_as_it_is_set(
    tmp_path: Path, unfit: dict[str, str], told: str
) -> None:
    ours, theirs = socket.socketpair()
    settings = {"ATRIUM_PARENT_FD": str(theirs.fileno()), **unfit}
    with ours, theirs:
        async with running(tmp_path, settings, pass_fds=(theirs.fileno(),)) as service:
            assert await service.ended() == 1
        ours.setblocking(False)
        assert told in ours.recv(LONGEST_REASON).decode()


@pytest.mark.parametrize("fails", ["PROBE_CRASHES", "ATRIUM_PORT"])
async def test_the_parent_hears_nothing_of_a_failure_that_may_pass(tmp_path: Path, fails: str) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = {"ATRIUM_PARENT_FD": str(theirs.fileno()), fails: str(taken.getsockname()[1])}
        async with running(tmp_path, settings, pass_fds=(theirs.fileno(),)) as service:
            assert await service.ended() == 1
        ours.setblocking(False)
        with pytest.raises(BlockingIOError):
            ours.recv(LONGEST_REASON)


async def _refused(port: int) -> None:
    """Fail as refused once the port takes connections no more: it is closed a moment after the drain has begun.

    Whoever connects in that very moment may be reset: the kernel had taken it for a socket that was then closed.
    """
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(ConnectionResetError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()


async def test_writes_that_fail_in_the_background_are_told_while_reads_go_on(tmp_path: Path) -> None:
    async with running(tmp_path) as service, aiohttp.ClientSession() as session:
        ports = await service.logged("serving")

        async def degraded() -> dict[str, str]:
            async with session.get(f"http://127.0.0.1:{ports['admin_port']}/readyz") as answer:
                assert answer.status == 200, await answer.text()
                told: dict[str, str] = (await answer.json())["degraded"]
                return told

        full = tmp_path / "data" / "full"
        full.touch()
        async with asyncio.timeout(30):
            while "writes" not in await degraded():
                await asyncio.sleep(0.05)
        async with session.get(f"http://127.0.0.1:{ports['admin_port']}/metrics") as answer:
            assert "atrium_store_writes_fail 1.0" in await answer.text()
        full.unlink()
        async with asyncio.timeout(60):
            while await degraded():
                await asyncio.sleep(0.1)
        service.process.send_signal(signal.SIGTERM)
        assert await service.ended() == 0
