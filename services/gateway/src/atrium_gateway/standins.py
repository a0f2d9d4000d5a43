"""What stands at the ports of limits, replays and counts until those are wired: none of it happens."""

from __future__ import annotations

import hashlib
import time

from atrium_gateway.ports import Allowance, Claim, IdempotentRequest, SavedAnswer, Standing


class NoLimits:
    """A limiter that admits everything."""

    def spend_now(self, allowance: Allowance, cost: int) -> Standing | None:
        """See `Limiter.spend_now`."""
        return Standing(allowance.requests, allowance.requests - cost, int(time.time()) + 3600)

    async def spend(self, allowance: Allowance, cost: int) -> Standing:
        """See `Limiter.spend`."""
        return Standing(allowance.requests, allowance.requests - cost, int(time.time()) + 3600)

    def standing(self, allowance: Allowance) -> Standing | None:
        """See `Limiter.standing`."""
        return self.spend_now(allowance, 0)

    async def look(self, allowance: Allowance) -> Standing:
        """See `Limiter.look`."""
        return await self.spend(allowance, 0)


class NoAddressLimits:
    """Admits every address."""

    def check(self, address: str) -> None:
        """See `AddressLimiter.check`."""

    def failed(self, address: str) -> None:
        """See `AddressLimiter.failed`."""


class NoReplays:
    """Saves no answer; the same request has the same command id, so that a service applies it once."""

    async def begin(self, wanted: IdempotentRequest) -> Claim | SavedAnswer:
        """See `Replays.begin`."""
        parts = (wanted.key_id, wanted.idempotency_key, wanted.method, wanted.path, wanted.query, wanted.workspace_id)
        text = "\0".join(parts).encode() + b"\0" + wanted.body
        return Claim("", f"idempotent_{hashlib.sha256(text).hexdigest()}", 0)

    async def save(self, claim: Claim, answer: SavedAnswer) -> None:
        """See `Replays.save`."""

    async def abandon(self, claim: Claim) -> None:
        """See `Replays.abandon`."""


class NoMeter:
    """Counts nothing."""

    def count(self, *, key_id: str, workspace_id: str, namespace_id: str | None, livemode: bool, cost: int) -> None:
        """See `Meter.count`."""
