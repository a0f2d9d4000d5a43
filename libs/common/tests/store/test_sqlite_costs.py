"""What a question costs in SQLite, counted in the steps of its virtual machine: a page costs the same among many."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from atrium_common.store.documents import Any, Collection, Condition, Delete, Index, Order, Put, Query
from atrium_common.store.matching import stretches
from atrium_common.store.sqlite import SqliteStore, sql
from atrium_common.store.sqlite.connection import connect
from atrium_common.testing.conformance.event_log import one, proposal

FEW, MANY = 1_000, 6_000
THINGS = Collection(
    "things",
    (Index(("made",)), Index(("state", "due"), only_present=True)),
    frozenset({"words", "seen_by"}),
)
NEWEST = (Order("made", descending=True),)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "store.db")
    await store.open([THINGS])
    yield store
    await store.close()


async def fill(store: SqliteStore, numbers: range) -> None:
    await store.documents.write(
        [
            Put(
                "things",
                f"k{n:06}",
                {
                    "made": f"{n:06}",
                    "words": ["thing", f"n{n:06}"],
                    "seen_by": ["big tenant" if n < FEW * 0.6 else f"tenant {n}"],
                    "state": "open",
                    "due": None,
                },
                1,
                Any(),
            )
            for n in numbers
        ]
    )


def steps(path: Path, query: Query) -> int:
    """How many steps the query takes, in tens."""
    connection = connect(path, writable=False)
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection.set_progress_handler(count, 10)
    frequent = sql.frequent(connection, THINGS, query.where)
    connection.execute(*sql.select(THINGS, next(stretches(query)), now=0.0, frequent=frequent)).fetchall()
    connection.close()
    return taken


def _due(_: int) -> Query:
    return Query((Condition("state", "eq", "open"), Condition("due", "gt", "")), (Order("due"),), limit=16)


def _deep(there: int) -> Query:
    return Query(sort=NEWEST, after=(f"{there // 10:06}", f"k{there // 10:06}"), limit=16)


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(lambda _: Query(sort=NEWEST, limit=16), id="the first page"),
        pytest.param(_deep, id="a page far behind"),
        pytest.param(_due, id="the head of a line of which nothing is left"),
        pytest.param(lambda _: Query((Condition("words", "prefix", "thing"),), NEWEST, limit=16), id="a common word"),
        pytest.param(lambda _: Query((Condition("seen_by", "in", ("big tenant", "x")),), NEWEST), id="a big tenant's"),
        pytest.param(
            lambda there: Query((Condition("words", "prefix", f"n{there // 2:06}"),), NEWEST), id="a rare word"
        ),
    ],
)
async def test_a_page_costs_the_same_among_many(
    store: SqliteStore, tmp_path: Path, question: Callable[[int], Query]
) -> None:
    await fill(store, range(FEW))
    among_few = steps(tmp_path / "store.db", question(FEW))
    await fill(store, range(FEW, MANY))
    among_many = steps(tmp_path / "store.db", question(MANY))
    assert among_many <= among_few * 1.3


async def test_a_common_word_finds_what_collecting_would_find(store: SqliteStore) -> None:
    await fill(store, range(FEW))
    await store.documents.write([Delete("things", f"k{n:06}", 2, Any()) for n in range(0, FEW, 3)])
    common = Condition("words", "prefix", "th")
    for more in ((), (Condition("words", "prefix", "n0009"),), (Condition("state", "eq", "open"),)):
        found = await store.documents.query("things", Query((common, *more), NEWEST, limit=FEW))
        wanted = await store.documents.query("things", Query(more, NEWEST, limit=FEW))
        assert [each.key for each in found] == [each.key for each in wanted]
        assert len(found) == await store.documents.count("things", (common, *more)) > 16


async def test_a_store_that_was_counted_by_triggers_is_opened_without_them(tmp_path: Path) -> None:
    before = SqliteStore(tmp_path / "store.db")
    await before.open([THINGS])
    await before.close()
    connection = connect(tmp_path / "store.db", writable=True)
    connection.execute("CREATE TABLE tallies (number INTEGER)")
    connection.execute(
        "CREATE TRIGGER d_things_tally_insert_new AFTER INSERT ON d_things BEGIN INSERT INTO tallies VALUES (1); END"
    )
    connection.close()
    after = SqliteStore(tmp_path / "store.db")
    await after.open([THINGS])
    await fill(after, range(3))
    assert await after.documents.count("things") == 3
    await after.close()
    named = connect(tmp_path / "store.db", writable=False).execute("SELECT name FROM sqlite_master").fetchall()
    assert not [name for (name,) in named if "tall" in name]


async def test_a_part_of_a_stream_is_read_from_no_more_commits_than_hold_it(store: SqliteStore, tmp_path: Path) -> None:
    for number in range(3):
        await store.log.append(proposal(one("a/1", number * 3, count=3)))
    connection = connect(tmp_path / "store.db", writable=True)
    with connection:
        connection.execute("UPDATE commits SET events = 'unreadable' WHERE position = 2")
    connection.close()
    for after, limit in ((0, 1), (0, 3), (2, 1), (6, 3), (7, 20)):
        found = await store.log.read_stream("a/1", after=after, limit=limit)
        assert [each.version for each in found] == list(range(after + 1, min(after + limit, 9) + 1))
