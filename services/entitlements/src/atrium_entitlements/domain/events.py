"""The events of an account: what a holder is given, what it uses, and what was told about it.

An account's stream is `account/<id>`, where the id is that of a namespace, a workspace or a user, with `~test` behind
it for the usage of test keys.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, JsonValue

from atrium_common.eventing.event import Event

BoostType: TypeAlias = Literal["add_limit", "enable", "unlimited"]
BoostDuration: TypeAlias = Literal["cycle_bound", "duration", "permanent"]


class Place(BaseModel):
    """Which holder an event is about, for those who hear of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workspace_id: str | None = None
    namespace_id: str | None = None
    livemode: bool = True


NOWHERE = Place()
"""No holder's place: for tests and for what nobody hears of."""


class EntitlementProvisioned(Event, type="entitlement.provisioned", schema=1):
    """The holder was given a package, with the limits of its present version.

    Attributes:
        starts_at: from when on it is in force.
        expires_at: until when, exclusive; None: for good.
        trial_ends_at: until when it is a trial, which ends it unless it is renewed.
        anchor: what the account's monthly cycles are counted from, where this sets it.
        zone: the zone of that calendar.
    """

    entitlement_id: str
    package_id: str
    package: str
    package_name: str
    package_version: int
    is_base: bool
    is_stackable: bool = False
    limits: dict[str, int | None]
    source: str = "api"
    metadata: dict[str, JsonValue] | None = None
    starts_at: datetime
    expires_at: datetime | None = None
    trial_ends_at: datetime | None = None
    anchor: datetime | None = None
    zone: str = "UTC"
    place: Place = NOWHERE
    at: datetime
    actor: str = ""


class EntitlementSuspended(Event, type="entitlement.suspended", schema=1):
    """A package grants nothing for the time being; usage and calendar stay."""

    entitlement_id: str
    reason: str | None = None
    place: Place = NOWHERE
    at: datetime
    actor: str = ""


class EntitlementUnsuspended(Event, type="entitlement.unsuspended", schema=1):
    """A suspended package grants again."""

    entitlement_id: str
    place: Place = NOWHERE
    at: datetime
    actor: str = ""


class EntitlementCancelled(Event, type="entitlement.cancelled", schema=1):
    """A package ends at `effective_at`."""

    entitlement_id: str
    effective_at: datetime
    reason: str | None = None
    place: Place = NOWHERE
    at: datetime
    actor: str = ""


class EntitlementRenewed(Event, type="entitlement.renewed", schema=1):
    """A package goes on until `expires_at` (None: for good); a trial has become the real thing."""

    entitlement_id: str
    expires_at: datetime | None
    place: Place = NOWHERE
    at: datetime
    actor: str = ""


class EntitlementExpired(Event, type="entitlement.expired", schema=1):
    """A package's end, or its trial's, is past: told after the fact, for what expires does so by itself."""

    entitlement_id: str
    expired_at: datetime
    place: Place = NOWHERE
    at: datetime
    actor: str = ""


class BoostCreated(Event, type="boost.created", schema=1):
    """The holder was given more of a feature, or a feature, until `expires_at` (None: for good)."""

    boost_id: str
    feature: str
    kind: BoostType
    duration: BoostDuration
    quantity: int | None = None
    starts_at: datetime
    expires_at: datetime | None = None
    source: str = "api"
    place: Place = NOWHERE
    at: datetime
    actor: str = ""


class BoostCancelled(Event, type="boost.cancelled", schema=1):
    """A boost was taken away."""

    boost_id: str
    place: Place = NOWHERE
    at: datetime
    actor: str = ""


class BoostExpired(Event, type="boost.expired", schema=1):
    """A boost's end is past: told after the fact."""

    boost_id: str
    expired_at: datetime
    place: Place = NOWHERE
    at: datetime
    actor: str = ""


class Debit(BaseModel):
    """What usage changes on one feature of the account: the used one itself, or a pool above it.

    Attributes:
        start, end: the monthly cycle that it is booked into; None for features that never reset or roll.
        window: the length of the rolling window in days, for those that do.
        rolled: what the cycle before left over for this one.
        late: the cycle is not the present one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str
    start: datetime | None = None
    end: datetime | None = None
    window: int | None = None
    rolled: int = 0
    late: bool = False


class UsageRecorded(Event, type="usage.recorded", schema=1):
    """So much of a feature was used (or, negative, given back).

    Attributes:
        occurred_at: when it was used; booked into the cycle that this belongs to.
        used: how much of `feature` is used after this, in that cycle.
        debits: the feature itself and every pool above it.
        adjustment: it belongs to a cycle that is closed, and stands in the present one.
        reservation_id: the reservation that it takes the place of.
        place: whose use it was, which is not the account's own holder where a level above is debited.
    """

    feature: str
    quantity: int
    occurred_at: datetime
    used: int
    debits: tuple[Debit, ...]
    adjustment: bool = False
    reservation_id: str | None = None
    metadata: dict[str, JsonValue] | None = None
    place: Place = NOWHERE
    at: datetime
    actor: str = ""


class ReservationMade(Event, type="reservation.made", schema=1):
    """So much is held until `expires_at`, and counts as used until then."""

    reservation_id: str
    feature: str
    quantity: int
    debits: tuple[Debit, ...]
    expires_at: datetime
    metadata: dict[str, JsonValue] | None = None
    place: Place = NOWHERE
    at: datetime
    actor: str = ""


class ReservationEnded(Event, type="reservation.ended", schema=1):
    """A reservation was committed (its usage stands beside this event), or released."""

    reservation_id: str
    how: Literal["committed", "released"]
    place: Place = NOWHERE
    at: datetime
    actor: str = ""


class LimitWarned(Event, type="usage.limit_warning", schema=1):
    """Usage has crossed 80 or 90 % of a limit."""

    feature: str
    threshold: int
    used: int
    limit: int
    cycle_start: datetime | None = None
    place: Place = NOWHERE
    at: datetime


class LimitReached(Event, type="usage.limit_reached", schema=1):
    """Usage has reached a limit."""

    feature: str
    threshold: int = 100
    used: int
    limit: int
    cycle_start: datetime | None = None
    place: Place = NOWHERE
    at: datetime


class AccountOpened(Event, type="account.opened", schema=1):
    """The account counts calendar months of this zone, until a package brings a calendar of its own.

    So a zone that is changed later never begins a cycle anew.
    """

    anchor: datetime
    zone: str
    at: datetime


class AccountBlocked(Event, type="account.blocked", schema=1):
    """Nothing is granted while this cause lasts: its workspace was suspended, it was deleted, or the like."""

    cause: str
    reason: str | None = None
    at: datetime
    actor: str = ""


class AccountUnblocked(Event, type="account.unblocked", schema=1):
    """The cause is gone; what was granted before is granted again, unless another cause lasts."""

    cause: str
    at: datetime
    actor: str = ""


EVENTS = (
    AccountOpened,
    EntitlementProvisioned,
    EntitlementSuspended,
    EntitlementUnsuspended,
    EntitlementCancelled,
    EntitlementRenewed,
    EntitlementExpired,
    BoostCreated,
    BoostCancelled,
    BoostExpired,
    UsageRecorded,
    ReservationMade,
    ReservationEnded,
    LimitWarned,
    LimitReached,
    AccountBlocked,
    AccountUnblocked,
)
