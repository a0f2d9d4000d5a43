"""The event log in MongoDB: one document for each commit; its position is its `_id`, and so the compare-and-swap.

A writer has seen the log up to t, checks a whole group of proposals against that, and inserts t + 1 onwards in order.
Losing means that somebody else's commit is at that position: read on, check again. Correctness needs the uniqueness
of `_id` alone; the unique index on `keys` stands behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo.errors import BulkWriteError

from atrium_common.store.admission import check_expected
from atrium_common.store.commit import Appended, Commit, Held, Proposal, StreamEvent
from atrium_common.store.encoding import decode, decode_stream, encode
from atrium_common.store.mongo.driver import building, collided, translated
from atrium_common.store.news import News
from atrium_common.store.ports import ClaimTaken, StoreUnavailable, VersionConflict

GROUP = 200
_FIRST = 16
_BUSY_SECONDS = 0.02
_IDLE_SECONDS = 0.1
_TRIES = 200
_LAG_SECONDS = 0.01
_WHOLE = {"at": 1, "events": 1, "rest": 1}


class MongoEventLog:
    """See `EventLog`."""

    def __init__(self, database: Any) -> None:
        self._commits = database["commits"]
        self._queue: list[tuple[Proposal, asyncio.Future[Appended]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._news = News(self.tail, busy=_BUSY_SECONDS, idle=_IDLE_SECONDS)
        self._known_tail = 0

    def move(self, database: Any) -> None:
        """Go on with another client's handle of the same database."""
        self._commits = database["commits"]

    async def open(self) -> None:
        """Create the indexes."""
        with translated(), building():
            await self._commits.create_index("keys", unique=True, name="keys")
            await self._commits.create_index([("streams.name", 1), ("streams.version", 1)], name="streams")

    async def finish(self) -> None:
        """Write what is queued."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait({self._writing})

    async def append(self, proposal: Proposal) -> Appended:
        """See `EventLog.append`."""
        future: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._queue.append((proposal, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await future

    async def find(self, command_id: str) -> Commit | None:
        """See `EventLog.find`."""
        return await self._by_key(f"command/{command_id}")

    async def holder(self, claim: str) -> Commit | None:
        """See `EventLog.holder`."""
        return await self._by_key(f"claim/{claim}")

    async def read_stream(self, stream: str, *, after: int = 0, limit: int | None = None) -> Sequence[StreamEvent]:
        """See `EventLog.read_stream`."""
        events: list[StreamEvent] = []
        # A commit may have hundreds of events: a few tell how many commits hold what is still wanted.
        size = 0 if limit is None else min(limit, _FIRST)
        while True:
            seen = events[-1].version if events else after
            wanted = {"streams": {"$elemMatch": {"name": stream, "version": {"$gt": seen}}}}
            with translated():
                cursor = self._commits.find(wanted, {"at": 1, "events": 1}).sort("_id", 1).limit(size)
                stored = await cursor.to_list(length=size or None)
            rows = ((document["_id"], document["at"], document["events"]) for document in stored)
            found = decode_stream(rows, stream, after=seen, limit=None)
            events += found
            if limit is None or len(stored) < size or len(events) >= limit:
                return events[:limit]
            size = max(1, (limit - len(events)) * size // len(found))

    async def read_log(self, *, after: int, limit: int) -> Sequence[Commit]:
        """See `EventLog.read_log`."""
        with translated():
            cursor = self._commits.find({"_id": {"$gt": after}}, _WHOLE).sort("_id", 1).limit(limit)
            stored = await cursor.to_list(length=limit)
        return [_commit(document) for document in stored]

    async def tail(self) -> int:
        """See `EventLog.tail`."""
        with translated():
            newest = await self._commits.find({}, {"_id": 1}).sort("_id", -1).limit(1).to_list(length=1)
        return int(newest[0]["_id"]) if newest else 0

    async def changed(self, *, after: int, timeout: float) -> bool:
        """See `EventLog.changed`: own commits wake at once, others' within 20 ms, or 100 in a quiet time."""
        return await self._news.wait(after=after, timeout=timeout)

    async def release(self, claim: str, *, stream: str, before: int) -> bool:
        """See `EventLog.release`."""
        key = f"claim/{claim}"
        held = {"keys": key, "held": {"$elemMatch": {"claim": claim, "stream": stream}}, "_id": {"$lt": before}}
        with translated():
            done = await self._commits.update_one(held, {"$pull": {"keys": key}})
        return bool(done.modified_count)

    async def held(self) -> Mapping[str, Held]:
        """See `EventLog.held`."""
        with translated():
            cursor = self._commits.find({"held.claim": {"$exists": True}}, {"keys": 1, "held": 1}).sort("_id", 1)
            found = await cursor.to_list(length=None)
        return {
            claim: Held(streams.get(claim, ""), document["_id"])
            for document in found
            for streams in [{each["claim"]: each["stream"] for each in document["held"]}]
            for claim in (key.partition("/")[2] for key in document["keys"] if key.startswith("claim/"))
        }

    async def _by_key(self, key: str) -> Commit | None:
        with translated():
            document = await self._commits.find_one({"keys": key}, _WHOLE)
        return None if document is None else _commit(document)

    async def _write(self) -> None:
        """Write what has queued up, group by group."""
        while self._queue:
            group, self._queue = self._queue[:GROUP], self._queue[GROUP:]
            try:
                await self._write_group(group)
            except Exception as error:
                fault = error if isinstance(error, StoreUnavailable) else StoreUnavailable(f"MongoDB: {error}")
                for _, future in group:
                    if not future.done():
                        future.set_exception(fault)
            self._news.tell()

    async def _write_group(self, group: list[tuple[Proposal, asyncio.Future[Appended]]]) -> None:
        waiting = group
        for _ in range(_TRIES):
            # A tail that has been left behind costs a collision and no more: what is checked is the whole log.
            tail = self._known_tail or await self.tail()
            checked = await self._check(waiting, tail)
            if not checked:
                return
            inserted = await self._insert([_document(proposal, position) for proposal, _, position in checked])
            for proposal, future, position in checked[:inserted]:
                _settle(future, Appended(Commit(position, proposal), replayed=False))
            waiting = [(proposal, future) for proposal, future, _ in checked[inserted:]]
            self._known_tail = 0 if waiting else checked[-1][2]
            if not waiting:
                return
        raise StoreUnavailable("MongoDB: too many writers at once")

    async def _insert(self, documents: list[dict[str, Any]]) -> int:
        """How many of the documents, from the first on, are in the log."""
        with translated():
            try:
                await self._commits.insert_many(documents, ordered=True)
            except BulkWriteError as error:
                if not collided(error):
                    raise
                return await self._written(documents)
        return len(documents)

    async def _written(self, documents: list[dict[str, Any]]) -> int:
        """After a collision: which of ours are there is read back, never taken from a message.

        The same command at the same position need not be ours: another process may have been given it, too, and have
        decided otherwise.
        """
        positions = [document["_id"] for document in documents]
        with translated():
            cursor = self._commits.find({"_id": {"$in": positions}}, _WHOLE)
            found = {each["_id"]: each for each in await cursor.to_list(length=len(positions))}
        for count, document in enumerate(documents):
            there = found.get(document["_id"])
            if there is None:
                # What is in the way has not reached a majority yet, and what no majority has is not read.
                await asyncio.sleep(_LAG_SECONDS)
            if there is None or any(there[name] != document[name] for name in _WHOLE):
                return count
        return len(documents)

    async def _check(
        self, group: list[tuple[Proposal, asyncio.Future[Appended]]], tail: int
    ) -> list[tuple[Proposal, asyncio.Future[Appended], int]]:
        """Those of the group that may follow `tail`, with their positions; the others are answered."""
        keys = [key for proposal, _ in group for key in (*_keys(proposal), *_expected(proposal))]
        with translated():
            cursor = self._commits.find({"keys": {"$in": keys}}, {**_WHOLE, "keys": 1})
            taken: dict[str, Commit] = {}
            for document in await cursor.to_list(length=None):
                taken |= dict.fromkeys(document["keys"], _commit(document))
        checked: list[tuple[Proposal, asyncio.Future[Appended], int]] = []
        for proposal, future in group:
            known = (taken.get(f"command/{command_id}") for command_id in proposal.command_ids)
            first = next((commit for commit in known if commit is not None), None)
            if first is not None:
                _settle(future, Appended(first, replayed=True))
                continue
            try:
                await self._check_one(proposal, taken)
            except (VersionConflict, ClaimTaken) as refusal:
                if not future.done():
                    future.set_exception(refusal)
                continue
            commit = Commit(tail + len(checked) + 1, proposal)
            taken |= dict.fromkeys(_keys(proposal), commit)
            checked.append((proposal, future, commit.position))
        return checked

    async def _check_one(self, proposal: Proposal, taken: Mapping[str, Commit]) -> None:
        for part in proposal.slices:
            there = not part.expected or _end(part.stream, part.expected) in taken
            if not there or _begin(part.stream, part.expected + 1) in taken:
                version = max(await self._version(part.stream), _version_among(part.stream, taken.values()))
                check_expected(part, version)
        for claim in proposal.claims:
            holder = taken.get(f"claim/{claim.key}")
            if holder is not None:
                stream = next(held.stream for held in holder.proposal.claims if held.key == claim.key)
                raise ClaimTaken(claim.key, stream, holder.position)

    async def _version(self, stream: str) -> int:
        with translated():
            cursor = self._commits.find({"streams.name": stream}, {"streams": 1}).sort("_id", -1).limit(1)
            newest = await cursor.to_list(length=1)
        return max(
            (part["version"] for document in newest for part in document["streams"] if part["name"] == stream),
            default=0,
        )


def _settle(future: asyncio.Future[Appended], appended: Appended) -> None:
    if not future.done():
        future.set_result(appended)


def _version_among(stream: str, commits: Iterable[Commit]) -> int:
    return max((commit.versions.get(stream, 0) for commit in commits), default=0)


def _keys(proposal: Proposal) -> list[str]:
    """What may exist once: the commands, where each stream's part begins and ends, and the claims."""
    parts = [part for part in proposal.slices if part.events]
    begins = (_begin(part.stream, part.expected + 1) for part in parts)
    ends = (_end(part.stream, part.expected + len(part.events)) for part in parts)
    commands = (f"command/{command_id}" for command_id in proposal.command_ids)
    return [*commands, *begins, *ends, *(f"claim/{claim.key}" for claim in proposal.claims)]


def _expected(proposal: Proposal) -> list[str]:
    """What must exist and what must not where every stream is at the version that is expected."""
    ends = (_end(part.stream, part.expected) for part in proposal.slices if part.expected)
    return [*ends, *(_begin(part.stream, part.expected + 1) for part in proposal.slices)]


def _begin(stream: str, version: int) -> str:
    return f"stream/{stream}@{version}"


def _end(stream: str, version: int) -> str:
    return f"end/{stream}@{version}"


def _commit(document: dict[str, Any]) -> Commit:
    return decode(document["_id"], document["at"], document["events"], document["rest"])


def _document(proposal: Proposal, position: int) -> dict[str, Any]:
    stored = encode(proposal)
    return {
        "_id": position,
        "command": proposal.command_id,
        "keys": _keys(proposal),
        "streams": [
            {"name": part.stream, "version": part.expected + len(part.events)}
            for part in proposal.slices
            if part.events
        ],
        "held": [{"claim": claim.key, "stream": claim.stream} for claim in proposal.claims],
        "at": stored.at,
        "events": stored.events.decode(),
        "rest": stored.rest.decode(),
    }
