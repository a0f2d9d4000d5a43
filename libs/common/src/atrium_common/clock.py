"""Time as a port: what reads it takes a `Clock`, so that tests can move it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; only differences mean anything."""
        ...


class SystemClock:
    """The operating system's clocks."""

    __slots__ = ()

    # Every request reads it many times.
    monotonic = staticmethod(time.monotonic)

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """`moment` as RFC 3339 in UTC with milliseconds and a `Z` (spec/http-api.md, Conventions).

    Raises:
        ValueError: the moment is naive.
    """
    if moment.tzinfo is None:
        message = "a moment without a zone cannot be written"
        raise ValueError(message)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def parse_rfc3339(text: str) -> datetime:
    """The aware UTC moment that `text` (RFC 3339) names.

    Raises:
        ValueError: the text is no RFC 3339 moment with a zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"{text!r} has no zone: end it with Z or an offset"
        raise ValueError(message)
    return moment.astimezone(UTC)
