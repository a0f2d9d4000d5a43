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
from atrium_entitlements.domain.holder import Holder, usage_account
from atrium_entitlements.domain.standing import View
from atrium_entitlements.rows import ACCOUNT

Load: TypeAlias = Callable[[str], Awaitable[Account]]


class CurrentCatalogue(Catalogue, Protocol):
    """The catalogue, brought up to date on demand."""

    async def refresh(self) -> None:
        """See every change that was committed before this call, and confirm the repository's states with it."""
        ...


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of this service's store."""

    repository: Repository
    log: EventLog
    catalogue: CurrentCatalogue

    async def views(self, holder: Holder, *, as_of: datetime | None = None) -> Sequence[View]:
        """The holder's levels, as they are now or were at that moment."""
        await self.catalogue.refresh()
        if as_of is None:
            return await self.levels(holder, self._present)
        moment = as_of

        async def past(account_id: str) -> Account:
            return await self._past(account_id, moment)

        return await self.levels(holder, past, as_of=moment)

    async def views_in(self, tx: Transaction, holder: Holder) -> Sequence[View]:
        """The holder's levels as a command sees them."""

        async def load(account_id: str) -> Account:
            return (await tx.load(ACCOUNT, account_id)).state or NEW

        return await self.levels(holder, load)

    async def levels(self, holder: Holder, load: Load, *, as_of: datetime | None = None) -> Sequence[View]:
        """The holder's levels over accounts that are loaded like this."""
        views = []
        known: dict[str, Account] = {}
        for level in holder.levels:
            usage_id = usage_account(level.account, livemode=holder.livemode)
            for account_id in (level.account, usage_id):
                if account_id not in known:
                    known[account_id] = await load(account_id)
            tier = None if level.tier is None else self.catalogue.of_tier(level.tier, as_of=as_of)
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

    async def load(self, account_id: str) -> Account:
        """The account as it is now."""
        await self.repository.confirm()
        return await self._present(account_id)

    async def _present(self, account_id: str) -> Account:
        """The account as of the last look at the log, or newer."""
        return (await self.repository.current(ACCOUNT, account_id)).state or NEW

    async def _past(self, account_id: str, moment: datetime) -> Account:
        """The account as it was: its version then is found by halving."""
        newest = (await self.repository.load(ACCOUNT, account_id)).version
        low, high = 0, newest
        while low < high:
            middle = (low + high) // 2
            (event,) = await self.log.read_stream(ACCOUNT.stream(account_id), after=middle, limit=1)
            if event.at <= moment:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return NEW
        return (await self.repository.load(ACCOUNT, account_id, at=low)).state or NEW


def claim_of(kind: str, resource_id: str) -> str:
    """The claim by which the account of a resource is found."""
    return f"{kind}/{resource_id}"
