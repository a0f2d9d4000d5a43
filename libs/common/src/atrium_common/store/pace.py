"""How often to look for what others have written: often while there is something, seldom where nothing happens."""

from __future__ import annotations

_QUIET_AFTER = 1.0


class Pace:
    """Seconds between two looks: `busy` for a second after there was news, `idle` from then on."""

    def __init__(self, *, busy: float, idle: float) -> None:
        self._busy = busy
        self._idle = idle
        self._quiet_at = float("-inf")

    def news(self, now: float) -> None:
        """There was something, at this moment of a monotonic clock."""
        self._quiet_at = now + _QUIET_AFTER

    def pause(self, now: float) -> float:
        """How long to wait before the next look."""
        return self._busy if now < self._quiet_at else self._idle
