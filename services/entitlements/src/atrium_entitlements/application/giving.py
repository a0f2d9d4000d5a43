"""Giving: packages and boosts, by the operator alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from atrium_common.errors import NotFound, ValidationFailed
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.event import Event
from atrium_common.eventing.merging import Merger
from atrium_common.eventing.transaction import Command, Transacted, Transaction
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_entitlements.application.accounts import Accounts, claim_of
from atrium_entitlements.application.using import place_of
from atrium_entitlements.domain import boosts, provisioning
from atrium_entitlements.domain.account import NEW, Account
from atrium_entitlements.domain.boosts import Boosting
from atrium_entitlements.domain.catalogue import Feature, PackageVersion
from atrium_entitlements.domain.events import Place
from atrium_entitlements.domain.holder import Holder
from atrium_entitlements.domain.provisioning import Acting, Provisioning
from atrium_entitlements.rows import ACCOUNT

Decision: TypeAlias = Callable[[Account, Acting], tuple[Event, ...]]


@dataclass(frozen=True, slots=True)
class Given:
    """An entitlement or boost in its account, as a command left it."""

    id: str
    account: Loaded[Account]


@dataclass(frozen=True, slots=True)
class Giving:
    """What is done to accounts."""

    accounts: Accounts
    merger: Merger
    ids: Ids

    async def provision(self, command: Command, holder: Holder, wanted: Provisioning) -> Given:
        """Give the holder a package.

        Raises:
            StateConflict, ValidationFailed: see `domain.provisioning.provision`.
        """

        def decision(account: Account, acting: Acting) -> tuple[Event, ...]:
            return provisioning.provision(account, wanted, acting)

        return await self._created(command, holder, "entitlement", wanted.entitlement_id, decision)

    async def boost(self, command: Command, holder: Holder, wanted: Boosting) -> Given:
        """Give the holder a boost.

        Raises:
            ValidationFailed: see `domain.boosts.create`.
        """

        def decision(account: Account, acting: Acting) -> tuple[Event, ...]:
            return boosts.create(account, wanted, acting)

        return await self._created(command, holder, "boost", wanted.boost_id, decision)

    async def change(self, command: Command, account_id: str, resource_id: str, decision: Decision) -> Given:
        """Do something to an entitlement or boost of the account.

        Raises:
            AtriumError: what `decision` refuses.
        """

        async def decide(tx: Transaction) -> JSONObject:
            account = (await tx.load(ACCOUNT, account_id)).state or NEW
            place = _place_in(account, resource_id)
            await tx.emit(ACCOUNT, account_id, *decision(account, Acting(tx.at, command.meta.actor, place)))
            return {"id": resource_id}

        done = await self.merger.transact(account_id, command, decide)
        return await self._given(done, account_id)

    async def package(self, reference: str, *, for_operator: bool) -> PackageVersion:
        """The package with this code or id, in its newest version; others than the operator know the public ones only.

        Raises:
            ValidationFailed: there is none.
        """
        await self.accounts.catalogue.refresh()
        package = self.accounts.catalogue.package(reference)
        if package is None or not (package.is_public or for_operator):
            shown = [each for each in self.accounts.catalogue.packages() if each.is_public or for_operator]
            known = ", ".join(each.code for each in shown if each.is_active)
            raise ValidationFailed({"package": [f"There is no package {reference}. Known: {known}."]})
        return package

    async def feature(self, reference: str) -> Feature:
        """The feature with this code or id.

        Raises:
            ValidationFailed: there is none.
        """
        await self.accounts.catalogue.refresh()
        feature = self.accounts.catalogue.feature(reference)
        if feature is None:
            raise ValidationFailed({"feature": [f"There is no feature {reference}."]})
        return feature

    async def _created(
        self, command: Command, holder: Holder, kind: str, resource_id: str, decision: Decision
    ) -> Given:
        account_id = holder.account

        async def decide(tx: Transaction) -> JSONObject:
            account = (await tx.load(ACCOUNT, account_id)).state or NEW
            acting = Acting(tx.at, command.meta.actor, place_of(holder))
            await tx.emit(ACCOUNT, account_id, *decision(account, acting))
            tx.claim(claim_of(kind, resource_id), stream=ACCOUNT.stream(account_id))
            return {"id": resource_id}

        done = await self.merger.transact(holder.turn, command, decide)
        return await self._given(done, account_id)

    async def _given(self, done: Transacted, account_id: str) -> Given:
        return Given(str(done.outcome["id"]), await done.state(ACCOUNT, account_id))


def _place_in(account: Account, resource_id: str) -> Place:
    """Whom the entitlement or boost was given to."""
    if resource_id in account.entitlements:
        return account.entitlements[resource_id].given.place
    if resource_id in account.boosts:
        return account.boosts[resource_id].made.place
    raise NotFound("entitlement", resource_id)


def expiring(account: Account, at: datetime) -> tuple[Event, ...]:
    """What has expired by then and has not been told of."""
    return (*provisioning.expire(account, at), *boosts.expire(account, at))
