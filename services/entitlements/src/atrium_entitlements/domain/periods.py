"""Periods: half-open everywhere, `[start, end)`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` on, until just before `end` (None: for good)."""

    start: datetime
    end: datetime | None = None

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)

    def overlaps(self, other: Period) -> bool:
        """Whether any moment lies in both."""
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)

    def is_past(self, moment: datetime) -> bool:
        """Whether it has ended by then."""
        return self.end is not None and self.end <= moment


def earliest(*ends: datetime | None) -> datetime | None:
    """The first of several ends; None where none ends."""
    return min((end for end in ends if end is not None), default=None)
