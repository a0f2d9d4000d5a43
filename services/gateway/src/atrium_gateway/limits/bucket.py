"""A token bucket: so many at once, and as many again each second."""

from __future__ import annotations


class Bucket:
    """Holds `level` of at most `capacity` tokens; empty, it is full again after one second."""

    __slots__ = ("_at", "capacity", "level")

    def __init__(self, capacity: int, *, level: float, now: float) -> None:
        self.capacity = capacity
        self.level = min(level, capacity)
        self._at = now

    def refill(self, now: float) -> float:
        """The level at this moment of the monotonic clock."""
        if now > self._at:
            self.level = min(self.capacity, self.level + (now - self._at) * self.capacity)
            self._at = now
        return self.level

    def resize(self, capacity: int, *, more: float, now: float) -> None:
        """Hold another number of tokens; `more` come with the change, what does not fit is lost."""
        self.level = min(capacity, self.refill(now) + more)
        self.capacity = capacity
