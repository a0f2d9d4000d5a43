"""Several gateway processes' limiters on one store, under one clock that tests move."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from atrium_common.errors import RateLimited
from atrium_common.ids import TimeOrderedIds
from atrium_common.store.ports import Store, StoreUnavailable
from atrium_common.testing.clock import FakeClock
from atrium_gateway.limits.limiter import LeasedLimiter
from atrium_gateway.limits.settlement import LEDGERS
from atrium_gateway.ports import Allowance, Standing
from atrium_gateway.replicas import REPLICAS, Replicas

COLLECTIONS = (REPLICAS, LEDGERS)


@dataclass
class Unreliable:
    """A store whose next calls fail: before their effect, or after it (the answer is lost)."""

    store: Store
    failing: int = 0
    after: bool = False

    async def now(self) -> Any:
        return await self.store.now()

    @property
    def documents(self) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.store.documents, name)

        async def run(*arguments: Any, **named: Any) -> Any:
            if not self.failing:
                return await call(*arguments, **named)
            self.failing -= 1
            if self.after:
                await call(*arguments, **named)
            raise StoreUnavailable("unreliable")

        return run


@dataclass
class Interleaved:
    """A store before whose n-th write something else happens."""

    store: Store
    before_write: dict[int, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    writes: int = 0

    async def now(self) -> Any:
        return await self.store.now()

    @property
    def documents(self) -> Any:
        return self

    async def write(self, *arguments: Any) -> Any:
        self.writes += 1
        happens = self.before_write.pop(self.writes, None)
        if happens is not None:
            await happens()
        return await self.store.documents.write(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store.documents, name)


@dataclass
class Crowded:
    """A store that takes a moment for each write; `most` is how many it has had at once."""

    store: Store
    most: int = 0
    writing: int = 0

    async def now(self) -> Any:
        return await self.store.now()

    @property
    def documents(self) -> Any:
        return self

    async def write(self, *arguments: Any) -> Any:
        self.writing += 1
        self.most = max(self.most, self.writing)
        for _ in range(10):
            await asyncio.sleep(0)
        self.writing -= 1
        return await self.store.documents.write(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store.documents, name)


@dataclass
class Process:
    """One gateway process, as far as limits go."""

    replicas: Replicas
    limiter: LeasedLimiter

    async def spend(self, allowance: Allowance, cost: int = 1) -> Standing | RateLimited:
        """Spend as the pipeline does; the refusal, where there is one, as a value."""
        try:
            return self.limiter.spend_now(allowance, cost) or await self.limiter.spend(allowance, cost)
        except RateLimited as refusal:
            return refusal


class Gateways:
    """The processes."""

    def __init__(self, store: Store, clock: FakeClock, *, patient: bool = False) -> None:
        """`patient`: a store that does not answer is no end of the world."""
        self._survivable = (StoreUnavailable,) if patient else ()
        self.store = store
        self.clock = clock
        self.processes: list[Process] = []
        self._ids = TimeOrderedIds(clock=clock)
        self.sleep: Callable[[float], Awaitable[None]] = lambda _: asyncio.sleep(0)
        """How a process waits: time moves by tests alone."""

    @contextlib.asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Let time pass by itself, so that whoever waits gets on; processes beat and look each half second."""

        async def flow() -> None:
            for number in itertools.count(1):
                self.clock.advance(0.02)
                if number % 25 == 0:
                    for process in self.processes:
                        await process.replicas.step()
                for _ in range(20):
                    await asyncio.sleep(0)

        async def wait(seconds: float) -> None:
            until = self.clock.monotonic() + seconds
            while self.clock.monotonic() < until:
                await asyncio.sleep(0)

        flowing, before = asyncio.create_task(flow()), self.sleep
        self.sleep = wait
        try:
            yield
        finally:
            self.sleep = before
            flowing.cancel()

    async def _sleep(self, seconds: float) -> None:
        await self.sleep(seconds)

    async def start(self, count: int = 1) -> None:
        """Start so many more, and let them join."""
        for _ in range(count):
            self.add()
        await self.pass_time(3.0)

    def add(self) -> Process:
        """Start one that has not joined yet."""
        replicas = Replicas(self.store, clock=self.clock, ids=self._ids, place="")
        limiter = LeasedLimiter(self.store.documents, replicas, clock=self.clock, sleep=self._sleep)
        self.processes.append(Process(replicas, limiter))
        return self.processes[-1]

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, with the beats and sweeps that belong to it."""
        while seconds > 0:
            step = min(seconds, 0.5)
            self.clock.advance(step)
            seconds -= step
            for process in self.processes:
                with contextlib.suppress(*self._survivable):
                    await process.replicas.step()
                await process.limiter.sweep()


def allowance(requests: int = 1000, burst: int = 50, *, key: str = "key_1") -> Allowance:
    return Allowance(key, requests, burst, 0)


def passed(answers: list[Standing | RateLimited]) -> int:
    return sum(isinstance(answer, Standing) for answer in answers)
