"""How many documents of a collection there are of each value of its tallied field, kept by the database itself.

Triggers count in the very transaction that writes a document, so that a tally is never off, whoever writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from atrium_common.jsontypes import Scalar
from atrium_common.store.documents import Collection, Condition
from atrium_common.store.sqlite import sql

_TABLE = """CREATE TABLE IF NOT EXISTS tallies (
    collection TEXT NOT NULL, value, number INTEGER NOT NULL, PRIMARY KEY (collection, value)
) WITHOUT ROWID"""


def create(connection: sqlite3.Connection, collection: Collection) -> None:
    """Begin to count the collection where that has not begun: what is there already is counted once."""
    connection.execute(_TABLE)
    name, column = sql.table(collection.name), sql.column(collection.tallied or "")
    triggers = (("INSERT", "new", 1), ("DELETE", "old", -1), ("UPDATE", "old", -1), ("UPDATE", "new", 1))
    known = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? AND name LIKE '%_tally_%'", (name,)
    ).fetchone()
    if known is not None:
        return
    connection.execute(
        f"INSERT INTO tallies SELECT ?, coalesce({column}, ''), count(*) FROM {name}"  # noqa: S608
        " WHERE body IS NOT NULL GROUP BY 2",
        (collection.name,),
    )
    for event, row, change in triggers:
        value = f"coalesce({column.replace('body', f'{row}.body')}, '')"
        trigger = f"{name}_tally_{event.lower()}_{row} AFTER {event} ON {name} WHEN {row}.body IS NOT NULL"
        counting = f"INSERT INTO tallies VALUES ('{collection.name}', {value}, {change})"  # noqa: S608 (names are checked)
        again = f"ON CONFLICT (collection, value) DO UPDATE SET number = number + {change}"
        connection.execute(f"CREATE TRIGGER {trigger} BEGIN {counting} {again}; END")


def statement_for(collection: Collection, where: Sequence[Condition]) -> tuple[str, list[Scalar]] | None:
    """The statement that counts by the tallied field alone; None where more or something else is asked for."""
    match where:
        case [Condition(field, "eq" | "in", value)] if field == collection.tallied:
            values = list(value) if isinstance(value, tuple) else [value]
            if not all(values):  # what has no value is counted together with what has an empty one
                return None
            marks = ", ".join("?" * len(values))
            statement = f"SELECT coalesce(sum(number), 0) FROM tallies WHERE collection = ? AND value IN ({marks})"  # noqa: S608
            return statement, [collection.name, *values]
        case _:
            return None
