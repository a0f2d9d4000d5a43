"""The engine in a process of its own, and that process from outside."""

from __future__ import annotations

import asyncio
import cProfile
import os
import pstats
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import uvloop

from atrium_common.clock import SystemClock
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.reactor import Reactor
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.vault import Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.process import search_seldom
from atrium_common.store.ports import Store
from atrium_common.wiring import KERNEL_COLLECTIONS
from atrium_webhooks import rows
from atrium_webhooks.engine import Engine, engine
from atrium_webhooks.settings import WebhooksSettings
from tests.load.webhooks.stack import SEALING, TOPIC, Stack


async def open_engine(stack: Stack) -> tuple[Engine, Reactor, Store, Repository]:
    store, source = stack.store("webhooks"), stack.store("tenancy")
    await store.open([*KERNEL_COLLECTIONS, *rows.COLLECTIONS])
    await source.open(KERNEL_COLLECTIONS)
    clock, ids = SystemClock(), TimeOrderedIds()
    vault = Vault(store.documents, SEALING, clock=clock)
    codec = Codec(EventRegistry(rows.EVENTS), vault)
    repository = Repository(store, codec=codec, ids=ids, deciders=rows.DECIDERS)
    told: dict[str, Any] = {"webhooks_allowed_networks": "127.0.0.0/8"}
    made = engine(WebhooksSettings(**told), store, repository, vault=vault, clock=clock, ids=ids)
    reactor = Reactor(
        "webhooks.fan_out",
        (TOPIC,),
        made.fan_out.handle,
        bus=await stack.bus(source, store.documents),
        documents=store.documents,
        clock=clock,
        before=made.fan_out.before,
    )
    return made, reactor, store, repository


async def work(stack: Stack, *, profile: bool) -> None:
    """The engine's process: says every hundredth of a second how many deliveries have been recorded."""
    made, reactor, _, _ = await open_engine(stack)
    search_seldom()  # as every service does
    jobs = [asyncio.create_task(made.dispatcher.run()), asyncio.create_task(reactor.run())]
    profiler = cProfile.Profile() if profile else None
    if profiler:
        profiler.enable()
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ending.set)
    last = -1
    while not ending.is_set():
        number = sum(lane.successes for lane in list(made.dispatcher._lanes.values()))
        if number != last:
            print(orjson.dumps([time.monotonic(), number, time.process_time()]).decode(), flush=True)
            last = number
        await asyncio.sleep(0.01)
    if profiler:
        profiler.disable()
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(45)
    for job in jobs:
        job.cancel()
    await asyncio.gather(*jobs, return_exceptions=True)
    await made.sender.close()
    sys.stdout.flush()
    os._exit(0)


class Worked:
    """The engine's process, from outside."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.seen: list[tuple[float, int, float]] = []

    async def until(self, number: int, seconds: float = 600) -> float:
        """When so many were recorded."""
        assert self.process.stdout is not None
        async with asyncio.timeout(seconds):
            while not self.seen or self.seen[-1][1] < number:
                line = await self.process.stdout.readline()
                assert line, "the engine has ended"
                if line.startswith(b"["):  # and no word of the log
                    moment, count, cpu = orjson.loads(line)
                    self.seen.append((moment, count, cpu))
        return self.seen[-1][0]

    def between(self, low: int, high: int) -> tuple[float, float]:
        """Deliveries a second from the low-th to the high-th, and the engine's CPU seconds for each thousand."""
        start = next(each for each in self.seen if each[1] >= low)
        end = next(each for each in self.seen if each[1] >= high)
        number = max(1, end[1] - start[1])
        return number / max(1e-9, end[0] - start[0]), (end[2] - start[2]) / number * 1000


@asynccontextmanager
async def process(module: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A module of this package as a process, ended with the context."""
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"tests.load.webhooks.{module}", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield made
    finally:
        assert made.stdin is not None
        made.stdin.write(b"\n")
        try:
            await asyncio.wait_for(made.wait(), 3 if module == "receiver" else 20)
        except TimeoutError:
            made.kill()
            await made.wait()


@asynccontextmanager
async def working(stack: Stack, *, profile: bool = False) -> AsyncIterator[Worked]:
    arguments = [str(stack.directory), stack.name or "-", *(["--profile"] if profile else [])]
    async with process("worker", *arguments) as made:
        yield Worked(made)


if __name__ == "__main__":
    uvloop.run(work(Stack(Path(sys.argv[1]), sys.argv[2].strip("-")), profile="--profile" in sys.argv))
