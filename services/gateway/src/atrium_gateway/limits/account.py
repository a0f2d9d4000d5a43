"""What this process holds of one key's limits, in memory."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

from atrium_common.errors import RateLimited
from atrium_gateway.limits.bucket import Bucket
from atrium_gateway.limits.ledger import Ledger
from atrium_gateway.ports import Allowance, Standing

AGAIN_SECONDS = 2.0
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
        starved_at: when the ledger last had no more of the burst to give.
        spent, rate: requests since the last settlement, and about how many a second.
        waiting: the cost of the requests that wait for a settlement now.
        largest: the cost of the most expensive of them.
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
    starved_at: float = NEVER
    spent: int = 0
    rate: float = 0.0
    waiting: int = 0
    largest: int = 0
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
