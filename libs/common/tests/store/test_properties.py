"""Laws: whatever is done in whatever order, SQLite answers what the plain reading of the port answers."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from atrium_common.store.commit import Claim, Proposal, Slice
from atrium_common.store.documents import Absent, Any, Condition, Delete, Guard, Is, Newer, Order, Put, Query
from atrium_common.store.memory import MemoryStore
from atrium_common.store.mongo import MongoStore
from atrium_common.store.ports import ClaimTaken, Store, VersionConflict
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.clock import FakeClock
from atrium_common.testing.conformance.documents import THINGS
from atrium_common.testing.conformance.event_log import AT, event

Step: TypeAlias = tuple[int, str, int, int, list[str]]
Story: TypeAlias = Callable[[Store], Awaitable[list[object]]]
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BOUNDED = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
"""For a server behind a socket, where every example is a database of its own."""
KEYS = st.sampled_from(["a", "b", "c"])
VERSIONS = st.integers(1, 5)
GUARDS: st.SearchStrategy[Guard] = st.one_of(
    st.just(Any()), st.just(Absent()), st.just(Newer()), st.builds(Is, VERSIONS)
)
BODIES = st.fixed_dictionaries(
    {"n": st.one_of(st.none(), st.integers(0, 3)), "words": st.lists(st.sampled_from(["x", "xy", "z"]), max_size=2)}
)
WRITES = st.one_of(
    st.builds(lambda k, b, v, g: Put("things", k, dict(b), v, g), KEYS, BODIES, VERSIONS, GUARDS),
    st.builds(lambda k, v, g: Delete("things", k, v, g), KEYS, st.integers(0, 5), GUARDS),
)
QUERIES = [
    Query(sort=(Order("n"),)),
    Query(sort=(Order("n", descending=True),), skip=1, limit=1),
    Query((Condition("words", "prefix", "x"),)),
    Query((Condition("n", "gte", 1), Condition("words", "eq", "z"))),
    Query(sort=(Order("n"),), after=(1, "b")),
    Query(sort=(Order("n", descending=True),), after=(None, "b")),
]
STREAMS = st.sampled_from(["s/1", "s/2"])
PROPOSALS = st.tuples(
    st.integers(0, 6), STREAMS, st.integers(0, 3), st.integers(0, 2), st.lists(st.sampled_from("pq"), max_size=1)
)


def story_of_documents(writes: Sequence[Put | Delete]) -> Story:
    async def story(store: Store) -> list[object]:
        said: list[object] = []
        for write in writes:
            said.append(list(await store.documents.write([write])))
            said.append(await store.documents.bump("things", "a", add={"count": 2}, ceiling={"count": 4}))
            said.extend([list(await store.documents.query("things", query)) for query in QUERIES])
        said.append(dict(await store.documents.get_many("things", ["a", "b", "c"])))
        return said

    return story


def story_of_a_log(steps: Sequence[Step]) -> Story:
    async def story(store: Store) -> list[object]:
        said: list[object] = []
        for command, stream, expected, count, claims in steps:
            events = tuple(EVENTS[:count])
            proposal = Proposal(
                str(command), AT, (Slice(stream, expected, events),), tuple(Claim(c, stream) for c in claims)
            )
            try:
                said.append(await store.log.append(proposal))
            except (VersionConflict, ClaimTaken) as refusal:
                said.append((type(refusal), str(refusal)))
            if expected == 1:
                said.append(await store.log.release("p", stream=stream, before=await store.log.tail()))
        said.append(list(await store.log.read_log(after=0, limit=100)))
        said.extend([list(await store.log.read_stream(stream, after=1)) for stream in ("s/1", "s/2")])
        said.append(await store.log.holder("p"))
        said.append(dict(await store.log.held()))
        return said

    return story


@QUICK
@given(st.lists(WRITES, max_size=12))
@example([Delete("things", "a", 1, Any()), Delete("things", "a", 0, Any()), Delete("things", "a", 1, Newer())])
def test_sqlite_documents_answer_what_the_plain_reading_answers(writes: list[Put | Delete]) -> None:
    story = story_of_documents(writes)
    assert _told_by_sqlite(story) == _told_by_memory(story)


@QUICK
@given(st.lists(PROPOSALS, max_size=14))
def test_sqlite_logs_answer_what_the_plain_reading_answers(steps: list[Step]) -> None:
    story = story_of_a_log(steps)
    assert _told_by_sqlite(story) == _told_by_memory(story)


@pytest.mark.mongo
@BOUNDED
@given(st.lists(WRITES, min_size=3, max_size=8))
@example([Put("things", "a", {"n": 1}, 1, Any()), Delete("things", "a", 0, Any()), Delete("things", "a", 0, Absent())])
def test_mongodb_documents_answer_what_the_plain_reading_answers(mongodb_url: str, writes: list[Put | Delete]) -> None:
    story = story_of_documents(writes)
    assert _told_by_mongodb(mongodb_url, story) == _told_by_memory(story)


@pytest.mark.mongo
@BOUNDED
@given(st.lists(PROPOSALS, min_size=3, max_size=10))
def test_mongodb_logs_answer_what_the_plain_reading_answers(mongodb_url: str, steps: list[Step]) -> None:
    story = story_of_a_log(steps)
    assert _told_by_mongodb(mongodb_url, story) == _told_by_memory(story)


EVENTS = [event(number) for number in range(3)]


def _told_by_memory(story: Story) -> Sequence[object]:
    async def tell() -> list[object]:
        store = MemoryStore(clock=FakeClock())
        await store.open([THINGS])
        return await story(store)

    return asyncio.run(tell())


def _told_by_sqlite(story: Story) -> Sequence[object]:
    async def tell(folder: str) -> list[object]:
        store = SqliteStore(Path(folder) / "store.db", clock=FakeClock())
        await store.open([THINGS])
        try:
            return await story(store)
        finally:
            await store.close()

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(tell(folder))


def _told_by_mongodb(url: str, story: Story) -> Sequence[object]:
    async def tell() -> list[object]:
        store = MongoStore(url, database=f"t_laws_{os.urandom(4).hex()}", driver="pymongo", clock=FakeClock())
        await store.open([THINGS])
        try:
            return await story(store)
        finally:
            await store.close()

    return asyncio.run(tell())
