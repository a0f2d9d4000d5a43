"""Counters: how much of one feature an account has used, for each of the three ways to start at zero again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from atrium_entitlements.domain.events import Debit
from atrium_entitlements.domain.periods import Period
from atrium_entitlements.domain.rolling import Ring


@dataclass(frozen=True, slots=True)
class Booked:
    """The usage of one monthly cycle.

    Attributes:
        start: when the cycle begins.
        rolled: what the cycle before has left over for it.
    """

    start: datetime
    used: int = 0
    rolled: int = 0

    @property
    def spent(self) -> int:
        """How much of the usage falls on what the cycle itself was granted."""
        return max(0, self.used - self.rolled)


@dataclass(frozen=True, slots=True)
class Alerted:
    """The highest threshold that was told, and for which limit and cycle."""

    threshold: int
    limit: int
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """The usage of one feature.

    Attributes:
        total: for features that never start at zero again.
        present, before: the newest monthly cycle with usage, and the one before, which late usage may still reach.
        ring: for rolling windows.
        alerted: which thresholds have been told in the newest cycle, or ever.
        alerted_before: and in the cycle before, which late usage may still reach.
    """

    total: int = 0
    present: Booked | None = None
    before: Booked | None = None
    ring: Ring | None = None
    alerted: Alerted | None = None
    alerted_before: Alerted | None = None

    def booked(self, start: datetime) -> Booked | None:
        """What is known of the monthly cycle that begins then."""
        return next((booked for booked in (self.present, self.before) if booked and booked.start == start), None)

    def told(self, start: datetime | None) -> Alerted | None:
        """What was told last of the cycle that begins then, or else of another one."""
        late = self.alerted_before is not None and self.alerted_before.start == start
        return self.alerted_before if late else self.alerted

    def telling(self, alerted: Alerted) -> Counter:
        """The counter after this was told."""
        newest = self.alerted
        if newest is None or newest.start is None or alerted.start is None or newest.start == alerted.start:
            return replace(self, alerted=alerted)
        if alerted.start < newest.start:
            return replace(self, alerted_before=alerted)
        return replace(self, alerted=alerted, alerted_before=newest)

    def rebased(self, cycle: Period) -> Counter:
        """The counter under another calendar, whose present cycle this is.

        Usage of a cycle that began within it goes on to count; what was used before is left behind.
        """
        within = [booked for booked in (self.present, self.before) if booked is not None and booked.start in cycle]
        if not within or cycle.start is None:
            return replace(self, present=None, before=None)
        used = sum(booked.used for booked in within)
        return replace(self, present=Booked(cycle.start, used, within[-1].rolled), before=None)

    def used(self, *, start: datetime | None, days: int | None, at: datetime) -> int:
        """How much is used: in the cycle that begins at `start`, in the window of so many days, or ever."""
        if days is not None:
            return self.ring.over(days).used(at) if self.ring is not None else 0
        if start is not None:
            booked = self.booked(start)
            return 0 if booked is None else booked.used
        return self.total


def debited(counter: Counter, debit: Debit, quantity: int, *, occurred_at: datetime, at: datetime) -> Counter:
    """The counter after so much was used, or given back."""
    if debit.window is not None:
        ring = Ring(debit.window) if counter.ring is None else counter.ring.over(debit.window)
        return replace(counter, ring=ring.add(quantity, occurred_at=occurred_at, at=at))
    if debit.start is None:
        return replace(counter, total=counter.total + quantity)
    known = counter.booked(debit.start) or Booked(debit.start, 0, debit.rolled)
    booked = Booked(known.start, known.used + quantity, known.rolled)
    present, before = counter.present, counter.before
    if present is None or present.start == booked.start:
        present = booked
    elif present.start < booked.start:
        present, before = booked, present
    elif before is None or before.start <= booked.start:
        # It is late, or decided behind a use of the next cycle, which it leaves less to roll over into.
        before = booked
        if present.rolled and present.start == debit.end:
            left = max(0, present.rolled - (booked.spent - known.spent))
            present = Booked(present.start, present.used, left)
    return Counter(counter.total, present, before, counter.ring, counter.alerted, counter.alerted_before)
