"""Laws of the limits, in any interleaving of requests, time, failures, joining and dying processes."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atrium_common.store.memory import MemoryStore
from atrium_common.testing.clock import FakeClock
from atrium_gateway.ports import Standing
from services.gateway.tests.limits.gateways import COLLECTIONS, Gateways, Unreliable, allowance

BURST = 12
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("spend"), st.integers(0, 3), st.integers(1, 15)),
        st.tuples(st.just("batch"), st.integers(0, 3), st.integers(2, 8)),
        st.tuples(st.just("pass"), st.sampled_from([0.01, 0.05, 0.1, 0.3, 1.0, 2.0, 12.0, 700.0]), st.just(0)),
        st.tuples(st.just("start"), st.just(0), st.just(0)),
        st.tuples(st.just("end"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("kill"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("faults"), st.integers(0, 4), st.integers(0, 1)),
    ),
    min_size=5,
    max_size=60,
)
ASYNC = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass
class World:
    """Gateways that come and go, and what they have let pass at which moment."""

    gateways: Gateways
    store: Unreliable
    passed: list[tuple[float, int, int]] = field(default_factory=list)
    unsettled: int = 0

    async def step(self, what: str, which: Any, many: int, key: Any) -> None:
        processes = self.gateways.processes
        if what == "start" and len(processes) < 4:
            await self.gateways.start()
        elif what == "pass":
            await self.gateways.pass_time(which)
        elif what == "faults":
            self.store.failing, self.store.after = which, bool(many)
        elif processes and what in {"spend", "batch"}:
            process = processes[which % len(processes)]
            count, cost = (many, 1) if what == "spend" else (1, many)
            for answer in await asyncio.gather(*(process.spend(key, cost) for _ in range(count))):
                if isinstance(answer, Standing):
                    now = self.gateways.clock.now().timestamp()
                    self.passed.append((now, cost, answer.remaining))
        elif len(processes) > 1 and what in {"end", "kill"}:
            process = processes.pop(which % len(processes))
            if what == "end":
                await process.limiter.close()
                await process.replicas.leave()


async def lived(steps: list[tuple[str, Any, int]], *, requests: int, faults: bool) -> World:
    clock = FakeClock()
    memory = MemoryStore(clock=clock)
    await memory.open(COLLECTIONS)
    store = Unreliable(memory)
    world = World(Gateways(store, clock, patient=faults), store)
    await world.gateways.start()
    key = allowance(requests=requests, burst=BURST)
    for what, which, many in steps:
        if faults or what != "faults":
            await world.step(what, which, many, key)
    return world


def by_hour(world: World) -> dict[int, list[tuple[float, int, int]]]:
    hours: dict[int, list[tuple[float, int, int]]] = {}
    for each in world.passed:
        hours.setdefault(int(each[0] // 3600), []).append(each)
    return hours


@ASYNC
@given(steps=STEPS)
def test_no_interleaving_passes_the_hour_or_overstates_what_remains(steps: list[tuple[str, Any, int]]) -> None:
    world = asyncio.run(lived(steps, requests=60, faults=False))
    for passed in by_hour(world).values():
        total = 0
        for _, cost, remaining in passed:
            total += cost
            assert total + remaining <= 60


@ASYNC
@given(steps=STEPS)
def test_no_interleaving_passes_the_burst_over_any_interval(steps: list[tuple[str, Any, int]]) -> None:
    world = asyncio.run(lived(steps, requests=100_000, faults=False))
    for first, (begin, _, _) in enumerate(world.passed):
        total = 0
        for end, cost, _ in world.passed[first:]:
            total += min(cost, BURST)
            assert total <= BURST + BURST * (end - begin + 0.1) + 1e-6


@ASYNC
@given(steps=STEPS)
def test_a_store_that_fails_or_loses_answers_costs_requests_and_gives_none_away(
    steps: list[tuple[str, Any, int]],
) -> None:
    world = asyncio.run(lived(steps, requests=60, faults=True))
    for passed in by_hour(world).values():
        assert sum(cost for _, cost, _ in passed) <= 60
