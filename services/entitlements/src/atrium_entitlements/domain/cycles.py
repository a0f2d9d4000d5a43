"""Monthly cycles: anchor + k months, clamped to the month's last day, on the wall clock of a zone.

Cycle k is computed from the anchor itself and never from cycle k - 1, so that an anchor on the 31st comes back to the
31st after a short month. `cycles.json` beside the tests holds cases for the SDKs of other languages.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from atrium_entitlements.domain.periods import Period

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Calendar:
    """What an account's monthly cycles are counted from.

    Attributes:
        anchor: the beginning of one of the cycles, aware, in UTC.
        zone: the IANA zone whose wall clock the beginnings keep to.
        given: whether somebody has chosen it; else it is the calendar month, until a package brings one.
    """

    anchor: datetime
    zone: str = "UTC"
    given: bool = True

    def boundary(self, k: int) -> datetime:
        """The moment, in UTC, at which cycle `k` begins; the anchor is that of cycle 0.

        A wall-clock time that a change of the clocks skips moves forward by as much; of one that comes twice the first
        is meant.
        """
        return _boundary(self.anchor, self.zone, k)

    def number(self, moment: datetime) -> int:
        """The number of the cycle in which the moment lies."""
        zone = _zone(self.zone)
        wall, anchor = moment.astimezone(zone), self.anchor.astimezone(zone)
        k = (wall.year - anchor.year) * _MONTHS + wall.month - anchor.month
        if self.boundary(k) > moment:
            k -= 1
        # A zone that has skipped a whole day may have moved a beginning into the next month.
        if self.boundary(k) > moment:
            k -= 1
        return k

    def cycle(self, moment: datetime) -> Period:
        """The cycle in which the moment lies."""
        return _cycle(self, self.number(moment))

    def before(self, moment: datetime) -> Period:
        """The cycle before that."""
        return _cycle(self, self.number(moment) - 1)


@lru_cache(maxsize=16_384)
def _cycle(calendar: Calendar, k: int) -> Period:
    return Period(calendar.boundary(k), calendar.boundary(k + 1))


@lru_cache(maxsize=16_384)
def _boundary(anchor: datetime, zone: str, k: int) -> datetime:
    wall = anchor.astimezone(_zone(zone))
    year, index = divmod(wall.year * _MONTHS + wall.month - 1 + k, _MONTHS)
    day = min(wall.day, monthrange(year, index + 1)[1])
    # fold=0 is the first of two, and reads a skipped time by the offset before it (PEP 495).
    return wall.replace(year=year, month=index + 1, day=day, fold=0).astimezone(UTC)


@lru_cache(maxsize=4096)
def calendar_months(year: int, month: int, zone: str) -> Calendar:
    """Cycles that begin with each month in this zone, for an account that no package has given a calendar."""
    first = datetime(year, month, 1, tzinfo=_zone(zone)).astimezone(UTC)
    return Calendar(first, zone, given=False)


def default_calendar(moment: datetime, zone: str) -> Calendar:
    """The calendar of an account that has none yet, as of this moment."""
    wall = moment.astimezone(_zone(zone))
    return calendar_months(wall.year, wall.month, zone)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        # A name that this machine's tables do not know (any more) must not make an account unreadable.
        return ZoneInfo("UTC")
