"""Where a holder stands with a feature: on each level of its cascade, and on each pool above the feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from atrium_entitlements.domain.account import Account, Entitlement
from atrium_entitlements.domain.catalogue import Feature, PackageVersion
from atrium_entitlements.domain.counters import Alerted, Counter
from atrium_entitlements.domain.cycles import Calendar
from atrium_entitlements.domain.grants import Grant, expired, grants_of, limit_of, suspended
from atrium_entitlements.domain.holder import Level
from atrium_entitlements.domain.periods import Period


@dataclass(frozen=True, slots=True)
class View:
    """One level of a cascade with the accounts behind it.

    Attributes:
        grants: the account whose packages and boosts grant here.
        usage: the account that counts the usage: the same one, or its own for test mode.
        tier: what the owner's tier grants on this level.
    """

    level: Level
    grants: Account
    usage: Account
    tier: PackageVersion | None = None

    def calendar(self, at: datetime, zone: str) -> Calendar:
        """The calendar of its cycles then."""
        return self.settled(at).grants.calendar or self.usage.calendar_at(at, zone)

    def settled(self, at: datetime) -> View:
        """The same with the calendars that have come by then."""
        if not self.grants.coming:
            return self
        grants = self.grants.settled(at)
        return replace(self, grants=grants, usage=grants if self.usage is self.grants else self.usage)


@dataclass(frozen=True, slots=True)
class Node:
    """A feature, or a pool above it, that has grants of its own on a level.

    Attributes:
        used: what is used, with what reservations hold.
        held: of this, what they hold.
        limit: the sum of the grants; None: no limit.
        cycle: the monthly cycle, where it has one.
        rolled: what the cycle before has left over.
        alerted: the last threshold told.
    """

    feature: Feature
    grants: tuple[Grant, ...]
    used: int
    held: int
    limit: int | None
    cycle: Period | None
    rolled: int
    alerted: Alerted | None

    @property
    def available(self) -> int | None:
        """What is left; None where there is no limit."""
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def overage(self) -> int:
        """How far usage is above the limit."""
        return 0 if self.limit is None else max(0, self.used - self.limit)

    @property
    def only_adds(self) -> bool:
        """Whether nothing but boosts of a quantity is granted: more of what some plan grants."""
        return bool(self.grants) and all(
            grant.source == "boost" and grant.quantity is not None for grant in self.grants
        )

    def lifted(self, grants: Sequence[Grant]) -> Node:
        """The same pool for a feature in it that has these boosts of its own."""
        every = tuple(sorted((*self.grants, *grants), key=lambda grant: grant.rank))
        return replace(self, grants=every, limit=limit_of(every))

    def plus(self, quantity: int) -> Node:
        """The same after so much more was used."""
        used = self.used + quantity
        return Node(self.feature, self.grants, used, self.held, self.limit, self.cycle, self.rolled, self.alerted)


@dataclass(frozen=True, slots=True)
class Standing:
    """A level that grants the feature.

    Attributes:
        chain: the feature and every pool above it.
        nodes: those of them that limit its use; see `_limiting`.
    """

    view: View
    chain: tuple[Node, ...]
    nodes: tuple[Node, ...]

    @property
    def binding(self) -> Node:
        """The node that leaves least; of equals the one nearest to the feature."""
        if len(self.nodes) == 1:
            return self.nodes[0]
        return min(self.nodes, key=lambda node: _ENDLESS if node.available is None else (0, node.available))

    def plus(self, quantity: int) -> Standing:
        """The same after so much more was used."""
        return Standing(self.view, self.chain, tuple(node.plus(quantity) for node in self.nodes))


_ENDLESS = (1, 0)


@dataclass(frozen=True, slots=True)
class Cascade:
    """What answers for a feature: the first level that grants it, or with `spill` every one that does, and boosts.

    Attributes:
        suspended: the package whose suspension is why nothing is granted.
        blocked: whether the account itself is blocked.
        expired: the package that granted it until it expired.
    """

    feature: Feature
    standings: tuple[Standing, ...] = ()
    suspended: Entitlement | None = None
    blocked: bool = False
    expired: Entitlement | None = None

    @property
    def used(self) -> int:
        """What is used, on all levels that answer."""
        return sum(standing.binding.used for standing in self.standings)

    @property
    def limit(self) -> int | None:
        """The limit; None where there is none, 0 where nothing is granted."""
        limits = [standing.binding.limit for standing in self.standings]
        return None if None in limits else sum(limit for limit in limits if limit is not None)

    @property
    def available(self) -> int | None:
        """What is left; None where there is no limit."""
        left = [standing.binding.available for standing in self.standings]
        return None if None in left else sum(each for each in left if each is not None)

    @property
    def overage(self) -> int:
        """How far usage is above the limit, on each level for itself: what one has left does not hide it."""
        return 0 if self.limit is None else sum(standing.binding.overage for standing in self.standings)

    @property
    def reset_at(self) -> datetime | None:
        """When usage starts at zero again."""
        cycle = self.standings[0].binding.cycle if self.standings else None
        return None if cycle is None else cycle.end

    def allows(self, quantity: int) -> bool:
        """Whether so much more may be used."""
        if not self.standings:
            return False
        available = self.available
        return self.feature.is_boolean or quantity <= 0 or available is None or quantity <= available


def cascade(
    views: Sequence[View], chain: Sequence[Feature], *, at: datetime, zone: str, leaving_out: str | None = None
) -> Cascade:
    """Who answers for the feature at the head of the chain of its pools, at this moment.

    A level whose package is suspended answers too, with that: its holder must not fall through to another plan. A level
    that has no package for the feature, but boosts, adds them to what the levels behind it grant. `leaving_out` is a
    reservation that shall not count.
    """
    feature = chain[0]
    plans: list[Standing] = []
    boosts: list[Standing] = []
    past: Entitlement | None = None
    levels = [view.settled(at) for view in _levels(views, feature)]
    for number, view in enumerate(levels):
        whole = () if _is_bare(view) else nodes_of(view, chain, at=at, zone=zone, leaving_out=leaving_out)
        nodes = _limiting(whole)
        if nodes and not all(node.only_adds for node in nodes):
            plans.append(Standing(view, whole, nodes))
            if feature.spill:
                continue
            break
        halted = _suspended(view, chain, at)
        if halted is not None or _blocked(view, chain):
            if not plans:
                return Cascade(feature, suspended=halted, blocked=bool(view.grants.blocked))
            break
        # The tier's level of the same account has the boosts too.
        if nodes and all(later.level.account != view.level.account for later in levels[number + 1 :]):
            boosts.append(Standing(view, whole, nodes))
        past = past or next((found for each in chain if (found := expired(view.grants, each, at))), None)
    standings = (*plans, *boosts)
    return Cascade(feature, standings, expired=None if standings else past)


def node_of(
    view: View, feature: Feature, root: Feature, *, at: datetime, zone: str, leaving_out: str | None = None
) -> Node:
    """One feature on one level; how it starts at zero again is the root's to say."""
    monthly = root.reset == "monthly"
    calendar = view.calendar(at, zone)
    cycle = calendar.cycle(at) if monthly else None
    counter = view.usage.counters.get(feature.code, _UNUSED)
    rolled = _rolled(view, feature, counter, calendar, at) if monthly and feature.rolls_over else 0
    grants = tuple(grants_of(view.grants, feature, at, cycle=cycle, rolled=rolled, tier=view.tier))
    start = None if cycle is None else cycle.start
    used = counter.used(start=start, days=root.rolling_window_days, at=at)
    end = None if cycle is None else cycle.end
    held = view.usage.held(feature.code, at, until=end, leaving_out=leaving_out) if view.usage.reservations else 0
    return Node(feature, grants, used + held, held, limit_of(grants), cycle, rolled, counter.told(start))


def nodes_of(
    view: View, chain: Sequence[Feature], *, at: datetime, zone: str, leaving_out: str | None = None
) -> tuple[Node, ...]:
    """The feature and every pool above it on one level."""
    root, view = chain[-1], view.settled(at)
    return tuple(node_of(view, feature, root, at=at, zone=zone, leaving_out=leaving_out) for feature in chain)


_UNUSED = Counter()


def _levels(views: Sequence[View], feature: Feature) -> Sequence[View]:
    """The levels; where a feature spills, those of one account are one level, so that its usage counts once."""
    if not feature.spill:
        return views
    merged: dict[str, View] = {}
    for view in views:
        known = merged.get(view.level.account)
        merged[view.level.account] = view if known is None else replace(known, tier=view.tier or known.tier)
    return list(merged.values())


def _is_bare(view: View) -> bool:
    """Whether nothing at all is granted there, as on most levels of most holders."""
    return view.tier is None and not view.grants.entitlements and not view.grants.boosts


def _limiting(chain: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes that a feature's use must fit: those that something is granted on.

    Where any has a plan, those with boosts alone are no limit: they lift what the pools above them grant.
    """
    granting = tuple(node for node in chain if node.grants)
    adding = [node for node in granting if node.only_adds]
    if not adding or len(adding) == len(granting):
        return granting
    limiting = []
    boosts: tuple[Grant, ...] = ()
    for node in granting:
        if node.only_adds:
            boosts += node.grants
        else:
            limiting.append(node.lifted(boosts) if boosts else node)
    return tuple(limiting)


def _suspended(view: View, chain: Sequence[Feature], at: datetime) -> Entitlement | None:
    return next((found for each in chain if (found := suspended(view.grants, each, at))), None)


def _blocked(view: View, chain: Sequence[Feature]) -> bool:
    """Whether the account is blocked on a level where the owner's tier would grant the feature."""
    tier = view.tier if view.grants.blocked else None
    return tier is not None and any(feature.code in tier.features for feature in chain)


def _rolled(view: View, feature: Feature, counter: Counter, calendar: Calendar, at: datetime) -> int:
    """What the packages of the cycle before have left over for this one, which was not itself left over."""
    present = calendar.cycle(at)
    known = counter.booked(present.start)
    if known is not None:
        return known.rolled
    before = calendar.before(at)
    last = present.start - timedelta(microseconds=1)
    grants = grants_of(view.grants, feature, last, cycle=before, rolled=0, tier=view.tier)
    limit = limit_of([grant for grant in grants if grant.source == "package"])
    if limit is None:
        return 0
    booked = counter.booked(before.start)
    return max(0, limit - (0 if booked is None else booked.spent))
