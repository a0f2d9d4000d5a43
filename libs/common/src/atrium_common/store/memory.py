"""A store in memory, for tests: the same promises, nothing durable."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from atrium_common.clock import Clock, SystemClock
from atrium_common.jsontypes import Scalar
from atrium_common.store.admission import admits, bumped, check_expected
from atrium_common.store.commit import Appended, Claim, Commit, Held, Proposal, StreamEvent
from atrium_common.store.documents import Collection, Condition, Delete, Document, Put, Query, Selected
from atrium_common.store.matching import field_of, follows, matches, resolved, sort_documents
from atrium_common.store.ports import ClaimTaken


class MemoryStore:
    """Both halves of a store, in dictionaries."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.log = MemoryEventLog()
        self.documents = MemoryDocuments(self._clock)

    async def open(self, collections: Sequence[Collection]) -> None:
        """Declare the collections."""
        self.documents.declare(collections)

    async def ping(self) -> None:
        """Answer."""

    async def now(self) -> datetime:
        """The clock's moment."""
        return self._clock.now()

    async def scrub(self) -> bool:
        """There are no files."""
        return True

    async def close(self) -> None:
        """Nothing to let go of."""


class MemoryEventLog:
    """The log as a list of commits; an append has no await inside, so it is atomic."""

    def __init__(self) -> None:
        self._commits: list[Commit] = []
        self._commands: dict[str, int] = {}
        self._claims: dict[str, tuple[Claim, int]] = {}
        self._streams: dict[str, list[StreamEvent]] = defaultdict(list)
        self._news = asyncio.Event()

    async def append(self, proposal: Proposal) -> Appended:
        """See `EventLog.append`."""
        for command_id in proposal.command_ids:
            first = self._commands.get(command_id)
            if first is not None:
                return Appended(self._commits[first - 1], replayed=True)
        for part in proposal.slices:
            check_expected(part, len(self._streams.get(part.stream, ())))
        for claim in proposal.claims:
            held = self._claims.get(claim.key)
            if held is not None:
                raise ClaimTaken(claim.key, held[0].stream, held[1])
        commit = Commit(len(self._commits) + 1, copy.deepcopy(proposal))
        self._commits.append(commit)
        self._commands |= dict.fromkeys(proposal.command_ids, commit.position)
        for claim in proposal.claims:
            self._claims[claim.key] = (claim, commit.position)
        for part in commit.proposal.slices:
            self._streams[part.stream].extend(stream_events(commit, part.stream))
        self._news.set()
        return Appended(commit, replayed=False)

    async def find(self, command_id: str) -> Commit | None:
        """See `EventLog.find`."""
        position = self._commands.get(command_id)
        return None if position is None else self._commits[position - 1]

    async def holder(self, claim: str) -> Commit | None:
        """See `EventLog.holder`."""
        held = self._claims.get(claim)
        return None if held is None else self._commits[held[1] - 1]

    async def read_stream(self, stream: str, *, after: int = 0, limit: int | None = None) -> Sequence[StreamEvent]:
        """See `EventLog.read_stream`."""
        events = self._streams.get(stream, [])
        return events[after:] if limit is None else events[after : after + limit]

    async def read_log(self, *, after: int, limit: int) -> Sequence[Commit]:
        """See `EventLog.read_log`."""
        return self._commits[after : after + limit]

    async def tail(self) -> int:
        """See `EventLog.tail`."""
        return len(self._commits)

    async def changed(self, *, after: int, timeout: float) -> bool:
        """See `EventLog.changed`."""
        await asyncio.sleep(0)  # a reader that goes round in circles must not keep everybody else waiting
        if len(self._commits) <= after:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._news.wait()
        return len(self._commits) > after

    async def release(self, claim: str, *, stream: str, before: int) -> bool:
        """See `EventLog.release`."""
        held = self._claims.get(claim)
        if held is None or held[0].stream != stream or held[1] >= before:
            return False
        del self._claims[claim]
        return True

    async def held(self) -> Mapping[str, Held]:
        """See `EventLog.held`."""
        return {key: Held(claim.stream, position) for key, (claim, position) in self._claims.items()}


def stream_events(commit: Commit, stream: str) -> list[StreamEvent]:
    """The events that a commit adds to one stream, with their places."""
    return [
        StreamEvent(stream, version, commit.position, commit.proposal.at, each.id, each.type, each.schema, each.data)
        for part in commit.proposal.slices
        if part.stream == stream
        for version, each in enumerate(part.events, start=part.expected + 1)
    ]


class MemoryDocuments:
    """Collections as dictionaries, searched from end to end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._collections: dict[str, dict[str, Document]] = {}
        self._tombstones: dict[str, dict[str, tuple[int, datetime | None]]] = {}
        self._multi: dict[str, frozenset[str]] = {}

    def declare(self, collections: Sequence[Collection]) -> None:
        """Make the collections known."""
        for collection in collections:
            self._collections.setdefault(collection.name, {})
            self._tombstones.setdefault(collection.name, {})
            self._multi[collection.name] = collection.multi

    async def get(self, collection: str, key: str) -> Document | None:
        """See `Documents.get`."""
        return self._copy(self._live(collection, key))

    async def get_many(self, collection: str, keys: Sequence[str]) -> Mapping[str, Document]:
        """See `Documents.get_many`."""
        found = {key: self._copy(self._live(collection, key)) for key in keys}
        return {key: document for key, document in found.items() if document is not None}

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        """See `Documents.write`."""
        return [self._write(write) for write in writes]

    async def query(self, collection: str, query: Query) -> Sequence[Document]:
        """See `Documents.query`."""
        found = self._matching(collection, await resolved(query.where, self._select))
        ordered = [d for d in sort_documents(found, query.sort) if query.after is None or follows(d, query)]
        return [copy.deepcopy(document) for document in ordered[query.skip : query.skip + query.limit]]

    async def count(self, collection: str, where: Sequence[Condition] = ()) -> int:
        """See `Documents.count`."""
        return len(await self.query(collection, Query(where=tuple(where), limit=1 << 62)))

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
        """See `Documents.bump`."""
        document = self._live(collection, key)
        if document is None:
            return None
        body = bumped(document.body, add=add, floor=floor, ceiling=ceiling, match=match)
        if body is None:
            return None
        after = Document(key, document.version + 1, body, document.expires_at)
        self._collections[collection][key] = after
        return self._copy(after)

    async def drop(self, collection: str) -> None:
        """See `Documents.drop`."""
        self._collections[collection].clear()
        self._tombstones[collection].clear()

    async def _select(self, selected: Selected) -> tuple[Scalar, ...]:
        where = await resolved(selected.where, self._select)
        found = self._matching(selected.collection.name, where)
        return tuple(value for each in found if (value := field_of(each, selected.field)) is not None)

    def _matching(self, collection: str, where: Sequence[Condition]) -> list[Document]:
        multi = self._multi[collection]
        return [
            document
            for key in list(self._collections[collection])
            if (document := self._live(collection, key)) is not None and matches(document, where, multi=multi)
        ]

    def _live(self, collection: str, key: str) -> Document | None:
        document = self._collections[collection].get(key)
        if document is None or (document.expires_at is not None and document.expires_at <= self._clock.now()):
            return None
        return document

    def _write(self, write: Put | Delete) -> bool:
        present = self._live(write.collection, write.key)
        tombstone = self._tombstone(write.collection, write.key)
        version = present.version if present else None
        if not admits(write.guard, version=write.version, present=version, tombstone=tombstone):
            return False
        tombstones = self._tombstones[write.collection]
        if isinstance(write, Put):
            tombstones.pop(write.key, None)
            body = copy.deepcopy(write.body)
            self._collections[write.collection][write.key] = Document(write.key, write.version, body, write.expires_at)
        else:
            self._collections[write.collection].pop(write.key, None)
            if write.version:
                tombstones[write.key] = (write.version, write.expires_at)
            else:
                tombstones.pop(write.key, None)
        return True

    def _tombstone(self, collection: str, key: str) -> int:
        version, expires_at = self._tombstones[collection].get(key, (0, None))
        return 0 if expires_at is not None and expires_at <= self._clock.now() else version

    @staticmethod
    def _copy(document: Document | None) -> Document | None:
        return None if document is None else copy.deepcopy(document)
