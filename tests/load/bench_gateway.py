"""The gateway with everything on beside a bare aiohttp proxy, nginx and Envoy: one core each, rounds interleaved.

    python tests/load/bench_gateway.py [--seconds 2] [--rounds 3] [--only gateway,envoy]

What counts is CPU µs per request of the proxy's own process, and the order between the rows of one run: requests a
second depend on what else the machine does, and beyond some 25,000 on the load itself.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import uvloop

from atrium_common.api_keys import generate
from atrium_local.ports import free_port
from tests.load.peers import configured
from tests.load.peers.origin import END

CONNECTIONS = 32
RATES = (1000, 3000)
_HERE = Path(__file__).parent


@dataclass
class Peer:
    """A proxy that runs, and what was measured."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    latencies: dict[int, list[float]] = field(default_factory=dict)

    def cpu_seconds(self) -> float:
        """User and system time of the process and its children so far."""
        return sum(_cpu(pid) for pid in [self.process.pid, *_children(self.process.pid)])

    def memory(self) -> float:
        """Resident MiB."""
        pids = [self.process.pid, *_children(self.process.pid)]
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Client(asyncio.Protocol):
    """One kept connection."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._answered: asyncio.Future[None] | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """An answer, or a part."""
        self._tail = (self._tail + data)[-200:]
        if self._tail.rstrip().endswith(END) and self._answered is not None:
            self._tail = b""
            self._answered.set_result(None)

    async def ask(self) -> None:
        """One request and its answer."""
        self._answered = asyncio.get_running_loop().create_future()
        self.transport.write(self._request)
        await self._answered


async def _clients(peer: Peer, key: str) -> list[Client]:
    request = (
        f"GET /api/v1/workspaces/wks_1 HTTP/1.1\r\nHost: 127.0.0.1:{peer.port}\r\nAuthorization: Bearer {key}\r\n"
        "Accept: application/json\r\nUser-Agent: bench/1\r\nAccept-Encoding: gzip\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: Client(request), "127.0.0.1", peer.port) for _ in range(CONNECTIONS)]
    clients = [client for _, client in made]
    await asyncio.gather(*(asyncio.wait_for(client.ask(), 10) for client in clients))
    return clients


async def _flat_out(peer: Peer, clients: Sequence[Client], seconds: float) -> None:
    until = time.perf_counter() + seconds
    count = 0

    async def ask(client: Client) -> None:
        nonlocal count
        while time.perf_counter() < until:
            await client.ask()
            count += 1

    began, cpu = time.perf_counter(), peer.cpu_seconds()
    await asyncio.gather(*(ask(client) for client in clients))
    took, spent = time.perf_counter() - began, peer.cpu_seconds() - cpu
    peer.rates.append(count / took)
    peer.costs.append(spent / count * 1e6)


async def _at_rate(peer: Peer, clients: Sequence[Client], rate: int, seconds: float) -> None:
    """Open loop: a request waits for its turn, and its waiting counts."""
    free = asyncio.Queue[Client]()
    for client in clients:
        free.put_nowait(client)
    loop = asyncio.get_running_loop()
    taken = peer.latencies.setdefault(rate, [])
    tasks = []

    async def ask(due: float) -> None:
        client = await free.get()
        await client.ask()
        taken.append(loop.time() - due)
        free.put_nowait(client)

    began = loop.time()
    for number in range(int(rate * seconds)):
        due = began + number / rate
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        tasks.append(asyncio.create_task(ask(due)))
    await asyncio.gather(*tasks)


def _start(name: str, command: Sequence[str], port: int, *, core: int, environment: Mapping[str, str]) -> Peer:
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get("ATRIUM_BENCH_LOUD") else subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509 (no threads run here yet)
    )
    return Peer(name, port, process)


def _gateway_environment(directory: Path, origin: int) -> dict[str, str]:
    seed = [base64.b64encode(os.urandom(32)).decode() for _ in range(3)]
    return {
        "ATRIUM_DATA_DIR": str(directory),
        "ATRIUM_PRINCIPAL_KEYS": f"gateway1!:{seed[0]},service1!:{seed[1]}",
        "ATRIUM_SEALING_KEYS": f"k1:{seed[2]}",
        "ATRIUM_LOOKUP_KEY": seed[2],
        "ATRIUM_LOG_LEVEL": "info",
        **{f"ATRIUM_{name}_URL": f"http://127.0.0.1:{origin}" for name in ("TENANCY", "ENTITLEMENTS", "WEBHOOKS")},
    }


def _peers(directory: Path, origin: int, key: str, only: Sequence[str], core: int) -> list[Peer]:
    started = []
    for name in only:
        port = free_port()
        environment: Mapping[str, str] = {}
        command: Sequence[str] | None = None
        if name == "gateway":
            environment = {**_gateway_environment(directory, origin), "ATRIUM_PORT": str(port)}
            command = [sys.executable, "-m", "atrium_gateway"]
        elif name == "aiohttp":
            command = [
                sys.executable,
                str(_HERE / "peers" / "bare_aiohttp.py"),
                str(port),
                f"http://127.0.0.1:{origin}",
            ]
        else:
            command = getattr(configured, name)(directory, port, origin, key)
        if command is None:
            print(f"{name}: not installed, left out")
            continue
        started.append(_start(name, command, port, core=core, environment=environment))
    return started


async def _reachable(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return


async def _measure(peers: Sequence[Peer], key: str, *, seconds: float, rounds: int) -> None:
    clients = {}
    for peer in peers:
        await _reachable(peer.port)
        clients[peer.name] = await _clients(peer, key)
        await _flat_out(peer, clients[peer.name], 0.5)
        peer.rates.clear()
        peer.costs.clear()
    for _ in range(rounds):
        for peer in peers:
            await _flat_out(peer, clients[peer.name], seconds)
        for rate in RATES:
            for peer in peers:
                await _at_rate(peer, clients[peer.name], rate, seconds / 2)


def _report(peers: Sequence[Peer]) -> None:
    at = "".join(f"{f'p50/p99 ms at {rate}/s':>24}" for rate in RATES)
    print(f"{'proxy':<10}{'requests/s':>12}{'CPU µs each':>13}{at}{'MiB':>7}")
    for peer in peers:
        rows = ""
        for rate in RATES:
            cut = statistics.quantiles(peer.latencies[rate], n=100)
            rows += f"{f'{cut[49] * 1e3:.2f} / {cut[98] * 1e3:.2f}':>24}"
        reached, cost = statistics.median(peer.rates), statistics.median(peer.costs)
        print(f"{peer.name:<10}{reached:>12,.0f}{cost:>13.1f}{rows}{peer.memory():>7.0f}")


def _cpu(pid: int) -> float:
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(text) for text in path.read_text().split()] if path.exists() else []


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="gateway,aiohttp,nginx,envoy")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    key = generate("live")
    origin = free_port()
    with tempfile.TemporaryDirectory() as directory:
        behind = _start(
            "origin",
            [sys.executable, "-m", "tests.load.peers.origin", str(origin)],
            origin,
            core=cores[-1],
            environment={},
        )
        time.sleep(0.5)
        peers = _peers(Path(directory), origin, key, options.only.split(","), cores[0])
        try:
            uvloop.run(_measure(peers, key, seconds=options.seconds, rounds=options.rounds))
            _report(peers)
        finally:
            for peer in [*peers, behind]:
                peer.process.terminate()
            for peer in [*peers, behind]:
                peer.process.wait(20)


if __name__ == "__main__":
    main()
