"""Metering: the requests that the gateway has counted, booked once on the feature `api_calls` where it is granted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from atrium_common.clock import Clock
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.merging import Merger
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Meta
from atrium_entitlements.application.holders import KnownHolders
from atrium_entitlements.domain import meter
from atrium_entitlements.domain.holder import Holder
from atrium_entitlements.domain.meter import Context, Meter

METER: Decider[Meter] = Decider("meter", meter.evolve)
FEATURE = "api_calls"
_ACTOR = "service/gateway"
_LAST_MOMENT = timedelta(minutes=1) - timedelta(milliseconds=1)

Count: TypeAlias = Callable[[Transaction, Holder, str, int, datetime], Awaitable[None]]
"""Records so much use of a feature by the holder at that moment, in the transaction of another command."""


@dataclass(frozen=True, slots=True)
class Metering:
    """How counters of requests are taken in."""

    repository: Repository
    merger: Merger
    holders: KnownHolders
    count: Count
    ids: Ids
    clock: Clock

    async def take(self, context: Context, totals: Mapping[str, int]) -> None:
        """Take in the totals of counters of one minute and context: meter and usage are one commit.

        So it does not matter how often, by whom and in which order they come: what has been counted is in the meter's
        stream, whose version is checked with the account's.

        Raises:
            Unavailable: whose requests they are is unknown here, and tenancy does not answer.
        """
        known = (await self.repository.load(METER, context.id)).state or Meter()
        now = self.clock.now()
        if meter.read(known, context, totals, at=now) is None:
            return
        holder = await self.holders.known(
            namespace_id=context.namespace_id, workspace_id=context.workspace_id, livemode=context.livemode
        )
        occurred_at = min(now, context.minute + _LAST_MOMENT)

        async def decide(tx: Transaction) -> JSONObject:
            present = (await tx.load(METER, context.id)).state or Meter()
            counted = meter.read(present, context, totals, at=tx.at)
            if counted is not None:
                await tx.emit(METER, context.id, counted)
                if holder is not None:
                    await self.count(tx, holder, FEATURE, counted.quantity, occurred_at)
            return {}

        turn = context.id if holder is None else holder.turn
        await self.merger.transact(turn, Command(self.ids.new("cmd"), now, Meta(actor=_ACTOR)), decide)
