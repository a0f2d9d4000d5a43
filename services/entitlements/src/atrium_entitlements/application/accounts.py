"""Accounts as questions and commands see them: the levels of a holder with the states behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from atrium_common.errors import NotFound
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Transaction
from atrium_common.store.ports import EventLog
from atrium_entitlements.domain.account import NEW, Account
from atrium_entitlements.domain.catalogue import Catalogue, Feature
from atrium_entitlements.domain.events import ReservationMade
from atrium_entitlements.domain.holder import Holder, usage_account
from atrium_entitlements.domain.standing import View
from atrium_entitlements.rows import ACCOUNT

Load: TypeAlias = Callable[[str], Awaitable[Account]]


class CurrentCatalogue(Catalogue, Protocol):
    """The catalogue, brought up to date on demand."""

    async def refresh(self) -> None:
        """See every change that was committed before this call, and confirm the repository's states with it."""
        ...

    async def then(self, moment: datetime) -> Catalogue:
        """The catalogue as it was at that moment."""
        ...


@dataclass(frozen=True, slots=True)
class Sight:
    """What a question is answered from: a holder's levels and the catalogue, both as of one moment."""

    views: Sequence[View]
    catalogue: Catalogue


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of this service's store."""

    repository: Repository
    log: EventLog
    catalogue: CurrentCatalogue

    async def see(self, holder: Holder, *, as_of: datetime | None = None) -> Sight:
        """Accounts and catalogue as they are now, or were at that moment; what the holder was is for `Holders.then`."""
        await self.catalogue.refresh()
        if as_of is None:
            return Sight(await self._levels(holder, self._present, self.catalogue), self.catalogue)
        moment = as_of

        async def past(account_id: str) -> Account:
            return (await self.repository.as_of(ACCOUNT, account_id, moment)).state or NEW

        catalogue = await self.catalogue.then(moment)
        return Sight(await self._levels(holder, past, catalogue), catalogue)

    async def views_in(self, tx: Transaction, holder: Holder) -> Sequence[View]:
        """The holder's levels as a command sees them."""

        async def load(account_id: str) -> Account:
            return (await tx.load(ACCOUNT, account_id)).state or NEW

        return await self._levels(holder, load, self.catalogue)

    async def _levels(self, holder: Holder, load: Load, catalogue: Catalogue) -> Sequence[View]:
        views = []
        known: dict[str, Account] = {}
        for level in holder.levels:
            usage_id = usage_account(level.account, livemode=holder.livemode)
            for account_id in (level.account, usage_id):
                if account_id not in known:
                    known[account_id] = await load(account_id)
            tier = None if level.tier is None else catalogue.of_tier(level.tier)
            views.append(View(level, known[level.account], known[usage_id], tier))
        return views

    def chain(self, feature: Feature) -> Sequence[Feature]:
        """The feature, its pool, that one's pool, …"""  # noqa: D415 (and so on)
        return self.catalogue.chain(feature)

    async def owner_of(self, kind: str, resource_id: str) -> str:
        """The id of the account in which this entitlement, boost or reservation is.

        Raises:
            NotFound: there is none.
        """
        commit = await self.log.holder(claim_of(kind, resource_id))
        if commit is not None:
            for claim in commit.proposal.claims:
                if claim.key == claim_of(kind, resource_id):
                    return claim.stream.partition("/")[2]
        raise NotFound(kind, resource_id)

    async def made(self, reservation_id: str) -> Sequence[ReservationMade]:
        """What the reservation holds, or held, level by level.

        Raises:
            NotFound: there is none.
        """
        commit = await self.log.holder(claim_of("reservation", reservation_id))
        found = [] if commit is None else [event for part in commit.proposal.slices for event in part.events]
        made = [
            ReservationMade.model_validate(event.data)
            for event in found
            if event.type == ReservationMade.TYPE and event.data["reservation_id"] == reservation_id
        ]
        if not made:
            raise NotFound("reservation", reservation_id)
        return made

    async def load(self, account_id: str) -> Account:
        """The account as it is now."""
        await self.repository.confirm()
        return await self._present(account_id)

    async def _present(self, account_id: str) -> Account:
        """The account as of the last look at the log, or newer."""
        return (await self.repository.current(ACCOUNT, account_id)).state or NEW


def claim_of(kind: str, resource_id: str) -> str:
    """The claim by which the account of a resource is found."""
    return f"{kind}/{resource_id}"
