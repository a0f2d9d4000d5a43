"""The talk with the ledger: each settlement is one read where nothing is known, and one write guarded by the version.

What is taken counts here only after the write; what is given back stops counting here before it. So a write that was
lost, or done without an answer, errs on the safe side.
"""

from __future__ import annotations

import asyncio
import zlib
from datetime import UTC, datetime, timedelta

from atrium_common.clock import Clock
from atrium_common.metrics import LIMIT_OPERATIONS, LIMIT_RETURNED
from atrium_common.store.documents import Absent, Collection, Is, Put
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_gateway.limits.account import AGAIN_SECONDS, NEVER, Account
from atrium_gateway.limits.ledger import HOUR, TERM_MS, Ledger, window_end, window_of
from atrium_gateway.ports import Allowance
from atrium_gateway.replicas import Replicas

LEDGERS = Collection("rate_ledgers")
_RENEW_SECONDS = 1.0
_TRIES = 100
_WORTH_A_CALL = 500  # at least this part of an hour's limit is leased at once, towards its end too
_KEPT = timedelta(seconds=2 * HOUR)


class Settlements:
    """Settles accounts with the ledgers."""

    def __init__(self, documents: Documents, replicas: Replicas, *, clock: Clock) -> None:
        self._documents = documents
        self._replicas = replicas
        self._clock = clock
        self._pause = (1 + zlib.crc32(replicas.id.encode()) % 16) / 1000

    async def read(self, key_id: str) -> tuple[Ledger, int]:
        """The key's ledger and its version; an empty one of version 0 where there is none.

        Raises:
            StoreUnavailable.
        """
        LIMIT_OPERATIONS.labels("read").inc()
        document = await self._documents.get(LEDGERS.name, key_id)
        return (Ledger(), 0) if document is None else (Ledger.of(document.body), document.version)

    async def settle(self, account: Account, allowance: Allowance) -> None:
        """Lease a chunk under this allowance, renew the part of the burst, pay debts, roll the hour over.

        Raises:
            StoreUnavailable: what was under way is lost to this process, never to the limit.
        """
        if account.allowance != allowance:
            # Under other limits nothing counts that was leased under the old ones.
            account.returning += account.tokens
            account.tokens = 0
        if not self._replicas.alone(self._clock.monotonic()):
            # The others have most likely written since: to read first is cheaper than to collide.
            account.ledger = None
        try:
            for attempt in range(_TRIES):
                if await self._try(account, allowance):
                    return
                # Each process pauses for another time, so that those who collide do not collide again.
                await asyncio.sleep(self._pause * min(1 + attempt, 4))
        except BaseException:
            account.ledger, account.returning = None, 0
            raise
        raise StoreUnavailable("too many settle with the same ledger at once")

    async def give_up(self, account: Account) -> None:
        """Give back all that the account holds.

        Raises:
            StoreUnavailable: it is lost until the hour ends.
        """
        account.returning += account.tokens
        account.tokens = 0
        level, account.bucket.level = account.bucket.refill(self._clock.monotonic()), 0.0
        account.parts_until = NEVER
        try:
            for _ in range(_TRIES):
                before, version = await self._known(account)
                now_ms = int(self._replicas.store_time(self._clock.monotonic()) * 1000)
                ledger = before.owe(account.debt, window=account.window)
                ledger = ledger.give_back(account.returning, window=account.window)
                if self._replicas.id in ledger.shares:
                    burst = account.allowance.burst
                    ledger = ledger.give_up(self._replicas.id, burst=burst, level=level, now_ms=now_ms)
                if ledger == before or await self._write(account, ledger, version):
                    LIMIT_RETURNED.inc(account.returning)
                    account.debt = 0
                    return
        finally:
            account.returning = 0

    async def _try(self, account: Account, allowance: Allowance) -> bool:
        """One attempt; False where somebody else has written in between."""
        before, version = await self._known(account)
        hour = account.window
        now = self._clock.monotonic()
        store_time = self._replicas.store_time(now)
        alone, now_ms = self._replicas.alone(now), int(store_time * 1000)
        ledger = before.in_window(window_of(store_time, allowance.window_offset)).as_of(now_ms).without_lapsed(now_ms)
        debt, returning = account.debt, account.returning
        ledger = ledger.owe(debt, window=account.window).give_back(returning, window=account.window)
        tokens = account.tokens if ledger.window == account.window else 0
        ledger, taken = ledger.take(self._wanted(account, allowance, ledger, tokens, now), limit=allowance.requests)
        nothing = not taken and not tokens and ledger.used >= allowance.requests
        parts, level = 0, 0.0
        if not alone and not nothing:
            ledger, parts, level = self._part_of_burst(account, allowance, ledger, now=now, now_ms=now_ms)
        if ledger != before and not await self._write(account, ledger, version):
            return False
        if account.window != hour:
            # Meanwhile requests passed in another hour, without the store: what was taken is of no use there.
            return False
        if ledger.window != account.window:
            account.window, account.tokens, account.spare = ledger.window, 0, -1
            account.answered()
        account.allowance = allowance
        account.reset_at = window_end(ledger.window, allowance.window_offset)
        account.ends = now + account.reset_at - store_time
        account.tokens += taken
        account.debt -= debt
        account.returning -= returning
        account.low = account.tokens // 2
        account.left = max(0, allowance.requests - ledger.used)
        account.rate, account.spent = _rate(account, now), 0
        account.settled_at = now
        account.again_at = account.ends if alone else min(account.ends, now + AGAIN_SECONDS)
        if not alone and not nothing:
            account.bucket.resize(parts, more=level, now=now)
            account.whole = False
            account.parts_until = now + TERM_MS / 1000
            account.renew_at = now + _RENEW_SECONDS
            account.starved_at = NEVER if ledger.free(allowance.burst) else now
            account.elsewhere = ledger.held_elsewhere(self._replicas.id)
        return True

    def _wanted(self, account: Account, allowance: Allowance, ledger: Ledger, tokens: int, now: float) -> int:
        """How many more requests to lease: about a second's worth, and no more than this process's half of the rest."""
        left = max(0, allowance.requests - ledger.used)
        second = int(_rate(account, now))
        least = max(1, allowance.requests // _WORTH_A_CALL)
        chunk = max(least, min(second, left // (2 * self._replicas.count)))
        # Those who wait come first, as many as can have theirs.
        needed = min(account.waiting, left + tokens)
        return max(chunk if tokens <= chunk // 2 else chunk - tokens, needed - tokens)

    def _part_of_burst(
        self, account: Account, allowance: Allowance, ledger: Ledger, *, now: float, now_ms: int
    ) -> tuple[Ledger, int, float]:
        """The ledger with this process's part of the burst, its size, and how many tokens to add after the write."""
        bucket, burst = account.bucket, allowance.burst
        level = bucket.refill(now)
        held = ledger.shares[self._replicas.id].parts if self._replicas.id in ledger.shares else 0
        fair = max(1, burst // self._replicas.count)
        needed = min(account.largest, burst)
        # Who is short of parts waits for what others hold and do not use.
        wanted = max(needed, account.waiting, account.used_a_second(now))
        wanted = min(burst, wanted) if ledger.is_short(self._replicas.id, now_ms=now_ms) else max(fair, needed)
        if not account.whole:
            # Who waits is served from what nobody holds; who is used up, and may be so again, gets half of that.
            free = ledger.free(burst)
            short = max(needed, account.waiting) - int(level)
            more = max(1, free // 2, short) if level < max(1, needed) and held else short
            wanted = min(burst, max(wanted, held + more))
        if account.whole:
            # Until now this process had the whole burst: what nobody holds is as empty as it has made it.
            ledger = ledger.drained(burst - level, burst=burst, now_ms=now_ms)
        ledger, parts, after = ledger.share_out(
            self._replicas.id, wanted=wanted, burst=burst, fair=fair, level=level, now_ms=now_ms
        )
        if after < level:
            bucket.level -= level - after
        if not account.whole and parts < bucket.capacity:
            # What is given back refills here no more, whatever becomes of the write.
            bucket.capacity = parts
            bucket.level = min(bucket.level, parts)
        return ledger, parts, max(0.0, after - level)

    async def _known(self, account: Account) -> tuple[Ledger, int]:
        if account.ledger is None:
            account.ledger, account.version = await self.read(account.allowance.key_id)
        return account.ledger, account.version

    async def _write(self, account: Account, ledger: Ledger, version: int) -> bool:
        LIMIT_OPERATIONS.labels("write").inc()
        now = self._clock.monotonic()
        expires_at = datetime.fromtimestamp(self._replicas.store_time(now), UTC) + _KEPT
        guard = Is(version) if version else Absent()
        put = Put(LEDGERS.name, account.allowance.key_id, ledger.body(), version + 1, guard, expires_at)
        account.ledger = None
        (done,) = await self._documents.write([put])
        if done:
            account.ledger, account.version = ledger, version + 1
        else:
            LIMIT_OPERATIONS.labels("conflict").inc()
        return done


def _rate(account: Account, now: float) -> float:
    """About how many requests a second this process lets pass."""
    elapsed = now - account.settled_at
    return account.rate if elapsed <= 0 else max(account.spent / max(elapsed, 0.1), account.rate / 2)
