"""Using: record, reserve, commit, release. Each is decided in the holder's turn, in one commit with its outcome."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import JsonValue

from atrium_common.clock import rfc3339
from atrium_common.errors import NotFound, ValidationFailed
from atrium_common.eventing.event import Event
from atrium_common.eventing.merging import Merger
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_entitlements.application.accounts import Accounts, claim_of
from atrium_entitlements.domain import reservations, usage, verdict
from atrium_entitlements.domain.catalogue import Feature
from atrium_entitlements.domain.events import Place
from atrium_entitlements.domain.holder import Holder, usage_account
from atrium_entitlements.domain.standing import View, cascade
from atrium_entitlements.domain.usage import Use
from atrium_entitlements.rows import ACCOUNT


@dataclass(frozen=True, slots=True)
class Using:
    """How usage is recorded."""

    accounts: Accounts
    merger: Merger
    ids: Ids

    async def record(
        self,
        command: Command,
        holder: Holder,
        code: str,
        quantity: int,
        *,
        enforce: bool = False,
        occurred_at: datetime | None = None,
        metadata: dict[str, JsonValue] | None = None,
    ) -> JSONObject:
        """Record usage; with `enforce` check and record in one step, so that no limit is ever passed.

        Raises:
            ValidationFailed: the feature has no quantity, or more would be given back than is used.
        """
        await self.accounts.catalogue.refresh()
        feature = self.accounts.catalogue.feature(code)
        if feature is None and enforce:
            return {"recorded": False, **verdict.unknown(code)}
        at = min(occurred_at or command.at, command.at)
        use = self._use(command, holder, feature, quantity, metadata, enforce=enforce, occurred_at=at)

        async def decide(tx: Transaction) -> JSONObject:
            recording = usage.record(await self.accounts.views_in(tx, holder), use)
            if recording.denied:
                return {"recorded": False, **verdict.denied(recording.cascade, quantity)}
            await self._emit(tx, holder, recording.events)
            return verdict.recorded(recording.cascade)

        return (await self.merger.transact(holder.turn, command, decide)).outcome

    async def count(self, tx: Transaction, holder: Holder, code: str, quantity: int, occurred_at: datetime) -> None:
        """Record usage in the transaction of another command, where the feature is granted; nothing where it is not.

        For what has happened already and can't be refused (metering); the caller has the holder's turn.
        """
        feature = self.accounts.catalogue.feature(code)
        if feature is None or feature.is_boolean:
            return
        views = await self.accounts.views_in(tx, holder)
        chain = self.accounts.chain(feature)
        if not cascade(views, chain, at=tx.at, zone=holder.zone).standings:
            return
        use = self._use(tx.command, holder, feature, quantity, None, enforce=False, occurred_at=occurred_at)
        # Nothing is left to count on an account that has reached the highest sum.
        with contextlib.suppress(ValidationFailed):
            await self._emit(tx, holder, usage.record(views, use).events)

    async def reserve(
        self,
        command: Command,
        holder: Holder,
        code: str,
        quantity: int,
        *,
        ttl: timedelta,
        metadata: dict[str, JsonValue] | None = None,
    ) -> JSONObject:
        """Hold so much for a time; `reserved` says whether it is held.

        Raises:
            ValidationFailed: the feature has no quantity.
            ConcurrentLimitExceeded: so many are held already.
        """
        await self.accounts.catalogue.refresh()
        feature = self.accounts.catalogue.feature(code)
        if feature is None:
            return {"reserved": False, **verdict.unknown(code)}
        use = self._use(command, holder, feature, quantity, metadata)
        reservation_id = self.ids.new("rsv")
        expires_at = command.at + ttl

        async def decide(tx: Transaction) -> JSONObject:
            views = await self.accounts.views_in(tx, holder)
            recording = reservations.reserve(views, use, reservation_id, expires_at=expires_at)
            if recording.denied:
                return {"reserved": False, **verdict.denied(recording.cascade, quantity)}
            await self._emit(tx, holder, recording.events)
            account_id = usage_account(recording.events[0][0].level.account, livemode=holder.livemode)
            tx.claim(claim_of("reservation", reservation_id), stream=ACCOUNT.stream(account_id))
            return {
                "id": reservation_id,
                "reserved": True,
                "feature": use.feature.code,
                "quantity": quantity,
                "status": "held",
                "expires_at": rfc3339(expires_at),
                "created_at": rfc3339(command.at),
                **verdict.figures(recording.cascade),
            }

        return (await self.merger.transact(holder.turn, command, decide)).outcome

    async def reservation(self, holder: Holder, reservation_id: str, *, at: datetime) -> JSONObject:
        """What was reserved, and what has become of it.

        Raises:
            NotFound: it is none of the holder's.
        """
        await self._check_owner(holder, reservation_id)
        made = await self.accounts.made(reservation_id)
        sight = await self.accounts.see(holder)
        return {
            "id": reservation_id,
            "feature": made[0].feature,
            "quantity": sum(part.quantity for part in made),
            "status": reservations.status(sight.views, reservation_id, expires_at=made[0].expires_at, at=at),
            "expires_at": rfc3339(made[0].expires_at),
            "created_at": rfc3339(made[0].at),
        }

    async def commit(self, command: Command, holder: Holder, reservation_id: str, quantity: int | None) -> JSONObject:
        """Use what is held, or another amount; `recorded` says whether it is used, as it is but for more than is held.

        Raises:
            NotFound: it is none of the holder's.
            StateConflict: it does not hold any more.
        """
        await self.accounts.catalogue.refresh()
        await self._check_owner(holder, reservation_id)

        async def decide(tx: Transaction) -> JSONObject:
            views = await self.accounts.views_in(tx, holder)
            holding = reservations.held(views, reservation_id, wanted="commit", at=command.at)
            amount = sum(held.quantity for _, held in holding) if quantity is None else quantity
            feature = self.accounts.catalogue.feature(holding[0][1].feature)
            use = self._use(command, holder, feature, amount, None)
            recording = reservations.commit(views, use, reservation_id)
            if recording.denied:
                return {"recorded": False, **verdict.denied(recording.cascade, amount)}
            await self._emit(tx, holder, recording.events)
            return {
                "id": reservation_id,
                "status": "committed",
                "quantity": amount,
                **verdict.recorded(recording.cascade),
            }

        return (await self.merger.transact(holder.turn, command, decide)).outcome

    async def release(self, command: Command, holder: Holder, reservation_id: str) -> JSONObject:
        """Give up what is held.

        Raises:
            NotFound: it is none of the holder's.
            StateConflict: it does not hold any more.
        """
        await self.accounts.catalogue.refresh()
        await self._check_owner(holder, reservation_id)

        async def decide(tx: Transaction) -> JSONObject:
            views = await self.accounts.views_in(tx, holder)
            holding = reservations.held(views, reservation_id, wanted="release", at=command.at)
            code = holding[0][1].feature
            quantity = sum(held.quantity for _, held in holding)
            use = self._use(command, holder, self.accounts.catalogue.feature(code), quantity, None)
            await self._emit(tx, holder, reservations.release(views, use, reservation_id))
            return {"id": reservation_id, "status": "released", "feature": code, "quantity": quantity}

        return (await self.merger.transact(holder.turn, command, decide)).outcome

    def _use(
        self,
        command: Command,
        holder: Holder,
        feature: Feature | None,
        quantity: int,
        metadata: dict[str, JsonValue] | None,
        *,
        enforce: bool = True,
        occurred_at: datetime | None = None,
    ) -> Use:
        if feature is None or feature.is_boolean:
            known = ", ".join(each.code for each in self.accounts.catalogue.features() if not each.is_boolean)
            raise ValidationFailed({"feature": [f"Not a feature with a quantity. Known: {known}."]})
        return Use(
            chain=self.accounts.chain(feature),
            quantity=quantity,
            occurred_at=occurred_at or command.at,
            at=command.at,
            enforce=enforce,
            zone=holder.zone,
            place=place_of(holder),
            actor=command.meta.actor,
            metadata=metadata,
            parts=self.accounts.catalogue.children(feature.code),
        )

    async def _emit(self, tx: Transaction, holder: Holder, events: Sequence[tuple[View, Sequence[Event]]]) -> None:
        for view, part in events:
            await tx.emit(ACCOUNT, usage_account(view.level.account, livemode=holder.livemode), *part)

    async def _check_owner(self, holder: Holder, reservation_id: str) -> None:
        """Return if the reservation is on one of the holder's levels."""
        account_id = await self.accounts.owner_of("reservation", reservation_id)
        if account_id not in {usage_account(level.account, livemode=holder.livemode) for level in holder.levels}:
            raise NotFound("reservation", reservation_id)


def place_of(holder: Holder) -> Place:
    """Whom an event about the holder is about."""
    return Place(workspace_id=holder.workspace_id, namespace_id=holder.namespace_id, livemode=holder.livemode)
