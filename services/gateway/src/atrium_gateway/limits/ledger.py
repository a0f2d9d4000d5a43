"""What gateway processes share about one key: the hour's account, and who holds which part of the burst. Pure.

The burst bucket is `burst` parts of one token each, every part refilled within a second. A process leases parts and
runs its own bucket over them, so that over any t at most burst + burst * t requests pass, whoever holds what. Parts
come back when they are not needed, at the latest when somebody is short of them; parts of a process that died lapse.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from atrium_common.jsontypes import JSONObject

TERM_MS = 1500
# A part that lapses has had the time to be full again: whoever takes it next may spend it at once.
GRACE_MS = 1000
REFILL_MS = 1000
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Share:
    """Parts of the burst that a process holds until a moment of the store's clock, and how many it would like.

    Who would like more than it holds is short: the others then hold only what they use.
    """

    parts: int
    until_ms: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """One key's record.

    Attributes:
        window: the number of the hour that `used` counts.
        used: requests of that hour that are spent or leased.
        shares: by process.
        full_ms: when (store's clock) every part that nobody holds is full: they were empty `REFILL_MS` before.
    """

    window: int = -1
    used: int = 0
    shares: Mapping[str, Share] = field(default_factory=dict)
    full_ms: int = 0

    @classmethod
    def of(cls, body: JSONObject) -> Ledger:
        """From its stored form."""
        stored = cast("Mapping[str, list[int]]", body["shares"])
        shares = {process: Share(*parts) for process, parts in stored.items()}
        return cls(cast("int", body["window"]), cast("int", body["used"]), shares, cast("int", body["full_ms"]))

    def body(self) -> JSONObject:
        """Its stored form."""
        shares: JSONObject = {
            process: [each.parts, each.until_ms, each.wanted] for process, each in self.shares.items()
        }
        return {"window": self.window, "used": self.used, "shares": shares, "full_ms": self.full_ms}

    def in_window(self, window: int) -> Ledger:
        """The account of this hour; a clock that is behind does not bring an old one back."""
        return self if window <= self.window else replace(self, window=window, used=0)

    def as_of(self, now_ms: int) -> Ledger:
        """As of this moment: what was written while the store's clock was ahead does not bind for longer than ever."""
        latest = now_ms + TERM_MS + GRACE_MS + REFILL_MS
        if self.full_ms <= latest and all(share.until_ms <= latest for share in self.shares.values()):
            return self
        shares = {
            process: share if share.until_ms <= latest else replace(share, until_ms=now_ms + TERM_MS)
            for process, share in self.shares.items()
        }
        return replace(self, shares=shares, full_ms=self.full_ms if self.full_ms <= latest else now_ms + REFILL_MS)

    def without_lapsed(self, now_ms: int) -> Ledger:
        """Without the shares of processes that no longer renew them."""
        lapsed = {process: share for process, share in self.shares.items() if share.until_ms + GRACE_MS <= now_ms}
        if not lapsed:
            return self
        kept = {process: share for process, share in self.shares.items() if process not in lapsed}
        full_ms = max([self.full_ms, *(share.until_ms + REFILL_MS for share in lapsed.values() if share.parts)])
        return replace(self, shares=kept, full_ms=full_ms)

    def take(self, count: int, *, limit: int) -> tuple[Ledger, int]:
        """Lease `count` requests of the hour, or as many as are left; with how many that were."""
        taken = max(0, min(count, limit - self.used))
        return (replace(self, used=self.used + taken) if taken else self), taken

    def give_back(self, count: int, *, window: int) -> Ledger:
        """Take unspent ones of this hour back; those of a past one are worth nothing."""
        return replace(self, used=max(0, self.used - count)) if count and window == self.window else self

    def owe(self, count: int, *, window: int) -> Ledger:
        """Count requests that were let pass while the store was away."""
        return replace(self, used=self.used + count) if count and window == self.window else self

    def free(self, burst: int) -> int:
        """Parts that nobody holds."""
        return max(0, burst - sum(share.parts for share in self.shares.values()))

    def is_short(self, process: str, *, now_ms: int) -> bool:
        """Whether somebody else would like more parts than there were."""
        return any(
            share.wanted > share.parts and share.until_ms > now_ms
            for other, share in self.shares.items()
            if other != process
        )

    def held_elsewhere(self, process: str) -> dict[str, int]:
        """The others that hold parts, each with the moment until which it does: another one once it has renewed."""
        return {other: share.until_ms for other, share in self.shares.items() if other != process and share.parts}

    def drained(self, spent: float, *, burst: int, now_ms: int) -> Ledger:
        """So many tokens are gone of the parts that nobody holds."""
        free, level = self.free(burst), self._level(burst, now_ms)
        return replace(self, full_ms=_full_at(free, level - spent, now_ms)) if free and spent > 0 else self

    def share_out(
        self, process: str, *, wanted: int, burst: int, fair: int, level: float, now_ms: int
    ) -> tuple[Ledger, int, float]:
        """Renew the process's share, as near to `wanted` parts as the others leave.

        `level` is how many tokens its parts hold. Returns the ledger, its parts, and the tokens that these hold.
        """
        others = [share for other, share in self.shares.items() if other != process]
        room = max(0, burst - sum(share.parts for share in others))
        if any(share.parts < min(fair, share.wanted) for share in others):
            # Somebody has less than its fair part and wants more: hold no more than that either.
            room = min(room, fair)
        share = Share(min(wanted, room), now_ms + TERM_MS, wanted)
        return self._resized(process, share, burst=burst, level=level, now_ms=now_ms)

    def give_up(self, process: str, *, burst: int, level: float, now_ms: int) -> Ledger:
        """Take the process's parts back, which hold `level` tokens."""
        ledger, _, _ = self._resized(process, Share(0, now_ms, 0), burst=burst, level=level, now_ms=now_ms)
        return replace(ledger, shares={other: share for other, share in ledger.shares.items() if other != process})

    def _resized(
        self, process: str, share: Share, *, burst: int, level: float, now_ms: int
    ) -> tuple[Ledger, int, float]:
        held = self.shares[process].parts if process in self.shares else 0
        level = min(level, held)
        more = share.parts - held
        full_ms = self.full_ms
        if more:
            # The fullest parts change hands: who takes them may use them the sooner.
            free, in_free = self.free(burst), self._level(burst, now_ms)
            moved = min(in_free, more) if more > 0 else -min(level, -more)
            level += moved
            full_ms = _full_at(max(0, free - more), in_free - moved, now_ms)
        return replace(self, shares={**self.shares, process: share}, full_ms=full_ms), share.parts, level

    def _level(self, burst: int, now_ms: int) -> float:
        """How many tokens the parts hold that nobody has."""
        return self.free(burst) * min(1.0, max(0.0, 1 - (self.full_ms - now_ms) / REFILL_MS))


def _full_at(parts: int, level: float, now_ms: int) -> int:
    """When so many parts that hold so many tokens are full."""
    return now_ms + math.ceil(REFILL_MS * min(1.0, max(0.0, 1 - level / parts))) if parts else now_ms


def window_of(store_time: float, offset: int) -> int:
    """The number of the key's hour at this Unix second."""
    return int((store_time - offset) // HOUR)


def window_end(window: int, offset: int) -> int:
    """The Unix second at which the hour ends."""
    return (window + 1) * HOUR + offset
