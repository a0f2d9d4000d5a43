"""Rate limits by leases under twice the demand: what 1, 3 and 6 gateway processes let pass, and what it costs.

Each process runs the gateway's limiter over one SQLite file and is asked at twice the rate that would use the limit up
in the time given. Printed: what they let pass together (wanted: the limit, exactly), calls to the store a request, how
many were refused although the limit was not used up. Then: what a request costs that is spent from memory.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from atrium_common.clock import SystemClock
from atrium_common.errors import RateLimited
from atrium_common.ids import TimeOrderedIds
from atrium_common.metrics import LIMIT_OPERATIONS
from atrium_common.store.sqlite import SqliteStore
from atrium_gateway.limits.limiter import LeasedLimiter
from atrium_gateway.limits.settlement import LEDGERS
from atrium_gateway.ports import Allowance
from atrium_gateway.replicas import REPLICAS, Replicas

# The tiers' hours; with room in the burst, so that it is the hour that refuses.
TIERS = {"pro": 10_000, "business": 50_000}
BURST = 100_000
SECONDS = 8.0
TICK = 0.02
LINGER = 14.0
SPENDS = 200_000
_KINDS = ("read", "write", "conflict")


async def serve(path: Path, requests: int, processes: int) -> None:
    """One gateway process: spend at this process's share of twice the rate, and tell what became of it."""
    clock = SystemClock()
    store = SqliteStore(path)
    await store.open([REPLICAS, LEDGERS])
    ids = TimeOrderedIds(clock=clock)
    replicas = Replicas(store, clock=clock, ids=ids)
    limiter = LeasedLimiter(store.documents, replicas, clock=clock)
    jobs = [asyncio.create_task(replicas.run()), asyncio.create_task(limiter.run())]
    while await replicas.check() is not None or replicas.count < processes:
        await asyncio.sleep(0.05)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    key = Allowance("key_bench", requests, BURST, int(clock.now().timestamp()) % 3600)
    rate = 2 * requests / SECONDS / processes
    passed: list[float] = []
    refused: list[float] = []
    began = time.monotonic()
    asked = 0
    while (elapsed := time.monotonic() - began) < SECONDS + LINGER:
        # After the rush a trickle, so that what others hand back is asked for.
        due = int(min(elapsed, SECONDS) * rate + max(0.0, elapsed - SECONDS) * 20)
        for _ in range(due - asked):
            try:
                if limiter.spend_now(key, 1) is None:
                    await limiter.spend(key, 1)
                passed.append(time.time())
            except RateLimited:
                refused.append(time.time())
        asked = due
        await asyncio.sleep(TICK)
    calls = {kind: LIMIT_OPERATIONS.labels(kind)._value.get() for kind in _KINDS}
    print(json.dumps({"passed": passed, "refused": refused, **calls}), flush=True)
    for job in jobs:
        job.cancel()
    await limiter.close()
    await replicas.leave()
    await store.close()


async def measure(tier: str, requests: int, processes: int) -> None:
    """Several processes on one store."""
    with tempfile.TemporaryDirectory() as folder:
        running = [
            await asyncio.create_subprocess_exec(
                sys.executable, __file__, str(Path(folder) / "gateway.db"), str(requests), str(processes),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 26,
            )
            for _ in range(processes)
        ]  # fmt: skip
        for process in running:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
        for process in running:
            assert process.stdin is not None
            process.stdin.write(b"go\n")
        results = []
        for process in running:
            assert process.stdout is not None
            results.append(json.loads(await process.stdout.readline()))
            await process.wait()
    passed = sorted(moment for result in results for moment in result["passed"])
    reads, writes, conflicts = (sum(result[kind] for result in results) for kind in _KINDS)
    used_up = passed[requests - 1] if len(passed) >= requests else float("inf")
    early = sum(moment < used_up for result in results for moment in result["refused"])
    asked = sum(len(result["passed"]) + len(result["refused"]) for result in results)
    print(
        f"{tier:<10}{processes:>9}{asked:>9,}{len(passed):>9,}{requests:>9,}"
        f"{(reads + writes) / len(passed):>14.4f}{early / len(passed):>11.2%}"
        f"{reads:>9,.0f}{writes:>9,.0f}{conflicts:>11,.0f}",
        flush=True,
    )


async def spends() -> None:
    """What a request costs that is spent from memory."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "gateway.db")
        await store.open([REPLICAS, LEDGERS])
        replicas = Replicas(store, clock=clock, ids=TimeOrderedIds(clock=clock))
        limiter = LeasedLimiter(store.documents, replicas, clock=clock)
        while not replicas.alone(clock.monotonic()):
            await replicas.step()
            await asyncio.sleep(0.3)
        key = Allowance("key_bench", 1_000_000_000, 1_000_000, 0)
        await limiter.spend(key, 1)
        best = float("inf")
        for _ in range(5):
            began = time.perf_counter()
            for _ in range(SPENDS // 5):
                limiter.spend_now(key, 1)
            best = min(best, (time.perf_counter() - began) / (SPENDS // 5))
        print(f"\na request spent from memory: {best * 1e6:.2f} µs (best of 5)")
        await store.close()


async def main() -> None:
    print(
        f"{'tier':<10}{'gateways':>9}{'asked':>9}{'passed':>9}{'limit':>9}{'calls/request':>14}{'early 429':>11}"
        f"{'reads':>9}{'writes':>9}{'conflicts':>11}"
    )
    for tier, requests in TIERS.items():
        for processes in (1, 3, 6):
            await measure(tier, requests, processes)
    print("wanted: passed = limit exactly, calls/request < 0.05, early 429 < 1 %")
    await spends()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        uvloop.run(serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
    else:
        uvloop.run(main())
