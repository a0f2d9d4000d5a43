"""What this process holds of one key's limits, in memory."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from atrium_common.errors import RateLimited
from atrium_gateway.limits.bucket import Bucket
from atrium_gateway.limits.ledger import Ledger
from atrium_gateway.ports import Allowance, Standing

AGAIN_SECONDS = 2.0
# How long those who are asked may take: they look each half second, later where they are busy. Where they had nothing
# to give they are then left in peace, for longer each time.
ANSWER_SECONDS = 1.5
SHORTEST_PEACE = 1.0
LONGEST_BURST_PEACE = 4.0
LONGEST_HOUR_PEACE = 64.0
NEVER = float("-inf")


@dataclass(slots=True, eq=False)
class Account:
    """A key's leased requests, its part of the burst, and what was last seen of the shared ledger.

    Times are of the monotonic clock, except `reset_at` (Unix second).

    Attributes:
        allowance: the limits for which it was made.
        bucket: this process's part of the burst.
        whole: the bucket stands for the whole burst, since this process is alone.
        window, ends, reset_at: the hour that `tokens` belong to, and when it ends.
        tokens: requests leased and not yet spent.
        low: fetch ahead when fewer than this are left.
        left: what the ledger had left at the last settlement, beyond all leases.
        settled_at: when that began.
        again_at: what was found used up then is believed until here.
        parts_until: until when the part of the burst is this process's, where several share it.
        renew_at: when to renew it.
        elsewhere: the others that held parts of it at the last settlement (`Ledger.held_elsewhere`).
        starved_at: when the ledger last had no more of the burst to give.
        spent, rate: requests since the last settlement, and about how many a second.
        waiting: the cost of the requests that wait for a settlement now.
        largest: the cost of the most expensive of them.
        rung_at, rung_for: when the others were last asked for what they do not use, and who held parts then.
        ring_at, patience: when they may be asked again, and how long they are left in peace after that.
        returning: leased requests that are no longer spent, still to be given back.
        debt: requests let pass while the store was away, still to be put into the ledger.
        spare: how many more may be let pass while it is away.
        ledger, version: the record as this process last read or wrote it; None: unknown.
        settling, settling_since: the settlement under way, and when it began.
        used_at: when a request last came.
    """

    allowance: Allowance
    bucket: Bucket
    whole: bool
    window: int = -1
    ends: float = NEVER
    reset_at: int = 0
    tokens: int = 0
    low: int = 0
    left: int = 0
    settled_at: float = NEVER
    again_at: float = NEVER
    parts_until: float = NEVER
    renew_at: float = NEVER
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    starved_at: float = NEVER
    spent: int = 0
    rate: float = 0.0
    waiting: int = 0
    largest: int = 0
    rung_at: float = NEVER
    rung_for: Mapping[str, int] = field(default_factory=dict)
    ring_at: float = NEVER
    patience: float = SHORTEST_PEACE
    returning: int = 0
    debt: int = 0
    spare: int = -1
    ledger: Ledger | None = None
    version: int = 0
    settling: asyncio.Task[None] | None = None
    settling_since: float = NEVER
    used_at: float = NEVER

    def spend(self, cost: int, *, burst_cost: int, now: float) -> None:
        """Take from what is there; the caller has looked."""
        self.tokens -= cost
        self.bucket.level -= burst_cost
        self.spent += cost
        self.used_at = now

    def used_a_second(self, now: float) -> int:
        """Twice what has been spent a second of late: what this process keeps where another is short."""
        return math.ceil(2 * max(self.spent / max(1.0, now - self.settled_at), self.rate / 2))

    def asked(self, now: float) -> None:
        """Note that the others are asked for what they do not use."""
        self.rung_at, self.rung_for = now, self.elsewhere
        self.ring_at = now + ANSWER_SECONDS + self.patience
        longest, factor = (LONGEST_BURST_PEACE, 2) if self.tokens else (LONGEST_HOUR_PEACE, 8)
        self.patience = min(longest, factor * self.patience)

    def answered(self) -> None:
        """What was asked for has come: there may be more."""
        self.ring_at, self.patience = NEVER, SHORTEST_PEACE

    def awaits_tokens(self, now: float) -> bool:
        """Whether leased requests of others may still come back, or can be asked for."""
        return now < self.rung_at + ANSWER_SECONDS or now >= self.ring_at

    def awaits_parts(self, now: float) -> bool:
        """The same of parts of the burst: whoever holds some now and has not settled since it was asked."""
        if not self.elsewhere or now >= self.ring_at:
            return bool(self.elsewhere)
        pending = any(self.elsewhere.get(process) == until for process, until in self.rung_for.items())
        return pending and now < self.rung_at + ANSWER_SECONDS

    def standing(self, now: float, *, alone: bool) -> Standing:
        """Where the key stands: never more than is left over all processes.

        Since the last settlement the others may have let pass at most what their parts of the burst allow.
        """
        left = self.left
        if left and not alone:
            elsewhere = (self.allowance.burst - self.bucket.capacity) * (1.0 + now - self.settled_at)
            left = max(0, left - math.ceil(elsewhere))
        return Standing(self.allowance.requests, self.tokens + left, self.reset_at)

    def hour_spent(self, now: float, *, alone: bool) -> RateLimited:
        """The refusal where the hour is used up, or too little of it is left for a batch."""
        return self._refusal(max(1, math.ceil(self.ends - now)), "hour", now, alone=alone)

    def burst_spent(self, now: float, *, alone: bool) -> RateLimited:
        """The refusal where too many came at once; its figures are the hour's, as in the headers."""
        return self._refusal(1, "burst", now, alone=alone)

    def _refusal(self, retry_after: int, scope: str, now: float, *, alone: bool) -> RateLimited:
        standing = self.standing(now, alone=alone)
        return RateLimited(retry_after, standing.limit, standing.remaining, standing.reset_at, scope)
