"""An endpoint's rate limit: at most so many attempts begin in any span of so many seconds."""

from __future__ import annotations

from collections import deque


class Pace:
    """Exact over every window, not only over those of a grid: it remembers when the last attempts began."""

    def __init__(self, requests: int, per_seconds: float) -> None:
        self.limit = (requests, per_seconds)
        self._per_seconds = per_seconds
        self._begun: deque[float] = deque(maxlen=requests)

    def wait(self, now: float) -> float:
        """Seconds until another attempt may begin; 0: now."""
        if len(self._begun) < (self._begun.maxlen or 0):
            return 0.0
        return max(0.0, self._begun[0] + self._per_seconds - now)

    def begin(self, now: float) -> None:
        """Note that an attempt begins."""
        self._begun.append(now)
