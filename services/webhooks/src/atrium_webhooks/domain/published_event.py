"""A client's own event: what it says happened, delivered like the platform's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from atrium_common.eventing.event import Event
from atrium_common.eventing.personal import Personal

BUILT_IN = frozenset(
    {"workspace", "namespace", "user", "member", "team", "invitation", "api_key", "webhook", "feature", "package",
     "entitlement", "boost", "reservation", "usage", "event", "stream"}
)  # fmt: skip
"""Resources of the platform: nobody else speaks of them."""
EVENT_TYPE = r"[a-z0-9_]+(\.[a-z0-9_]+)+"
"""What a type of a client's own looks like."""

_TYPE = re.compile(EVENT_TYPE + r"\Z")
_LONGEST = 255


class EventPublished(Event, type="event.published", schema=1):
    """A client had something told. Its data can be read for as long as events are kept."""

    workspace_id: str
    event_type: str
    data: Personal
    idempotency_key: str | None
    livemode: bool
    kept_until: datetime
    at: datetime


EVENTS = (EventPublished,)


@dataclass(frozen=True, slots=True)
class Published:
    """A client's event; its data is None once its time is over."""

    workspace_id: str
    event_type: str
    data: Personal
    idempotency_key: str | None
    livemode: bool
    kept_until: datetime
    created_at: datetime


class UnfitType(ValueError):
    """A client can't publish events of this type; the text says why."""


def check_type(event_type: str) -> None:
    """Return if a client may publish events of this type.

    Raises:
        UnfitType: it is malformed, or the platform's.
    """
    if len(event_type) > _LONGEST or not _TYPE.match(event_type):
        raise UnfitType("Must be lower-case words joined by dots, like order.paid.")
    resource = event_type.partition(".")[0]
    if resource in BUILT_IN:
        raise UnfitType(f"Events of {resource} are the platform's own; choose another first word.")


def evolve(state: Published | None, event: Event) -> Published:
    """The one event there is."""
    if state is not None or not isinstance(event, EventPublished):
        raise TypeError(f"{event.TYPE} is no event of a published event in this state")
    return Published(
        event.workspace_id,
        event.event_type,
        event.data,
        event.idempotency_key,
        event.livemode,
        event.kept_until,
        event.at,
    )
