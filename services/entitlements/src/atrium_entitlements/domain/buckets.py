"""Buckets of time in UTC: hours, days and months, half-open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias, get_args

Window: TypeAlias = Literal["hour", "day", "month"]
WINDOWS: tuple[Window, ...] = get_args(Window)
_DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Bucket:
    """From `start` to `end`, exclusive."""

    start: datetime
    end: datetime


def bucket(window: Window, moment: datetime) -> Bucket:
    """The hour, day or month that the moment is in."""
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if window == "hour":
        return Bucket(hour, hour + timedelta(hours=1))
    day = hour.replace(hour=0)
    if window == "day":
        return Bucket(day, day + timedelta(days=1))
    month = day.replace(day=1)
    following = (
        month.replace(year=month.year + 1, month=1)
        if month.month == _DECEMBER
        else month.replace(month=month.month + 1)
    )
    return Bucket(month, following)


def count(window: Window, since: datetime, until: datetime) -> int:
    """About how many buckets there are between the two."""
    seconds = {"hour": 3600, "day": 86400, "month": 28 * 86400}[window]
    return int((until - since).total_seconds() // seconds)
