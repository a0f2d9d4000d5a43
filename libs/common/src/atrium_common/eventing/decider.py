"""What an aggregate is to the rest of the system: a name, a first state, and a pure function that folds events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from atrium_common.eventing.event import Event
from atrium_common.eventing.snapshot import Snapshotting
from atrium_common.store.commit import Publication
from atrium_common.store.documents import Delete, Put

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """An aggregate's state at a version; `state` is None where the stream is empty (version 0)."""

    id: str
    state: S | None
    version: int

    @property
    def there(self) -> S:
        """The state of a stream that is known to have one.

        Raises:
            LookupError: the stream is empty.
        """
        if self.state is None:
            raise LookupError(self.id)
        return self.state


@dataclass(frozen=True, slots=True)
class Decider(Generic[S]):
    """One kind of aggregate.

    Attributes:
        name: the first part of its streams' names: `workspace` for `workspace/wks_…`.
        evolve: the state after an event; the first argument is None for the first event. Pure; never refuses.
        publish: the public form of an event, given the states before and after and the aggregate's id, or None for an
            internal one. Pure.
            Personal values stand in its data as `Personal(...).marked()`.
        row: the read-model document of a state at a version (guarded `Newer`), or None where there is no row.
        snapshot: how long streams are shortened for loading: `Snapshotting.of(Account, schema=1)`; None: always folded.
    """

    name: str
    evolve: Callable[[S | None, Event], S]
    publish: Callable[[Event, S | None, S, str], Publication | None] | None = None
    row: Callable[[Loaded[S]], Put | Delete | None] | None = None
    snapshot: Snapshotting[S] | None = None

    def stream(self, aggregate_id: str) -> str:
        """The name of the stream of the aggregate with this id."""
        return f"{self.name}/{aggregate_id}"
