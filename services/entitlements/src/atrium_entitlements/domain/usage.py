"""Usage: recorded on the level that answers, on the feature and every pool above it, in the cycle it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import JsonValue

from atrium_common.errors import ValidationFailed
from atrium_common.eventing.event import Event
from atrium_entitlements.domain.catalogue import Feature
from atrium_entitlements.domain.events import NOWHERE, AccountOpened, Debit, Place, UsageRecorded
from atrium_entitlements.domain.standing import Cascade, Standing, View, cascade, nodes_of
from atrium_entitlements.domain.thresholds import alerts

MOST = 2**53 - 1
"""The highest sum: what every client's JSON still reads exactly."""
OPEN_FOR = timedelta(hours=24)
"""How long a cycle that is over still takes usage."""


@dataclass(frozen=True, slots=True)
class Use:
    """What is to be recorded.

    Attributes:
        chain: the feature, its pool, that one's pool, …
        parts: the features whose pool it is: what they used is given back on them.
        quantity: negative gives back.
        occurred_at: when it was used, at or before `at`.
        enforce: record nothing where not all of it is allowed.
        zone: of the holder's calendar.
        place: whose use it is.
    """

    chain: Sequence[Feature]
    quantity: int
    occurred_at: datetime
    at: datetime
    enforce: bool = False
    zone: str = "UTC"
    place: Place = NOWHERE
    actor: str = ""
    metadata: dict[str, JsonValue] | None = None
    reservation_id: str | None = None
    parts: Sequence[Feature] = ()

    @property
    def feature(self) -> Feature:
        """What is used."""
        return self.chain[0]


@dataclass(frozen=True, slots=True)
class Recording:
    """What recording comes to.

    Attributes:
        cascade: where the holder stands after it, or, where it is denied, before.
        events: by level, in its order.
    """

    cascade: Cascade
    events: Sequence[tuple[View, Sequence[Event]]] = ()

    @property
    def denied(self) -> bool:
        """Whether nothing is recorded."""
        return not self.events


def record(views: Sequence[View], use: Use, *, granted: int = 0, otherwise: View | None = None) -> Recording:
    """Decide the use; of `granted` it has been decided before, by a reservation that the use takes the place of.

    Where no level grants the feature, it is recorded on `otherwise`, or else on the holder's own account.

    Raises:
        ValidationFailed: more would be given back than is used, or be used than can be counted.
    """
    found = cascade(views, use.chain, at=use.at, zone=use.zone, leaving_out=use.reservation_id)
    view = found.standings[0].view if found.standings else views[0]
    moment = _moment(view, use)
    if moment != use.at:
        found = cascade(views, use.chain, at=moment, zone=use.zone, leaving_out=use.reservation_id)
    if use.enforce and use.quantity > granted and not found.allows(use.quantity):
        return Recording(found)
    if not found.standings:
        found = Cascade(found.feature, (_ungranted(otherwise or views[0], use, moment),))
    parts = tuple(divided(found.standings, use))
    _check_sums(parts)
    events = [(standing.view, tuple(_events(standing, part, use, moment))) for standing, part in parts]
    return Recording(added(found, parts), events)


def added(found: Cascade, parts: Sequence[tuple[Standing, int]]) -> Cascade:
    """The cascade after its levels have taken these parts."""
    shares = {id(standing): part for standing, part in parts}
    return Cascade(found.feature, tuple(each.plus(shares.get(id(each), 0)) for each in found.standings))


def debits(standing: Standing, root: Feature, *, late: bool = False) -> tuple[Debit, ...]:
    """What a use changes on the level: the feature, and every pool above it."""
    window = root.rolling_window_days if root.reset == "rolling" else None
    changed = []
    for node in standing.chain:
        counter = standing.view.usage.counters.get(node.feature.code)
        start = None if node.cycle is None else node.cycle.start
        before = None if counter is None else counter.before
        changed.append(
            Debit(
                feature=node.feature.code,
                start=start,
                end=None if node.cycle is None else node.cycle.end,
                window=window,
                rolled=node.rolled,
                late=late or (before is not None and before.start == start),
            )
        )
    return tuple(changed)


def opened(view: View, *, at: datetime, zone: str) -> Iterator[Event]:
    """The event that fixes the calendar of an account that has none."""
    if view.usage.calendar is None and view.grants.calendar is None:
        calendar = view.usage.calendar_at(at, zone)
        yield AccountOpened(anchor=calendar.anchor, zone=calendar.zone, at=at)


def _moment(view: View, use: Use) -> datetime:
    """The moment whose cycle the use is booked into: its own, while that cycle is open, or was until a day ago."""
    if use.chain[-1].reset != "monthly" or use.occurred_at >= use.at:
        return use.at
    cycle = view.calendar(use.at, use.zone).cycle(use.occurred_at)
    closed = cycle.end is not None and cycle.end + OPEN_FOR <= use.at
    return use.at if closed or use.at in cycle else use.occurred_at


def _is_late(view: View, use: Use, moment: datetime) -> bool:
    if use.chain[-1].reset != "monthly" or moment == use.at:
        return False
    return use.at not in view.calendar(use.at, use.zone).cycle(moment)


def _is_adjustment(view: View, use: Use, moment: datetime) -> bool:
    if use.chain[-1].reset != "monthly" or moment == use.occurred_at:
        return False
    return use.occurred_at not in view.calendar(use.at, use.zone).cycle(moment)


def _ungranted(view: View, use: Use, moment: datetime) -> Standing:
    """The holder's own level, for use that nobody has granted and nobody wants to enforce."""
    view = view.settled(moment)
    chain = nodes_of(view, use.chain, at=moment, zone=use.zone, leaving_out=use.reservation_id)
    return Standing(view, chain, chain[:1])


def divided(standings: Sequence[Standing], use: Use) -> Iterator[tuple[Standing, int]]:
    """Which level takes how much: each what it has left, the first what nobody has; returns from the last on.

    Raises:
        ValidationFailed: more would be given back than is used.
    """
    quantity = use.quantity
    if len(standings) == 1:
        if quantity < 0:
            _check_return(-quantity, _returnable(standings[0], use))
        yield standings[0], quantity
        return
    if quantity < 0:
        yield from _returned(standings, use)
        return
    shares = []
    left = quantity
    for standing in standings:
        available = standing.binding.available
        share = left if available is None else min(left, available)
        shares.append(share)
        left -= share
    shares[0] += left
    used = [(standing, share) for standing, share in zip(standings, shares, strict=True) if share]
    yield from used or [(standings[0], 0)]


def _returned(standings: Sequence[Standing], use: Use) -> Iterator[tuple[Standing, int]]:
    quantity = -use.quantity
    has = [_returnable(standing, use) for standing in standings]
    _check_return(quantity, sum(has))
    for standing, most in zip(reversed(standings), reversed(has), strict=True):
        taken = min(quantity, most)
        if taken:
            quantity -= taken
            yield standing, -taken


def _returnable(standing: Standing, use: Use) -> int:
    """How much of the feature itself, without its parts, is in use on the level; every pool above it has as much."""
    own, root = standing.chain[0], standing.chain[-1].feature
    start = None if own.cycle is None else own.cycle.start
    counters = (standing.view.usage.counters.get(part.code) for part in use.parts)
    parts = sum(
        counter.used(start=start, days=root.rolling_window_days, at=use.at)
        for counter in counters
        if counter is not None
    )
    return max(0, min(own.used - own.held - parts, *(node.used - node.held for node in standing.chain)))


def _check_return(quantity: int, used: int) -> None:
    if quantity > used:
        raise ValidationFailed({"quantity": [f"Gives back more than is used of the feature itself, which is {used}."]})


def _check_sums(parts: Sequence[tuple[Standing, int]]) -> None:
    for standing, part in parts:
        if part > 0 and any(node.used + part > MOST for node in standing.chain):
            raise ValidationFailed({"quantity": [f"No more than {MOST} can be counted altogether."]})


def _events(standing: Standing, quantity: int, use: Use, moment: datetime) -> Iterator[Event]:
    view = standing.view
    yield from opened(view, at=use.at, zone=use.zone)
    late = _is_late(view, use, moment)
    own = standing.chain[0]
    yield UsageRecorded(
        feature=use.feature.code,
        quantity=quantity,
        occurred_at=use.occurred_at,
        used=own.used - own.held + quantity,
        debits=debits(standing, use.chain[-1], late=late),
        adjustment=_is_adjustment(view, use, moment),
        reservation_id=use.reservation_id,
        metadata=use.metadata,
        place=use.place,
        at=use.at,
        actor=use.actor,
    )
    yield from alerts(standing, quantity, place=use.place, at=use.at)
