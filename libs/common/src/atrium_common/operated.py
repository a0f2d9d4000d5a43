"""What operators' commands need to know of a service: declared once in its wiring, as `OPERATED`.

`atrium admin check`, `rebuild`, `backup`, `rotate-sealing-key` and `migrate` work on any service through this alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from atrium_common.clock import Clock
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.log_projector import LogProjector
from atrium_common.eventing.presence import Presence
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.vault import Vault
from atrium_common.ids import Ids
from atrium_common.store.documents import Collection
from atrium_common.store.ports import Store


@dataclass(frozen=True, slots=True)
class Opened:
    """A service's store as a command holds it: beside the running service, or without it."""

    operated: Operated
    store: Store
    vault: Vault
    clock: Clock
    ids: Ids

    @property
    def codec(self) -> Codec:
        """Reads the service's events."""
        return Codec(self.operated.events, self.vault)

    def repository(self, *, presence: Presence | None = None) -> Repository:
        """A fresh repository, which remembers nothing; see there for `presence`."""
        return Repository(
            self.store, codec=self.codec, ids=self.ids, deciders=self.operated.deciders, presence=presence
        )


Projectors: TypeAlias = Callable[[Opened], Sequence[LogProjector]]
Forget: TypeAlias = Callable[[Opened, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Operated:
    """One service, as operators' commands see it.

    Attributes:
        name: like `tenancy`; its store's name.
        collections: what it declares when it opens its store.
        events: every event that its log may hold.
        deciders: its aggregates; those with rows are checked and rebuilt.
        topic: where its events are published, or None.
        projectors: its projections of the whole log.
        forget: removes a forgotten subject from documents that are no rows of the log's; None where there are none.
    """

    name: str
    collections: Sequence[Collection] = ()
    events: EventRegistry = field(default_factory=lambda: EventRegistry(()))
    deciders: Sequence[Decider[Any]] = ()
    topic: str | None = None
    projectors: Projectors = field(default=lambda _: ())
    forget: Forget | None = None
