"""A suite that can't fail proves nothing: each of these broken logs and collections must be caught by a test of it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from atrium_common.store.commit import Appended, Commit, Proposal, StreamEvent
from atrium_common.store.documents import Absent, Any, Condition, Delete, Document, Newer, Put, Query
from atrium_common.store.memory import MemoryDocuments, MemoryEventLog
from atrium_common.testing.clock import FakeClock
from atrium_common.testing.conformance.documents import OTHERS, THINGS, DocumentsConformance
from atrium_common.testing.conformance.event_log import EventLogConformance

EXPECTED_VALUES = (1, 3, 9)


class DoesNothing(MemoryEventLog):
    async def append(self, proposal: Proposal) -> Appended:
        return Appended(Commit(1, proposal), replayed=False)


class IgnoresExpected(MemoryEventLog):
    async def append(self, proposal: Proposal) -> Appended:
        slices = tuple(
            type(part)(part.stream, len(self._streams.get(part.stream, ())), part.events) for part in proposal.slices
        )
        return await super().append(replace(proposal, slices=slices))


class ForgetsCommands(MemoryEventLog):
    async def append(self, proposal: Proposal) -> Appended:
        appended = await super().append(proposal)
        self._commands.clear()
        return appended


class ForgetsClaims(MemoryEventLog):
    async def append(self, proposal: Proposal) -> Appended:
        appended = await super().append(proposal)
        self._claims.clear()
        return appended


class KeepsClaimsOfTheRefused(MemoryEventLog):
    async def append(self, proposal: Proposal) -> Appended:
        try:
            return await super().append(proposal)
        except Exception:
            for claim in proposal.claims:
                self._claims.setdefault(claim.key, (claim, 1))
            raise


class ReleasesForAnybody(MemoryEventLog):
    async def release(self, claim: str, *, stream: str, before: int) -> bool:
        return bool(stream) and bool(before) and self._claims.pop(claim, None) is not None


class SkipsInTheLog(MemoryEventLog):
    async def read_log(self, *, after: int, limit: int) -> Sequence[Commit]:
        return [commit for commit in await super().read_log(after=after, limit=limit) if commit.position % 5]


class RepeatsInTheLog(MemoryEventLog):
    async def read_log(self, *, after: int, limit: int) -> Sequence[Commit]:
        return await super().read_log(after=max(0, after - 1), limit=limit)


class ReadsStreamsBackwards(MemoryEventLog):
    async def read_stream(self, stream: str, *, after: int = 0, limit: int | None = None) -> Sequence[StreamEvent]:
        return list(await super().read_stream(stream, after=after, limit=limit))[::-1]


LOGS: list[type[MemoryEventLog]] = [
    DoesNothing,
    IgnoresExpected,
    ForgetsCommands,
    ForgetsClaims,
    KeepsClaimsOfTheRefused,
    ReleasesForAnybody,
    SkipsInTheLog,
    RepeatsInTheLog,
    ReadsStreamsBackwards,
]


class NewerIsAny(MemoryDocuments):
    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        loose = [_reguarded(write) if isinstance(write.guard, Newer) else write for write in writes]
        return await super().write(loose)


class AbsentIsAny(MemoryDocuments):
    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        loose = [_reguarded(write) if isinstance(write.guard, Absent) else write for write in writes]
        return await super().write(loose)


class ShowsTheExpired(MemoryDocuments):
    def _live(self, collection: str, key: str) -> Document | None:
        return self._collections[collection].get(key)


class LeavesNoTombstones(MemoryDocuments):
    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        done = await super().write(writes)
        for tombstones in self._tombstones.values():
            tombstones.clear()
        return done


class BumpsWithoutBounds(MemoryDocuments):
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
        assert floor is None or ceiling is None
        return await super().bump(collection, key, add=add, match=match)


class PagesOverlap(MemoryDocuments):
    async def query(self, collection: str, query: Query) -> Sequence[Document]:
        loose = Query(query.where, query.sort, None, query.skip, query.limit) if query.skip else query
        found = await super().query(collection, loose)
        return found if query.after is None else found[1:]


class IgnoresConditions(MemoryDocuments):
    async def count(self, collection: str, where: Sequence[Condition] = ()) -> int:
        assert isinstance(where, Sequence)
        return await super().count(collection)


DOCUMENTS: list[type[MemoryDocuments]] = [
    NewerIsAny,
    AbsentIsAny,
    ShowsTheExpired,
    LeavesNoTombstones,
    BumpsWithoutBounds,
    PagesOverlap,
    IgnoresConditions,
]


def _reguarded(write: Put | Delete) -> Put | Delete:
    if isinstance(write, Put):
        return Put(write.collection, write.key, write.body, write.version, Any(), write.expires_at)
    return Delete(write.collection, write.key, write.version, Any(), write.expires_at)


async def _caught_by(suite: object, arguments: Callable[[], dict[str, object]]) -> list[str]:
    """The tests of the suite that fail on a fresh subject each."""
    caught = []
    for name, test in inspect.getmembers(suite, inspect.ismethod):
        if not name.startswith("test_"):
            continue
        wanted = inspect.signature(test).parameters
        tables = [{}] if "expected" not in wanted else [{"expected": value} for value in EXPECTED_VALUES]
        if "guard" in wanted:
            continue
        for table in tables:
            more = {**arguments(), **table, **({"descending": False} if "descending" in wanted else {})}
            try:
                await asyncio.wait_for(test(**{key: more[key] for key in wanted}), 1)
            except BaseException as failure:
                if isinstance(failure, KeyboardInterrupt):
                    raise
                caught.append(name)
                break
    return caught


@pytest.mark.parametrize("mutant", LOGS, ids=lambda mutant: mutant.__name__)
async def test_the_suite_of_event_logs_catches(mutant: type[MemoryEventLog]) -> None:
    assert await _caught_by(EventLogConformance(), lambda: {"log": mutant()})


@pytest.mark.parametrize("mutant", DOCUMENTS, ids=lambda mutant: mutant.__name__)
async def test_the_suite_of_documents_catches(mutant: type[MemoryDocuments]) -> None:
    def subject() -> dict[str, object]:
        clock = FakeClock()
        documents = mutant(clock)
        documents.declare([THINGS, OTHERS])
        return {"documents": documents, "clock": clock}

    assert await _caught_by(DocumentsConformance(), subject)


async def test_the_suites_catch_nothing_where_nothing_is_broken() -> None:
    def subject() -> dict[str, object]:
        clock = FakeClock()
        documents = MemoryDocuments(clock)
        documents.declare([THINGS, OTHERS])
        return {"documents": documents, "clock": clock}

    assert not await _caught_by(EventLogConformance(), lambda: {"log": MemoryEventLog()})
    assert not await _caught_by(DocumentsConformance(), subject)
