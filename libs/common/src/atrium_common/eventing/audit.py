"""An audit of a service's log and of everything that is derived from it: what is wrong, in words.

It goes through the whole log once and asks every look-up what the log says. Done beside a running service it may see a
commit whose row is not put yet; so what seems wrong is looked at again before it is told (`atrium admin check`).
What it remembers on the way is of the size of the streams and claims, never of the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import orjson

from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.repository import Repository
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Commit, EventRecord, Held, StreamEvent
from atrium_common.store.documents import Document, Put
from atrium_common.store.ports import Store
from atrium_common.store.stride import Stride
from atrium_common.store.whole import PAGE, every_document

_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: one word for machines: gap, unreadable, event, version, command, stream, claim, row, snapshot, checkpoint.
        where: the position, stream, claim or document.
        what: a sentence.
    """

    kind: str
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class _Ids:
    """The ids of a stream's events, one after another: how many, and a digest in place of them all."""

    count: int = 0
    digest: bytes = b""

    def then(self, ids: Iterable[str]) -> _Ids:
        count, digest = self.count, self.digest
        for each in ids:
            count += 1
            digest = hashlib.blake2b(digest + each.encode(), digest_size=16).digest()
        return _Ids(count, digest)


@dataclass(slots=True)
class _Seen:
    """What the log says, gathered on the way through it."""

    versions: dict[str, int] = field(default_factory=dict)
    events: dict[str, _Ids] = field(default_factory=dict)
    claims: dict[str, tuple[Held, bool]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    tail: int = 0


class Audit:
    """The audit of one service's store."""

    def __init__(
        self, store: Store, codec: Codec, repository: Callable[[], Repository], deciders: Sequence[Decider[Any]]
    ) -> None:
        """`repository` makes one that remembers nothing."""
        self._store = store
        self._codec = codec
        self._repository = repository
        self._deciders = {decider.name: decider for decider in deciders}

    async def findings(self, *, tails: Mapping[str, int]) -> list[Finding]:
        """Everything that is wrong, sorted. `tails` has the tails of the logs that this service reads, by topic."""
        checkpoints = [document async for document in every_document(self._store.documents, CHECKPOINTS.name)]
        seen = _Seen()
        found = [finding async for finding in self._log(seen)]
        found += [finding async for finding in self._streams(seen)]
        found += self._claims(seen, await self._store.log.held())
        found += [finding async for finding in self._rows(seen)]
        found += _checkpoints(checkpoints, own=await self._store.log.tail(), tails=tails)
        return sorted(set(found))

    async def _log(self, seen: _Seen) -> AsyncIterator[Finding]:
        async for position, commit in self._commits():
            if position != seen.tail + 1:
                yield Finding("gap", f"position {seen.tail + 1}", f"the log goes on at {position}")
            seen.tail = position
            if commit is None:
                yield Finding("unreadable", f"position {position}", "the commit can't be read")
                continue
            for finding in _versions(commit, seen):
                yield finding
            async for finding in self._commands(commit):
                yield finding
            async for finding in self._events(commit):
                yield finding
            for finding in _claimed(commit, seen):
                yield finding

    async def _commits(self) -> AsyncIterator[tuple[int, Commit | None]]:
        """Every commit with its position; None in place of one that can't be read."""
        position, stride = 0, Stride(PAGE)
        while True:
            try:
                page: Sequence[Commit] = await self._store.log.read_log(after=position, limit=stride.limit)
                stride.took(page)
            except _UNREADABLE:
                page = ()
                try:
                    page = await self._store.log.read_log(after=position, limit=1)
                except _UNREADABLE:
                    position += 1
                    yield position, None
                    continue
            if not page:
                return
            for commit in page:
                yield commit.position, commit
            position = page[-1].position

    async def _commands(self, commit: Commit) -> AsyncIterator[Finding]:
        where = f"position {commit.position}"
        for command_id in commit.proposal.command_ids:
            try:
                found = await self._store.log.find(command_id)
            except _UNREADABLE:
                found = None
            if found is None:
                yield Finding("command", where, f"the command {command_id} is not found by its id")
            elif found.position != commit.position:
                yield Finding("command", where, f"the command {command_id} has another commit, at {found.position}")

    async def _events(self, commit: Commit) -> AsyncIterator[Finding]:
        for part in commit.proposal.slices:
            for version, record in enumerate(part.events, start=part.expected + 1):
                where = f"{part.stream} version {version}"
                try:
                    await self._codec.read([_placed(part.stream, version, commit, record)])
                    if record.publication is not None:
                        await self._codec.open(record.publication.data)
                except _UNREADABLE as error:
                    yield Finding("event", where, f"{record.type} can't be read: {_first_line(error)}")
        try:
            await self._codec.open(commit.proposal.outcome)
        except _UNREADABLE as error:
            yield Finding("event", f"position {commit.position}", f"the outcome does not open: {_first_line(error)}")

    async def _streams(self, seen: _Seen) -> AsyncIterator[Finding]:
        for stream, ids in seen.events.items():
            if await self._read(stream, ids.count) != ids:
                seen.broken.add(stream)
                yield Finding("stream", stream, "read by itself it is not what the log says of it")

    async def _read(self, stream: str, count: int) -> _Ids | None:
        """The ids of the stream's first `count` events as the stream itself has them; None when it is not whole."""
        ids = _Ids()
        while ids.count < count:
            try:
                page = await self._store.log.read_stream(stream, after=ids.count, limit=min(PAGE, count - ids.count))
            except _UNREADABLE:
                return None
            if not page or any(n != each.version for n, each in enumerate(page, start=ids.count + 1)):
                return None
            ids = ids.then(each.id for each in page)
        return ids

    @staticmethod
    def _claims(seen: _Seen, held: Mapping[str, Held]) -> Iterator[Finding]:
        for claim, (should, released) in seen.claims.items():
            is_ = held.get(claim)
            if released and is_ == should:
                yield Finding("claim", claim, f"it is held still, and {should.stream} has given it up")
            elif not released and is_ is None:
                yield Finding("claim", claim, f"it is free, and {should.stream} holds it since {should.position}")
            elif is_ is not None and is_ != should and is_.position <= seen.tail:
                yield Finding("claim", claim, f"it is held by {is_.stream} since {is_.position}, which the log denies")
        for claim in sorted(held.keys() - seen.claims.keys()):
            if held[claim].position <= seen.tail:
                yield Finding("claim", claim, f"it is held by {held[claim].stream}, and no commit has claimed it")

    async def _rows(self, seen: _Seen) -> AsyncIterator[Finding]:
        kept: dict[str, set[str]] = {}
        repository = self._repository()
        for stream in seen.versions:
            name, _, aggregate_id = stream.partition("/")
            decider = self._deciders.get(name)
            if decider is None or stream in seen.broken:
                continue
            try:
                loaded = await repository.load(replace(decider, snapshot=None), aggregate_id)
            except _UNREADABLE as error:
                yield Finding("event", stream, f"it can't be folded: {_first_line(error)}")
                continue
            if decider.snapshot is not None and await self._snapped(decider, aggregate_id, loaded) != loaded:
                yield Finding("snapshot", stream, "the snapshot and its tail are not the full fold")
            row = decider.row(loaded) if decider.row is not None and loaded.state is not None else None
            if row is None:
                continue
            keys = kept.setdefault(row.collection, set())
            if isinstance(row, Put):
                keys.add(row.key)
                async for finding in self._compared(row):
                    yield finding
        for collection, keys in kept.items():
            async for document in every_document(self._store.documents, collection):
                if document.key not in keys:
                    yield Finding("row", f"{collection}/{document.key}", "it belongs to no aggregate")

    async def _snapped(self, decider: Decider[Any], aggregate_id: str, full: Loaded[Any]) -> Loaded[Any]:
        return await self._repository().load(decider, aggregate_id, at=full.version)

    async def _compared(self, row: Put) -> AsyncIterator[Finding]:
        where = f"{row.collection}/{row.key}"
        document = await self._store.documents.get(row.collection, row.key)
        if document is None:
            if row.expires_at is None:  # what expires may be gone already
                yield Finding("row", where, "it is missing")
        elif (document.version, document.body) != (row.version, _as_stored(row.body)):
            yield Finding("row", where, f"version {document.version} is not what a rebuild makes of {row.version}")


def _versions(commit: Commit, seen: _Seen) -> Iterator[Finding]:
    for part in commit.proposal.slices:
        known = seen.versions.get(part.stream, 0)
        if part.expected != known:
            where = f"{part.stream} version {part.expected + 1}"
            yield Finding("version", where, f"position {commit.position} follows version {known}")
        seen.versions[part.stream] = part.expected + len(part.events)
        seen.events[part.stream] = seen.events.get(part.stream, _Ids()).then(record.id for record in part.events)


def _claimed(commit: Commit, seen: _Seen) -> Iterator[Finding]:
    for claim in commit.proposal.claims:
        held, released = seen.claims.get(claim.key, (None, True))
        if held is not None and not released:
            yield Finding("claim", claim.key, f"{claim.stream} has claimed it while {held.stream} held it")
        seen.claims[claim.key] = (Held(claim.stream, commit.position), False)
    for release in commit.proposal.releases:
        held, _ = seen.claims.get(release.key, (None, True))
        if held is not None and held.stream == release.stream and held.position < commit.position:
            seen.claims[release.key] = (held, True)


def _checkpoints(checkpoints: Sequence[Document], *, own: int, tails: Mapping[str, int]) -> Iterator[Finding]:
    for document in checkpoints:
        position = document.body.get("position")
        topic = document.key.rpartition(":")[2]
        tail = own if document.key.startswith("relay:") else tails.get(topic, own)
        if not isinstance(position, int) or position > tail:
            yield Finding("checkpoint", document.key, f"it is at {position}, and its log ends at {tail}")


def _placed(stream: str, version: int, commit: Commit, record: EventRecord) -> StreamEvent:
    return StreamEvent(
        stream, version, commit.position, commit.proposal.at, record.id, record.type, record.schema, record.data
    )


def _as_stored(body: JSONObject) -> JSONObject:
    return cast("JSONObject", orjson.loads(orjson.dumps(body)))


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
