"""Counts that every request makes: plain numbers while it runs, made into samples only when somebody scrapes.

prometheus-client takes a lock for each step of a counter and walks the buckets of a histogram, which is most of what
watching a request costs. Here both are one addition; a scrape sees every request that was told before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from math import inf

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector


class Tally(Collector):
    """A counter without labels; `total` is counted up by whoever owns it."""

    def __init__(self, name: str, documentation: str, *, registry: CollectorRegistry = REGISTRY) -> None:
        self.total = 0
        self._name = name
        self._documentation = documentation
        registry.register(self)

    def collect(self) -> Iterator[CounterMetricFamily]:
        """What a scrape sees."""
        yield CounterMetricFamily(self._name, self._documentation, value=self.total)


class Answered:
    """The requests of one service, method, route and status: how many took how long."""

    __slots__ = ("_bounds", "buckets", "seconds")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.buckets = [0] * (len(bounds) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """One more, which took so long."""
        self.buckets[bisect_left(self._bounds, seconds)] += 1
        self.seconds += seconds

    @property
    def count(self) -> int:
        """How many."""
        return sum(self.buckets)


class Requests(Collector):
    """Answered requests: a counter by service, method, route and status, and a histogram over all statuses."""

    def __init__(self, counter: str, histogram: str, *, bounds: Sequence[float], registry: CollectorRegistry) -> None:
        self._counter = counter
        self._histogram = histogram
        self._bounds = tuple(bounds)
        self._series: dict[tuple[str, str, str, str], Answered] = {}
        registry.register(self)

    def of(self, service: str, method: str, route: str, status: int) -> Answered:
        """Where requests of this kind are counted; to be kept by whoever counts."""
        return self._series.setdefault((service, method, route, str(status)), Answered(self._bounds))

    def collect(self) -> Iterator[CounterMetricFamily | HistogramMetricFamily]:
        """What a scrape sees."""
        counted = CounterMetricFamily(
            self._counter, "Requests answered", labels=("service", "method", "route", "status")
        )
        timed = HistogramMetricFamily(self._histogram, "Time to answer", labels=("service", "method", "route"))
        merged: dict[tuple[str, str, str], tuple[list[int], float]] = {}
        for labels, answered in list(self._series.items()):
            counted.add_metric(labels, answered.count)
            buckets, seconds = merged.get(labels[:3], ([0] * len(answered.buckets), 0.0))
            summed = [had + more for had, more in zip(buckets, answered.buckets, strict=True)]
            merged[labels[:3]] = (summed, seconds + answered.seconds)
        for route, (buckets, seconds) in merged.items():
            timed.add_metric(route, self._cumulated(buckets), seconds)
        yield counted
        yield timed

    def _cumulated(self, buckets: Sequence[int]) -> list[tuple[str, float]]:
        total, cumulated = 0, []
        for bound, count in zip((*self._bounds, inf), buckets, strict=True):
            total += count
            cumulated.append(("+Inf" if bound == inf else str(float(bound)), float(total)))
        return cumulated
