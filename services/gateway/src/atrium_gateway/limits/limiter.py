"""Rate limits by leases: spent from memory, settled with the ledger that all gateway processes share.

A process leases a chunk of a key's hour and spends it; it fetches the next one ahead, one fetch at a time. The burst
is a bucket in memory: the whole one while this process is alone, else its part of it (`ledger`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from atrium_common.clock import Clock
from atrium_common.metrics import LIMIT_DEGRADED, LIMIT_UNSETTLED, RATE_LIMITED
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_gateway.limits.account import NEVER, Account
from atrium_gateway.limits.bucket import Bucket
from atrium_gateway.limits.ledger import window_end, window_of
from atrium_gateway.limits.looks import PATIENCE, Looks
from atrium_gateway.limits.settlement import Settlements
from atrium_gateway.ports import Allowance, Standing
from atrium_gateway.replicas import QUIET_SECONDS, Replicas

log = structlog.get_logger("limits")

IDLE_SECONDS = 10.0
_SWEEP_SECONDS = 0.5
_STARVED_SECONDS = 0.25
_LONGEST = 30.0
_DOWN_SECONDS = 1.0
_JOINING_PAUSE = 0.05
_SAFE_SHARE = 100  # of an hour's limit, what may pass while the store is away, where so much was left
_UNKNOWN_SHARE = 1000  # the same for a key of which nothing is known
_SAFE_BURST = 8
_AT_ONCE = 32
# A process that has just joined waits for its part of a busy key's burst until the others have given way: they renew
# each second, and the part of one that has died lapses within 2.5 s.
_OWED_PAUSE = 0.1
_HOUR_PAUSE = 0.4
_LONGEST_WAIT = 3.0
_OWED_LOOKS = 26
# No more than these wait at once for what others may give back: who waits has a place among the requests in flight.
_MOST_WAITING = 400
# Who has asked for nothing for so long gives back all that it holds when another is short.
_RESTED_SECONDS = 0.1


class LeasedLimiter:
    """See `Limiter`."""

    def __init__(
        self,
        documents: Documents,
        replicas: Replicas,
        *,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sleep = sleep
        self._settlements = Settlements(documents, replicas, clock=clock)
        self._looks = Looks(self._settlements, replicas, clock=clock)
        self._replicas = replicas
        self._clock = clock
        self._accounts: dict[str, Account] = {}
        self._down_until = NEVER
        self._degraded = False
        self._giving: set[asyncio.Task[None]] = set()
        replicas.listen(self._asked_for)

    def spend_now(self, allowance: Allowance, cost: int) -> Standing | None:
        """See `Limiter.spend_now`."""
        account = self._accounts.get(allowance.key_id)
        # The same object, nearly always: to compare two costs more than all the rest.
        if account is None or (account.allowance is not allowance and account.allowance != allowance):
            return None
        return self._spend(account, cost, self._clock.monotonic())

    async def spend(self, allowance: Allowance, cost: int) -> Standing:
        """See `Limiter.spend`."""
        began = self._clock.monotonic()
        looks = 0
        while True:
            now = self._clock.monotonic()
            # It may have been given back and forgotten while this request waited.
            account = self._account(allowance, now)
            if account.allowance == allowance:
                may_wait = looks < _OWED_LOOKS and now - began < _LONGEST_WAIT
                may_wait = may_wait and account.waiting < min(allowance.burst, _MOST_WAITING)
                standing = self._spend(account, cost, now, asked_at=began, may_wait=may_wait)
                if standing is not None:
                    if looks:
                        account.answered()
                    return standing
                if account.settled_at >= began and self._may_come(account, cost, now):
                    looks += 1
                    if now >= account.ring_at:
                        account.asked(now)
                        self._replicas.ring(allowance.key_id)
                    account.waiting += cost
                    try:
                        await self._sleep(_OWED_PAUSE if account.tokens >= cost else _HOUR_PAUSE)
                    finally:
                        account.waiting -= cost
                    if self._clock.monotonic() - account.settled_at < _OWED_PAUSE / 2:
                        # Another who waits has just looked.
                        continue
            if now - began > _LONGEST_WAIT + PATIENCE:
                # Each answer came, but too late to be of use.
                self._lost(StoreUnavailable("the store is slow"))
            if now < self._down_until:
                return self._spend_degraded(account, allowance, cost, now)
            if not self._replicas.alone(now) and not self._replicas.member(now):
                await self._joined(began)
                continue
            account.waiting += cost
            account.largest = max(account.largest, cost)
            try:
                await self._settled(account, allowance, now)
            finally:
                account.waiting -= cost
                account.largest = 0

    def standing(self, allowance: Allowance) -> Standing | None:
        """See `Limiter.standing`."""
        account = self._accounts.get(allowance.key_id)
        now = self._clock.monotonic()
        if account is None or account.allowance != allowance or now >= account.ends:
            return None
        return account.standing(now, alone=self._replicas.alone(now))

    async def look(self, allowance: Allowance) -> Standing:
        """See `Limiter.look`."""
        known = self.standing(allowance)
        if known is not None:
            return known
        now = self._clock.monotonic()
        if now >= self._down_until:
            try:
                return await self._looks.standing(allowance)
            except (StoreUnavailable, TimeoutError) as error:
                self._lost(error)
        window = window_of(self._replicas.store_time(now), allowance.window_offset)
        return Standing(allowance.requests, 0, window_end(window, allowance.window_offset))

    async def run(self) -> None:
        """Give back what idle keys hold, for ever."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            await self.sweep()

    async def sweep(self) -> None:
        """Give back what keys hold that have not been used for a while, and forget them."""
        now = self._clock.monotonic()
        if self._degraded:
            if now < self._down_until or not self._replicas.member(now):
                return
            self._found()
        idle = [each for each in self._accounts.values() if now - each.used_at >= IDLE_SECONDS and not each.waiting]
        for start in range(0, len(idle), _AT_ONCE):
            still = [each for each in idle[start : start + _AT_ONCE] if each.settling is None and not each.waiting]
            now = self._clock.monotonic()
            await asyncio.gather(*(asyncio.shield(self._resting(account, now)) for account in still))

    def _asked_for(self, key_id: str) -> None:
        """Another process is short of this key's requests, or of its burst."""
        account = self._accounts.get(key_id)
        if account is not None and not account.whole:
            giving = asyncio.create_task(self._give_way(account), name="limits")
            self._giving.add(giving)
            giving.add_done_callback(self._giving.discard)

    async def _give_way(self, account: Account) -> None:
        """Give back what is not used here: all of it at rest, else what goes beyond the requests of late."""
        resting_in = account.used_at + _RESTED_SECONDS - self._clock.monotonic()
        if resting_in > 0:
            # Whether it rests shows in a moment.
            await self._sleep(resting_in)
        while account.settling is not None:
            await asyncio.wait([account.settling])
        now = self._clock.monotonic()
        if account.waiting or now < self._down_until or self._accounts.get(account.allowance.key_id) is not account:
            return
        if now - account.used_at >= _RESTED_SECONDS:
            self._resting(account, now)
            return
        if not account.left:
            beyond = max(0, account.tokens - account.used_a_second(now))
            account.tokens -= beyond
            account.returning += beyond
        self._settling(account, account.allowance, now)

    def _resting(self, account: Account, now: float) -> asyncio.Task[None]:
        """Give the account up as a settlement: whoever comes meanwhile waits for it, and begins anew."""
        account.settling = asyncio.create_task(self._rest(account), name="limits")
        account.settling_since = now
        return account.settling

    async def _rest(self, account: Account) -> None:
        """Give back what the key holds, and forget it. Never raises."""
        account.again_at = NEVER
        try:
            await self._give_up(account)
        finally:
            account.settling = None
            if self._accounts.get(account.allowance.key_id) is account and not account.debt:
                del self._accounts[account.allowance.key_id]

    async def close(self) -> None:
        """Give everything back, so that the other processes can spend it."""
        accounts, self._accounts = list(self._accounts.values()), {}
        under_way = [account.settling for account in accounts if account.settling is not None]
        if under_way:
            await asyncio.wait(under_way, timeout=PATIENCE)
        for start in range(0, len(accounts), _AT_ONCE):
            await asyncio.gather(*(self._give_up(account) for account in accounts[start : start + _AT_ONCE]))

    def _account(self, allowance: Allowance, now: float) -> Account:
        account = self._accounts.get(allowance.key_id)
        if account is None:
            alone = self._replicas.alone(now)
            capacity = allowance.burst if alone else 0
            account = Account(allowance, Bucket(capacity, level=capacity, now=now), whole=alone, used_at=now)
            self._accounts[allowance.key_id] = account
            self._looks.forget(allowance.key_id)
        return account

    def _may_come(self, account: Account, cost: int, now: float) -> bool:
        """Whether what a request lacks may still come from the others, where the ledger has no more of it.

        They hold leased requests, or parts of the burst, that they may not use; or parts that are this process's by
        right, and will be given up.
        """
        if self._replicas.alone(now):
            return False
        if account.tokens < cost:
            return cost - account.tokens > account.left and account.awaits_tokens(now)
        if account.bucket.refill(now) >= min(cost, account.allowance.burst):
            return False
        return account.bucket.capacity < account.allowance.burst // self._replicas.count or account.awaits_parts(now)

    def _spend(
        self, account: Account, cost: int, now: float, *, asked_at: float | None = None, may_wait: bool = True
    ) -> Standing | None:
        """Take from memory. None: the ledger must be asked; where it was since `asked_at`, its word is final.

        It is not, as long as the request `may_wait` for what the others may give back.

        Raises:
            RateLimited: used up.
        """
        if now >= account.ends:
            return None
        allowance = account.allowance
        alone = self._replicas.alone(now)
        asked = asked_at is not None and account.settled_at >= asked_at
        if account.tokens < cost:
            final = cost - account.tokens > account.left and (asked or now < account.again_at)
            if final and not (may_wait and self._may_come(account, cost, now)):
                RATE_LIMITED.labels("hour").inc()
                raise account.hour_spent(now, alone=alone)
            return None
        if alone:
            if not account.whole or account.bucket.capacity != allowance.burst:
                # The others have been quiet for a second: only what this process has just used is not full.
                rested = not account.whole and now >= account.parts_until + QUIET_SECONDS
                account.bucket.resize(allowance.burst, more=allowance.burst if rested else 0.0, now=now)
                account.whole = True
                account.parts_until = NEVER
        elif account.whole or now >= account.parts_until:
            return None
        burst_cost = min(cost, allowance.burst)
        if account.bucket.refill(now) < burst_cost:
            final = alone or asked or now < account.starved_at + _STARVED_SECONDS
            if final and not (may_wait and self._may_come(account, cost, now)):
                RATE_LIMITED.labels("burst").inc()
                raise account.burst_spent(now, alone=alone)
            return None
        account.spend(cost, burst_cost=burst_cost, now=now)
        if account.settling is None and now >= self._down_until:
            low = account.tokens <= account.low and account.left > 0
            if low or (not alone and now >= account.renew_at):
                self._settling(account, allowance, now)
        return account.standing(now, alone=alone)

    def _spend_degraded(self, account: Account, allowance: Allowance, cost: int, now: float) -> Standing:
        """What is leased, then a bounded share of what was last seen to be left; never unlimited.

        Raises:
            RateLimited: the share is used up.
        """
        store_time = self._replicas.store_time(now)
        if now >= account.ends:
            account.window = window_of(store_time, allowance.window_offset)
            account.reset_at = window_end(account.window, allowance.window_offset)
            account.ends = now + account.reset_at - store_time
            account.tokens, account.left, account.debt, account.spare = 0, 0, 0, -1
            # Of this hour nothing is known.
            account.settled_at = NEVER
        if account.spare < 0:
            account.spare = self._safe_share(account, allowance, now)
        if account.whole or now >= account.parts_until:
            account.bucket.resize(max(1, allowance.burst // _SAFE_BURST), more=0.0, now=now)
            account.whole = False
            account.parts_until = float("inf")
        burst_cost = min(cost, account.bucket.capacity)
        if account.tokens + account.spare < cost:
            RATE_LIMITED.labels("hour").inc()
            raise account.hour_spent(now, alone=False)
        if account.bucket.refill(now) < burst_cost:
            RATE_LIMITED.labels("burst").inc()
            raise account.burst_spent(now, alone=False)
        beyond = max(0, cost - account.tokens)
        account.spare -= beyond
        account.debt += beyond
        LIMIT_UNSETTLED.inc(beyond)
        account.spend(cost - beyond, burst_cost=burst_cost, now=now)
        return Standing(allowance.requests, account.tokens + account.spare, account.reset_at)

    def _safe_share(self, account: Account, allowance: Allowance, now: float) -> int:
        if account.settled_at == NEVER:
            return max(1, allowance.requests // _UNKNOWN_SHARE)
        left = account.standing(now, alone=False).remaining - account.tokens
        return max(0, min(allowance.requests // _SAFE_SHARE, left // (2 * self._replicas.count)))

    async def _joined(self, began: float) -> None:
        """Wait until the other processes know of this one; not for long, and not while the store is away."""
        if self._degraded or self._clock.monotonic() - began > PATIENCE:
            self._lost(StoreUnavailable("this process can't join the others"))
        else:
            await asyncio.sleep(_JOINING_PAUSE)

    def _settling(self, account: Account, allowance: Allowance, now: float) -> asyncio.Task[None]:
        """The settlement under way, or a new one: one at a time for a key, and it outlives whoever waits for it."""
        if account.settling is None:
            account.settling = asyncio.create_task(self._settle(account, allowance), name="limits")
            account.settling_since = now
        return account.settling

    async def _settled(self, account: Account, allowance: Allowance, now: float) -> None:
        """Wait for the settlement, but no longer than a store may take; it goes on, so that nothing leased is lost."""
        settling = self._settling(account, allowance, now)
        await asyncio.wait([settling], timeout=max(0.0, account.settling_since + PATIENCE - now))
        if not settling.done():
            self._lost(StoreUnavailable("the store is slow"))

    async def _settle(self, account: Account, allowance: Allowance) -> None:
        """Settle; where the store does not answer, note that. Never raises."""
        try:
            async with asyncio.timeout(_LONGEST):
                await self._settlements.settle(account, allowance)
        except (StoreUnavailable, TimeoutError) as error:
            self._lost(error)
        else:
            self._found()
        finally:
            account.settling = None

    async def _give_up(self, account: Account) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._settlements.give_up(account)
        except (StoreUnavailable, TimeoutError) as error:
            self._lost(error)
            if account.debt:
                # What passed on the safe share must still be counted.
                kept = self._accounts.setdefault(account.allowance.key_id, account)
                if kept is not account and kept.window == account.window:
                    kept.debt += account.debt

    def _lost(self, error: Exception) -> None:
        self._down_until = self._clock.monotonic() + _DOWN_SECONDS
        LIMIT_DEGRADED.set(1)
        if not self._degraded:
            self._degraded = True
            log.error("rate limits are degraded: a safe share only until the store answers", reason=str(error))

    def _found(self) -> None:
        if self._degraded:
            self._degraded = False
            LIMIT_DEGRADED.set(0)
            log.warning("rate limits are exact again")
