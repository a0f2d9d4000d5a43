"""A clock that moves when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_START = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)


class FakeClock:
    """Stands still until `advance`."""

    def __init__(self, start: datetime = _START) -> None:
        self._now = start
        self._monotonic = 1000.0

    def now(self) -> datetime:
        """The moment it was set to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds, moving together with `now`."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
