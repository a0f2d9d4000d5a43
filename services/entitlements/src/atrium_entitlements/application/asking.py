"""Questions: may I, how much, why, and what would be if."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from atrium_common.errors import ValidationFailed
from atrium_common.jsontypes import JSON, JSONObject
from atrium_entitlements.application.accounts import Accounts
from atrium_entitlements.domain import explanation, verdict
from atrium_entitlements.domain.account import evolve
from atrium_entitlements.domain.catalogue import Catalogue
from atrium_entitlements.domain.holder import Holder
from atrium_entitlements.domain.provisioning import Acting, Provisioning, provision
from atrium_entitlements.domain.standing import View, cascade


@dataclass(frozen=True, slots=True)
class Asking:
    """What may be asked about a holder.

    `at` is now, `as_of` a moment of the past to be answered for instead: then the holder is given as it was (see
    `Holders.then`), and accounts and catalogue are looked at as they were.
    """

    accounts: Accounts

    async def check(
        self, holder: Holder, code: str, quantity: int, *, at: datetime, as_of: datetime | None = None
    ) -> JSONObject:
        """May the holder use so much more?"""
        sight = await self.accounts.see(holder, as_of=as_of)
        feature = sight.catalogue.feature(code)
        if feature is None:
            return verdict.unknown(code)
        found = cascade(sight.views, sight.catalogue.chain(feature), at=as_of or at, zone=holder.zone)
        return verdict.answer(found, quantity)

    async def summary(self, holder: Holder, *, at: datetime, as_of: datetime | None = None) -> JSONObject:
        """Every feature that the holder has, with its figures."""
        sight = await self.accounts.see(holder, as_of=as_of)
        return _figures(sight.views, sight.catalogue, holder, as_of or at)

    async def figures_of(self, holder: Holder, code: str, *, at: datetime) -> JSONObject | None:
        """One feature's figures as in the summary, or None where no level grants it."""
        sight = await self.accounts.see(holder)
        feature = sight.catalogue.feature(code)
        if feature is None:
            return None
        found = cascade(sight.views, sight.catalogue.chain(feature), at=at, zone=holder.zone)
        return verdict.summary(found) if found.standings else None

    async def explain(self, holder: Holder, code: str, *, at: datetime, as_of: datetime | None = None) -> JSONObject:
        """Why the answer to a check is what it is: levels, packages, boosts and grants with their figures.

        Raises:
            ValidationFailed: there is no such feature.
        """
        sight = await self.accounts.see(holder, as_of=as_of)
        feature = sight.catalogue.feature(code)
        if feature is None:
            raise ValidationFailed({"feature": [f"There is no feature {code}."]})
        chain = sight.catalogue.chain(feature)
        return explanation.explain(sight.views, chain, at=as_of or at, zone=holder.zone)

    async def preview(self, holder: Holder, wanted: Provisioning, *, at: datetime) -> JSONObject:
        """What the holder's figures are, and would be with this package; nothing is changed.

        Raises:
            StateConflict, ValidationFailed: it could not be provisioned.
        """
        sight = await self.accounts.see(holder)
        moment = max(at, wanted.starts_at or at)
        simulated = []
        events: list[JSON] = []
        for view in sight.views:
            changed = view
            if view.level.account == holder.account:
                for event in provision(view.grants, wanted, Acting(at)):
                    grants = evolve(changed.grants, event)
                    usage = grants if view.usage is view.grants else view.usage
                    changed = replace(changed, grants=grants, usage=usage)
                    if not any(known == event.TYPE for known in events):
                        events.append(event.TYPE)
            simulated.append(changed)
        before = _figures(sight.views, sight.catalogue, holder, at)
        after = _figures(simulated, sight.catalogue, holder, moment)
        changes: JSONObject = {
            code: {"before": before.get(code), "after": after.get(code)}
            for code in sorted({*before, *after})
            if before.get(code) != after.get(code)
        }
        return {"before": before, "after": after, "changes": changes, "events": events}


def _figures(views: Sequence[View], catalogue: Catalogue, holder: Holder, at: datetime) -> JSONObject:
    figures: JSONObject = {}
    for feature in catalogue.features():
        found = cascade(views, catalogue.chain(feature), at=at, zone=holder.zone)
        if found.standings:
            figures[feature.code] = verdict.summary(found)
    return figures
