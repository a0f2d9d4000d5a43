"""Asking, giving and using: the levels of a holder, and the one account that is debited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from atrium_common.errors import ValidationFailed
from atrium_common.eventing.repository import Repository, Transaction
from atrium_common.eventing.turns import Turns
from atrium_common.http.route import Call
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_entitlements.application.holders import Holders
from atrium_entitlements.domain import account, verdict
from atrium_entitlements.domain.account import Account
from atrium_entitlements.domain.catalogue import Catalogue, Feature
from atrium_entitlements.domain.holder import Holder
from atrium_entitlements.rows import ACCOUNT


@dataclass(frozen=True, slots=True)
class Entitlements:
    """The service's inside."""

    repository: Repository
    catalogue: Catalogue
    holders: Holders
    ids: Ids
    turns: Turns

    async def holder(self, call: Call, *, namespace_id: str | None, workspace_id: str | None = None) -> Holder:
        """The namespace, or else the workspace in context.

        Raises:
            NotFound: there is none, or it is not the caller's to see.
            Unavailable: tenancy does not answer.
        """
        return await self.holders.of(call.principal, namespace_id=namespace_id, workspace_id=workspace_id)

    async def standing(self, holder: Holder, feature: Feature, *, at: datetime) -> verdict.Standing | None:
        """Where the holder stands: on the first level that grants the feature, or None where none does."""
        for level in holder.levels:
            state = (await self.repository.load(ACCOUNT, level.account)).state or Account()
            grant = account.granted(state, feature.code, at=at)
            if grant is not None:
                return _standing(feature, level.account, state, grant.limit, at)
            package = self.catalogue.of_tier(level.tier) if level.tier else None
            if package is not None and feature.code in package.features:
                return _standing(feature, level.account, state, package.features[feature.code], at)
        return None

    async def check(self, call: Call, holder: Holder, code: str, quantity: int) -> JSONObject:
        """May the holder use so much more?"""
        feature = self.catalogue.feature(code)
        if feature is None:
            return verdict.unknown(code)
        standing = await self.standing(holder, feature, at=call.at)
        if standing is None:
            return verdict.not_included(feature)
        return verdict.allowed(standing) if standing.allows(quantity) else verdict.exceeded(standing, quantity)

    async def use(
        self,
        call: Call,
        holder: Holder,
        code: str,
        quantity: int,
        *,
        enforce: bool,
        metadata: dict[str, JsonValue] | None,
    ) -> JSONObject:
        """Record usage; with `enforce` check and record in one step, so that no limit is ever passed.

        Raises:
            ValidationFailed: the feature is unknown, or has no quantity, or more would be given back than is used.
        """
        feature = self.catalogue.feature(code)
        if feature is None or feature.type == "boolean":
            raise ValidationFailed({"feature": [f"Not a feature with a quantity. Known: {self._countable()}."]})
        cycle = account.month_of(call.at) if feature.reset == "monthly" else account.NO_CYCLE

        async def decide(tx: Transaction) -> JSONObject:
            standing = await self.standing(holder, feature, at=tx.at)
            if enforce and standing is None:
                return {"recorded": False, **verdict.not_included(feature)}
            level = standing.holder_id if standing else holder.levels[0].account
            state = (await tx.load(ACCOUNT, level)).state or Account()
            present = _standing(feature, level, state, standing.limit if standing else 0, tx.at)
            if enforce and quantity > 0 and not present.allows(quantity):
                return {"recorded": False, **verdict.exceeded(present, quantity)}
            events = account.record(state, code, quantity, cycle=cycle, metadata=metadata, at=tx.at)
            after = (await tx.emit(ACCOUNT, level, *events)).there
            now = _standing(feature, level, after, present.limit, tx.at)
            return {
                "recorded": True,
                "allowed": True,
                "feature": code,
                "current_usage": now.used,
                "limit": now.limit,
                "available": now.available,
            }

        async with self.turns.of(holder.turn):
            return (await self.repository.transact(call.command, decide)).outcome

    async def provision(
        self, call: Call, holder: Holder, code: str, *, source: str, expires_at: datetime | None
    ) -> account.EntitlementProvisioned:
        """Give the holder a package of the catalogue.

        Raises:
            ValidationFailed: there is no such package.
            StateConflict: the holder has a base package already.
        """
        package = self.catalogue.package(code)
        if package is None:
            raise ValidationFailed(
                {"package": [f"Unknown. Known: {', '.join(known.code for known in self.catalogue.packages())}."]}
            )
        entitlement_id = self.ids.new("ent")

        async def decide(tx: Transaction) -> JSONObject:
            state = (await tx.load(ACCOUNT, holder.id)).state or Account()
            wanted = account.EntitlementProvisioned(
                entitlement_id=entitlement_id,
                package=code,
                is_base=package.is_base,
                limits=dict(package.features),
                source=source,
                expires_at=expires_at,
                at=tx.at,
            )
            await tx.emit(ACCOUNT, holder.id, *account.provision(state, wanted))
            return {"id": entitlement_id}

        done = await self.repository.transact(call.command, decide)
        state = (await done.state(ACCOUNT, holder.id)).there
        return state.packages[str(done.outcome["id"])]

    async def summary(self, call: Call, holder: Holder) -> JSONObject:
        """Every feature that the holder has, with its figures."""
        figures: JSONObject = {}
        for feature in self.catalogue.features():
            standing = await self.standing(holder, feature, at=call.at)
            if standing is not None:
                figures[feature.code] = standing.summary()
        return figures

    async def provisioned(self, holder: Holder) -> Sequence[account.EntitlementProvisioned]:
        """The packages that the holder was given, newest first."""
        state = (await self.repository.load(ACCOUNT, holder.id)).state or Account()
        return sorted(state.packages.values(), key=lambda given: (given.at, given.entitlement_id), reverse=True)

    def _countable(self) -> str:
        return ", ".join(feature.code for feature in self.catalogue.features() if feature.type != "boolean")


def _standing(feature: Feature, level: str, state: Account, limit: int | None, at: datetime) -> verdict.Standing:
    monthly = feature.reset == "monthly"
    used = account.used_in(state, feature.code, account.month_of(at) if monthly else account.NO_CYCLE)
    return verdict.Standing(feature, level, used, limit, account.month_end(at) if monthly else None)
