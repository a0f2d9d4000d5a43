"""What a service asks of its store: an event log, documents, and the store that holds both.

design/architecture.md, "The event log" and "Ports". Adapters: `memory`, `sqlite`, `mongo`; the conformance suite in
`atrium_common.testing.conformance` says in tests what these docstrings say in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from atrium_common.store.commit import Appended, Commit, Held, Proposal, StreamEvent
from atrium_common.store.documents import Collection, Condition, Delete, Document, Put, Query


class EventLog(Protocol):
    """Commits in one gapless order: positions 1, 2, 3, …; what is visible is always a prefix."""

    async def append(self, proposal: Proposal) -> Appended:
        """Make `proposal` the next commit; durable when this returns.

        Where any of its command ids has been committed before, nothing is written and the commit of the first such id
        is returned, `replayed` true.

        Raises:
            VersionConflict: a stream is not at the version that its slice expects (too low, too high, inside another
                commit). Nothing is written.
            ClaimTaken: a claim is held. Nothing is written.
            StoreUnavailable: the store cannot say now. Whether the commit was written is unknown; appending again
                with the same command id finds out.
        """
        ...

    async def find(self, command_id: str) -> Commit | None:
        """The commit that this command made, or None."""
        ...

    async def holder(self, claim: str) -> Commit | None:
        """The commit that holds this claim now, or None."""
        ...

    async def read_stream(self, stream: str, *, after: int = 0, limit: int | None = None) -> Sequence[StreamEvent]:
        """The events of `stream` with a version above `after`, by version, at most `limit` (None: all)."""
        ...

    async def read_log(self, *, after: int, limit: int) -> Sequence[Commit]:
        """The commits with a position above `after`, by position, at most `limit`: without a gap from `after` + 1."""
        ...

    async def tail(self) -> int:
        """The position of the newest commit; 0 where there is none."""
        ...

    async def changed(self, *, after: int, timeout: float) -> bool:
        """Return true when the tail is above `after`, or false after `timeout` seconds."""
        ...

    async def release(self, claim: str, *, stream: str, before: int) -> bool:
        """Free `claim` where a commit of `stream` at a position below `before` holds it.

        True if this call freed it. Repeated, or after somebody else has claimed it anew, it frees nothing.
        """
        ...

    async def held(self) -> Mapping[str, Held]:
        """Every claim that is held now (for audits: it reads them all)."""
        ...


class Documents(Protocol):
    """Versioned JSON documents in declared collections. What has expired is invisible at once."""

    async def get(self, collection: str, key: str) -> Document | None:
        """The document, or None where it is absent, deleted or expired."""
        ...

    async def get_many(self, collection: str, keys: Sequence[str]) -> Mapping[str, Document]:
        """Those of the documents that exist, by key, in one round trip."""
        ...

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        """Do each write whose guard holds; durable when this returns; per write, whether it was done.

        Each write is atomic by itself; the sequence is not. Writes to one document are done in the given order.

        Raises:
            StoreUnavailable: some, all or none may have been done.
        """
        ...

    async def query(self, collection: str, query: Query) -> Sequence[Document]:
        """The documents that fulfil every condition, in the query's order, ties by key."""
        ...

    async def count(self, collection: str, where: Sequence[Condition] = ()) -> int:
        """How many documents fulfil every condition."""
        ...

    async def bump(
        self,
        collection: str,
        key: str,
        *,
        add: Mapping[str, int],
        floor: Mapping[str, int] | None = None,
        ceiling: Mapping[str, int] | None = None,
        match: Mapping[str, int | str | bool] | None = None,
    ) -> Document | None:
        """Add integers to fields of an existing document in one atomic step and return it as it is then.

        None, and nothing changed, where the document is absent or expired, a field of `match` has another value, or a
        field would end below its `floor` or above its `ceiling`. The document's version grows by one. Durable when
        this returns. An absent field counts as 0.
        """
        ...

    async def drop(self, collection: str) -> None:
        """Delete every document of the collection, tombstones included (a rebuild's first step)."""
        ...


class Store(Protocol):
    """One service's store: one SQLite file, one MongoDB database, or memory."""

    @property
    def log(self) -> EventLog:
        """The service's event log."""
        ...

    @property
    def documents(self) -> Documents:
        """The service's documents."""
        ...

    async def open(self, collections: Sequence[Collection]) -> None:
        """Connect, and create what is missing: tables, collections, indexes. Idempotent.

        Raises:
            StoreUnavailable: the store cannot be reached or opened.
        """
        ...

    async def ping(self) -> None:
        """Return if the store answers.

        Raises:
            StoreUnavailable: it does not.
        """
        ...

    async def now(self) -> datetime:
        """The store's own clock, aware, UTC: the one clock that all replicas share."""
        ...

    async def scrub(self) -> bool:
        """Make sure that what was deleted or overwritten stands in no file of the store any more, after an erasure.

        False where that could not be done yet: call again. A server that keeps its files to itself has its own ways.
        """
        ...

    async def close(self) -> None:
        """Finish what is queued and let go. Idempotent."""
        ...


@dataclass(eq=False)
class VersionConflict(Exception):
    """A stream was not at the version that the proposal expected."""

    stream: str
    expected: int
    actual: int

    def __str__(self) -> str:
        return f"{self.stream} is at version {self.actual}, not {self.expected}"


@dataclass(eq=False)
class ClaimTaken(Exception):
    """Something that may exist once exists already."""

    claim: str
    holder: str
    position: int

    def __str__(self) -> str:
        return f"{self.claim} is held by {self.holder} since position {self.position}"


@dataclass(eq=False)
class StoreUnavailable(Exception):
    """The store cannot answer now; the text says why, without secrets."""

    reason: str

    def __str__(self) -> str:
        return self.reason


class StoreRefused(StoreUnavailable):
    """The store will not have us as we are set up; trying again helps nothing, the text says what to set."""
