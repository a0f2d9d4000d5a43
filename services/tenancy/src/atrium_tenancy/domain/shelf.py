"""An owner's shelf of namespaces: which of them is the default. One stream decides, so that there is one at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from atrium_common.eventing.event import Event


class DefaultChosen(Event, type="shelf.default_chosen", schema=1):
    """This namespace is the owner's default from now on; None: none is."""

    namespace_id: str | None
    at: datetime


EVENTS = (DefaultChosen,)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A shelf's state."""

    default_id: str | None


def evolve(_: Shelf | None, event: Event) -> Shelf:
    """The shelf after the event."""
    if isinstance(event, DefaultChosen):
        return Shelf(event.namespace_id)
    raise TypeError(f"{event.TYPE} is no event of a shelf")
