"""An account: what one holder was given and has used. Its stream is the one place where a limit is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeAlias, TypeVar

from atrium_common.eventing.event import Event
from atrium_entitlements.domain import events as e
from atrium_entitlements.domain.counters import Alerted, Counter, debited
from atrium_entitlements.domain.cycles import Calendar, default_calendar
from atrium_entitlements.domain.periods import Period, earliest

V = TypeVar("V")
EntitlementStatus: TypeAlias = Literal["active", "suspended", "cancelled", "expired"]
BoostStatus: TypeAlias = Literal["active", "cancelled", "expired"]
REMEMBERED = 64
"""Of how many ended reservations it is remembered how they ended."""


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A package that the holder was given, and what has become of it.

    Attributes:
        told: whether its expiry has been told.
    """

    given: e.EntitlementProvisioned
    expires_at: datetime | None = None
    trial_ends_at: datetime | None = None
    suspended: bool = False
    suspended_reason: str | None = None
    cancelled_at: datetime | None = None
    updated_at: datetime | None = None
    told: bool = False
    version: int = 1

    @property
    def period(self) -> Period:
        """When it is in force, as far as it is not suspended."""
        end = earliest(self.expires_at, self.trial_ends_at, self.cancelled_at)
        return Period(self.given.starts_at, None if end is None else max(end, self.given.starts_at))

    def in_force(self, at: datetime) -> bool:
        """Whether it grants then: it has begun, and is neither over nor suspended."""
        if self.cancelled_at is not None and self.cancelled_at <= at:
            return False
        return not self.suspended and at in self.period

    def status(self, at: datetime) -> EntitlementStatus:
        """What clients are told; one that has not begun yet is active, and `starts_at` says from when on."""
        if self.cancelled_at is not None and self.cancelled_at <= at:
            return "cancelled"
        if self.period.is_past(at):
            return "expired"
        return "suspended" if self.suspended else "active"


@dataclass(frozen=True, slots=True)
class Boost:
    """A boost that the holder was given, and what has become of it."""

    made: e.BoostCreated
    cancelled_at: datetime | None = None
    told: bool = False
    version: int = 1

    @property
    def period(self) -> Period:
        """When it is in force."""
        return Period(self.made.starts_at, earliest(self.made.expires_at, self.cancelled_at))

    def in_force(self, at: datetime) -> bool:
        """Whether it grants then: every check asks this of all that the account ever had, so nothing is made for it."""
        made, cancelled_at = self.made, self.cancelled_at
        if cancelled_at is not None and cancelled_at <= at:
            return False
        return made.starts_at <= at and (made.expires_at is None or at < made.expires_at)

    def status(self, at: datetime) -> BoostStatus:
        """What clients are told."""
        if self.cancelled_at is not None and self.cancelled_at <= at:
            return "cancelled"
        return "expired" if self.period.is_past(at) else "active"


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is held, on the feature and its pools, until it expires."""

    feature: str
    quantity: int
    features: tuple[str, ...]
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Coming:
    """A calendar that begins with a package which has not begun yet."""

    starts_at: datetime
    calendar: Calendar
    entitlement_id: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account's state.

    Attributes:
        calendar: what its monthly cycles are counted from; None before its first event.
        counters: usage by feature code.
        reservations: those that nobody has ended; one that is past holds nothing.
        ended: how the last of the others ended.
        blocked: why nothing is granted, by cause.
        coming: the calendars that scheduled packages bring, the first to begin first.
    """

    calendar: Calendar | None = None
    entitlements: Mapping[str, Entitlement] = field(default_factory=dict)
    boosts: Mapping[str, Boost] = field(default_factory=dict)
    counters: Mapping[str, Counter] = field(default_factory=dict)
    reservations: Mapping[str, Reservation] = field(default_factory=dict)
    ended: Mapping[str, str] = field(default_factory=dict)
    blocked: Mapping[str, str | None] = field(default_factory=dict)
    coming: tuple[Coming, ...] = ()

    def settled(self, at: datetime) -> Account:
        """The account with the calendars that have come by then."""
        account = self
        while account.coming and account.coming[0].starts_at <= at:
            come, *later = account.coming
            account = replace(account, coming=tuple(later))
            if account.begins(come):
                account = _moved(account, come.calendar, come.starts_at)
        return account

    @property
    def awaits_calendar(self) -> bool:
        """Whether a package that is to begin brings a calendar."""
        return any(self.begins(come) for come in self.coming)

    def begins(self, come: Coming) -> bool:
        """Whether its package begins: it was not cancelled before."""
        return come.starts_at in self.entitlements[come.entitlement_id].period

    def calendar_at(self, at: datetime, zone: str) -> Calendar:
        """Its calendar then, or the one that it would get in this zone."""
        return self.settled(at).calendar or default_calendar(at, zone)

    def held(self, feature: str, at: datetime, *, until: datetime | None = None, leaving_out: str | None = None) -> int:
        """How much of the feature reservations hold then, in a cycle that ends at `until`.

        Those that were made after it hold nothing of it: what they come to is booked in a later one.
        """
        return sum(
            reservation.quantity
            for reservation_id, reservation in self.reservations.items()
            if at < reservation.expires_at
            and feature in reservation.features
            and reservation_id != leaving_out
            and (until is None or reservation.made_at < until)
        )


NEW = Account()
"""The account of a holder whose stream is empty."""


def evolve(account: Account | None, event: Event) -> Account:
    """The account after the event."""
    account = account or NEW
    if account.coming:
        account = account.settled(event.at)  # type: ignore[attr-defined]  # as all events of an account have it
    match event:
        case e.UsageRecorded():
            return _used(account, event)
        case e.LimitWarned() | e.LimitReached():
            counter = account.counters.get(event.feature, Counter())
            alerted = Alerted(event.threshold, event.limit, event.cycle_start)
            return _with_counter(account, event.feature, counter.telling(alerted))
        case e.ReservationMade():
            return _reserved(account, event)
        case e.ReservationEnded():
            return _ended(account, event)
        case e.AccountOpened():
            return replace(account, calendar=Calendar(event.anchor, event.zone, given=False))
        case e.AccountBlocked():
            return replace(account, blocked={**account.blocked, event.cause: event.reason})
        case e.AccountUnblocked():
            return replace(account, blocked=_without(account.blocked, event.cause))
        case e.BoostCreated():
            return replace(account, boosts={**account.boosts, event.boost_id: Boost(event)})
        case e.BoostCancelled() | e.BoostExpired():
            return _boost_ended(account, event)
        case e.EntitlementProvisioned():
            return _provisioned(account, event)
        case _:
            return _entitlement_changed(account, event)


def _provisioned(account: Account, event: e.EntitlementProvisioned) -> Account:
    given = Entitlement(event, expires_at=event.expires_at, trial_ends_at=event.trial_ends_at, updated_at=event.at)
    account = replace(account, entitlements={**account.entitlements, event.entitlement_id: given})
    if event.anchor is None:
        return account
    calendar = Calendar(event.anchor, event.zone)
    if account.calendar is None or event.starts_at <= event.at:
        return _moved(account, calendar, event.at)
    coming = (*account.coming, Coming(event.starts_at, calendar, event.entitlement_id))
    return replace(account, coming=tuple(sorted(coming, key=lambda each: each.starts_at)))


def _moved(account: Account, calendar: Calendar, at: datetime) -> Account:
    """The account with another calendar from then on, which begins its cycles anew.

    What never starts at zero again, or rolls, is not touched.
    """
    if calendar == account.calendar:
        return account
    cycle = calendar.cycle(at)
    counters = {code: each.rebased(cycle) for code, each in account.counters.items()}
    return replace(account, calendar=calendar, counters=counters)


def _entitlement_changed(account: Account, event: Event) -> Account:
    match event:
        case e.EntitlementSuspended():
            changes: dict[str, object] = {"suspended": True, "suspended_reason": event.reason}
        case e.EntitlementUnsuspended():
            changes = {"suspended": False, "suspended_reason": None}
        case e.EntitlementCancelled():
            changes = {"cancelled_at": event.effective_at}
        case e.EntitlementRenewed():
            # Where a replacement was scheduled that was taken back, the end that it would have made is void.
            changes = {"expires_at": event.expires_at, "trial_ends_at": None, "cancelled_at": None, "told": False}
        case e.EntitlementExpired():
            changes = {"told": True}
        case _:
            raise TypeError(f"{event.TYPE} is no event of an account")
    known = account.entitlements[event.entitlement_id]
    changed = replace(known, updated_at=event.at, version=known.version + 1, **changes)  # type: ignore[arg-type]
    return replace(account, entitlements={**account.entitlements, event.entitlement_id: changed})


def _boost_ended(account: Account, event: e.BoostCancelled | e.BoostExpired) -> Account:
    known = account.boosts[event.boost_id]
    cancelled_at = event.at if isinstance(event, e.BoostCancelled) else known.cancelled_at
    told = known.told or isinstance(event, e.BoostExpired)
    boost = replace(known, cancelled_at=cancelled_at, told=told, version=known.version + 1)
    return replace(account, boosts={**account.boosts, event.boost_id: boost})


def _used(account: Account, event: e.UsageRecorded) -> Account:
    counters = dict(account.counters)
    for debit in event.debits:
        counter = counters.get(debit.feature, Counter())
        counters[debit.feature] = debited(counter, debit, event.quantity, occurred_at=event.occurred_at, at=event.at)
    # Made in one piece, which takes a third of the time of `replace`: it is what most events of most accounts come to.
    return Account(
        account.calendar,
        account.entitlements,
        account.boosts,
        counters,
        account.reservations,
        account.ended,
        account.blocked,
        account.coming,
    )


def _reserved(account: Account, event: e.ReservationMade) -> Account:
    features = tuple(debit.feature for debit in event.debits)
    reservation = Reservation(event.feature, event.quantity, features, event.at, event.expires_at)
    # What is past by now holds nothing and need not be kept.
    kept = {key: each for key, each in account.reservations.items() if event.at < each.expires_at}
    return replace(account, reservations={**kept, event.reservation_id: reservation})


def _ended(account: Account, event: e.ReservationEnded) -> Account:
    ended = dict(list(account.ended.items())[-REMEMBERED + 1 :])
    ended[event.reservation_id] = event.how
    return replace(account, reservations=_without(account.reservations, event.reservation_id), ended=ended)


def _with_counter(account: Account, feature: str, counter: Counter) -> Account:
    return replace(account, counters={**account.counters, feature: counter})


def _without(mapping: Mapping[str, V], key: str) -> dict[str, V]:
    return {name: value for name, value in mapping.items() if name != key}
