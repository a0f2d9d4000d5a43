"""A holder with its accounts in memory: what tests of the rules are told with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from atrium_common.eventing.event import Event
from atrium_entitlements.domain import boosts, explanation, provisioning, reservations, usage, verdict
from atrium_entitlements.domain.account import NEW, Account, evolve
from atrium_entitlements.domain.boosts import Boosting
from atrium_entitlements.domain.catalogue import Feature, FixedCatalogue, PackageVersion
from atrium_entitlements.domain.events import LimitReached, LimitWarned, Place
from atrium_entitlements.domain.holder import Holder, Level, usage_account
from atrium_entitlements.domain.provisioning import Acting, Provisioning
from atrium_entitlements.domain.standing import Cascade, View, cascade
from atrium_entitlements.domain.usage import Recording, Use

START = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)


@dataclass
class House:
    """One namespace with its billing workspace and its owner's tier, at a moment that the test moves."""

    features: list[Feature]
    packages: list[PackageVersion]
    tier: str = "free"
    zone: str = "UTC"
    livemode: bool = True
    now: datetime = START
    accounts: dict[str, Account] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)
    made: int = 0

    @property
    def holder(self) -> Holder:
        levels = (Level("namespace", "ns_1"), Level("workspace", "wks_1"), Level("tier", "wks_1", self.tier))
        return Holder("namespace", "ns_1", levels, self.tier, self.zone, self.livemode, "wks_1", "ns_1")

    @property
    def catalogue(self) -> FixedCatalogue:
        return FixedCatalogue(self.features, self.packages)

    def account(self, account_id: str = "ns_1") -> Account:
        return self.accounts.get(account_id, NEW)

    def pass_time(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def views(self) -> list[View]:
        views = []
        for level in self.holder.levels:
            tier = self.catalogue.of_tier(level.tier) if level.tier else None
            counted = usage_account(level.account, livemode=self.livemode)
            views.append(View(level, self.account(level.account), self.account(counted), tier))
        return views

    def stand(self, code: str, at: datetime | None = None) -> Cascade:
        return cascade(self.views(), self._chain(code), at=at or self.now, zone=self.zone)

    def check(self, code: str, quantity: int = 1) -> Any:
        return verdict.answer(self.stand(code), quantity)

    def use(self, code: str, quantity: int = 1, *, enforce: bool = True, ago: timedelta = timedelta()) -> Recording:
        recording = usage.record(self.views(), replace(self._use(code, quantity, enforce), occurred_at=self.now - ago))
        self._keep(recording)
        return recording

    def reserve(self, code: str, quantity: int = 1, *, seconds: int = 60) -> str | None:
        self.made += 1
        name = f"rsv_{self.made}"
        until = self.now + timedelta(seconds=seconds)
        recording = reservations.reserve(self.views(), self._use(code, quantity, True), name, expires_at=until)
        self._keep(recording)
        return None if recording.denied else name

    def commit(self, reservation: str, quantity: int) -> Recording:
        recording = reservations.commit(self.views(), self._use(self._held(reservation), quantity, True), reservation)
        self._keep(recording)
        return recording

    def release(self, reservation: str) -> None:
        use = self._use(self._held(reservation), 1, True)
        for view, events in reservations.release(self.views(), use, reservation):
            self.apply(usage_account(view.level.account, livemode=self.livemode), *events)

    def _held(self, reservation: str) -> str:
        """What it is for."""
        return next(
            (
                view.usage.reservations[reservation].feature
                for view in self.views()
                if reservation in view.usage.reservations
            ),
            "seats",
        )

    def give(self, code: str, to: str = "ns_1", **wanted: Any) -> str:
        self.made += 1
        name = f"ent_{self.made}"
        package = self.catalogue.package(code)
        assert package is not None
        wanting = Provisioning(name, package, zone=self.zone, **wanted)
        self.apply(to, *provisioning.provision(self.account(to), wanting, self.acting))
        return name

    def boost(self, code: str, kind: str = "add_limit", duration: str = "permanent", to: str = "ns_1", **w: Any) -> str:
        self.made += 1
        name = f"bst_{self.made}"
        feature = self.catalogue.feature(code)
        assert feature is not None
        wanting = Boosting(name, feature, kind, duration, zone=self.zone, **w)  # type: ignore[arg-type]
        self.apply(to, *boosts.create(self.account(to), wanting, self.acting))
        return name

    def explain(self, code: str) -> Any:
        return explanation.explain(self.views(), self._chain(code), at=self.now, zone=self.zone)

    @property
    def acting(self) -> Acting:
        return Acting(self.now, "key/key_1", Place(workspace_id="wks_1", namespace_id="ns_1"))

    def apply(self, account_id: str, *events: Event) -> None:
        for event in events:
            self.accounts[account_id] = evolve(self.accounts.get(account_id), event)
            self.events.setdefault(account_id, []).append(event)

    def alerts(self, account_id: str = "ns_1") -> list[tuple[str, int]]:
        return [
            (event.feature, event.threshold)
            for event in self.events.get(account_id, [])
            if isinstance(event, LimitWarned | LimitReached)
        ]

    def _chain(self, code: str) -> tuple[Feature, ...]:
        feature = self.catalogue.feature(code)
        assert feature is not None, code
        return tuple(self.catalogue.chain(feature))

    def _use(self, code: str, quantity: int, enforce: bool) -> Use:
        place = Place(workspace_id="wks_1", namespace_id="ns_1", livemode=self.livemode)
        parts = self.catalogue.children(code)
        return Use(self._chain(code), quantity, self.now, self.now, enforce, self.zone, place, parts=parts)

    def _keep(self, recording: Recording) -> None:
        for view, events in recording.events:
            self.apply(usage_account(view.level.account, livemode=self.livemode), *events)


def package(code: str, limits: Mapping[str, int | None], **more: Any) -> PackageVersion:
    return PackageVersion(f"pkg_{code}", code, code.capitalize(), limits, **more)


def figures(house: House, code: str) -> tuple[int, int | None, int | None, int]:
    """Of a feature what is used, its limit, what is left of it, and what is used beyond it."""
    found = house.stand(code)
    return found.used, found.limit, found.available, found.overage
