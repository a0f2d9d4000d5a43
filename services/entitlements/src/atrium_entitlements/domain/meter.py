"""A meter: how many requests the gateway's workers have counted in one minute of one context.

Workers send absolute totals again and again (contract of `gateway.usage`); the stream keeps the highest of each, so
that whatever is repeated, late or out of order counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from atrium_common.eventing.event import Event


class RequestsMetered(Event, type="requests.metered", schema=1):
    """These counters stand higher than before: `quantity` more requests were made in that minute.

    Attributes:
        totals: the new total of each counter that rose, by key and worker.
    """

    workspace_id: str
    namespace_id: str | None
    livemode: bool
    minute: datetime
    totals: dict[str, int]
    quantity: int
    at: datetime


EVENTS = (RequestsMetered,)


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter's state: the highest total of each counter."""

    totals: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """Where and when requests were made."""

    workspace_id: str
    namespace_id: str | None
    livemode: bool
    minute: datetime

    @property
    def id(self) -> str:
        """The id of its meter."""
        mode = "live" if self.livemode else "test"
        minute = self.minute.astimezone(UTC).strftime("%Y%m%dT%H%M")
        return f"{self.workspace_id}/{self.namespace_id or '-'}/{mode}/{minute}"


def evolve(meter: Meter | None, event: Event) -> Meter:
    """The meter after the event."""
    if not isinstance(event, RequestsMetered):
        raise TypeError(f"{event.TYPE} is no event of a meter")
    known = {} if meter is None else meter.totals
    return Meter({**known, **event.totals})


def read(meter: Meter, context: Context, totals: Mapping[str, int], *, at: datetime) -> RequestsMetered | None:
    """Take these totals in; None where none is higher than what is known."""
    risen = {counter: total for counter, total in totals.items() if total > meter.totals.get(counter, 0)}
    if not risen:
        return None
    return RequestsMetered(
        workspace_id=context.workspace_id,
        namespace_id=context.namespace_id,
        livemode=context.livemode,
        minute=context.minute,
        totals=risen,
        quantity=sum(total - meter.totals.get(counter, 0) for counter, total in risen.items()),
        at=at,
    )
