"""Rolling windows: a ring of buckets with a running total; exact to the bucket, at constant cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

BUCKETS = 720
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Ring:
    """What was used in the last `days` days.

    Attributes:
        buckets: quantities, each above 0, by bucket number; a bucket is `days`/720 long.
        total: their sum.
    """

    days: int
    buckets: Mapping[int, int] = field(default_factory=dict)
    total: int = 0

    def bucket(self, moment: datetime) -> int:
        """The number of the moment's bucket."""
        return int(moment.timestamp()) // (self.days * _DAY // BUCKETS)

    def starts(self, moment: datetime) -> datetime:
        """The moment from which on usage counts."""
        width = self.days * _DAY // BUCKETS
        return datetime.fromtimestamp((self.bucket(moment) - BUCKETS + 1) * width, tz=moment.tzinfo)

    def used(self, moment: datetime) -> int:
        """How much of it counts then."""
        oldest = self.bucket(moment) - BUCKETS
        return self.total - sum(quantity for number, quantity in self.buckets.items() if number <= oldest)

    def over(self, days: int) -> Ring:
        """What is known of it as a window of another length: a feature may have come into a pool with its own."""
        if days == self.days:
            return self
        width, wanted = self.days * _DAY // BUCKETS, days * _DAY // BUCKETS
        buckets: dict[int, int] = {}
        for number, quantity in self.buckets.items():
            start = number * width // wanted
            buckets[start] = buckets.get(start, 0) + quantity
        return Ring(days, buckets, self.total)

    def add(self, quantity: int, *, occurred_at: datetime, at: datetime) -> Ring:
        """The ring after a use, or, negative, after a return, which takes back what was used last.

        Of a return only as much counts as is used then.
        """
        newest = max(self.bucket(at), self.bucket(occurred_at))
        kept = {number: held for number, held in self.buckets.items() if number > newest - BUCKETS}
        if quantity >= 0:
            number = self.bucket(occurred_at)
            if number > newest - BUCKETS and quantity:
                kept[number] = kept.get(number, 0) + quantity
        else:
            back = -quantity
            for number in sorted(kept, reverse=True):
                taken = min(back, kept[number])
                back -= taken
                kept[number] -= taken
                if not kept[number]:
                    del kept[number]
                if not back:
                    break
        return Ring(self.days, kept, sum(kept.values()))
