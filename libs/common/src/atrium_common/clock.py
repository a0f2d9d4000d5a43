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


def read_moment(text: str) -> datetime:
    """The aware UTC moment that a client's date or time (ISO 8601) names: a date is its beginning, no zone is UTC.

    Raises:
        ValueError: the text names none, or one beyond the years that UTC can tell.
    """
    moment = datetime.fromisoformat(text.upper())
    return in_utc(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)


def in_utc(moment: datetime) -> datetime:
    """The aware moment, told in UTC.

    Raises:
        ValueError: in UTC it lies beyond the years 1 to 9999.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        message = "Must lie in the years 1 to 9999, in UTC"
        raise ValueError(message) from None
