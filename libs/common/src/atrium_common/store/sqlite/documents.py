"""Documents in SQLite: one table for each collection, indexes on the fields of the body, a side table for lists."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeAlias

import orjson

from atrium_common.clock import Clock
from atrium_common.jsontypes import JSONObject
from atrium_common.store.admission import admits, bumped
from atrium_common.store.documents import Absent, Collection, Condition, Delete, Document, Is, Put, Query
from atrium_common.store.matching import stretches
from atrium_common.store.sqlite import sql
from atrium_common.store.sqlite.reader import Reader
from atrium_common.store.sqlite.writer import Writer

_MOST_PARAMETERS = 500
_Row: TypeAlias = tuple[str, int, float | None, str]


class SqliteDocuments:
    """See `Documents`."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._collections: dict[str, Collection] = {}

    async def declare(self, collections: Sequence[Collection]) -> None:
        """Create the tables and indexes that are missing."""
        statements = [statement for collection in collections for statement in sql.schema(collection)]

        def create(connection: sqlite3.Connection) -> None:
            for statement in statements:
                connection.execute(statement)
            _drop_tallies(connection)

        await self._writer.do(create)
        self._collections |= {collection.name: collection for collection in collections}

    async def get(self, collection: str, key: str) -> Document | None:
        """See `Documents.get`."""
        return (await self.get_many(collection, [key])).get(key)

    async def get_many(self, collection: str, keys: Sequence[str]) -> Mapping[str, Document]:
        """See `Documents.get_many`."""
        live, values = sql.live(self._now())
        name = sql.table(collection)
        found: dict[str, Document] = {}
        for start in range(0, len(keys), _MOST_PARAMETERS):
            part = list(keys[start : start + _MOST_PARAMETERS])
            statement = (
                f"SELECT key, version, expires_at, body FROM {name}"  # noqa: S608 (names are checked)
                f" WHERE key IN ({', '.join('?' * len(part))}) AND {live}"
            )
            rows = self._reader.point(lambda c, s=statement, p=part: c.execute(s, [*p, *values]).fetchall())  # type: ignore[misc]
            found |= {row[0]: _document(row) for row in rows}
        return found

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        """See `Documents.write`."""
        prepared = [(write, _encoded(write)) for write in writes]
        now = self._now()
        return await self._writer.do(lambda connection: [self._write(connection, w, b, now) for w, b in prepared])

    async def query(self, collection: str, query: Query) -> Sequence[Document]:
        """See `Documents.query`."""
        declared, now = self._collections[collection], self._now()
        rows = await self._reader.scan(lambda connection: _found(connection, declared, query, now))
        return [_document(row) for row in rows]

    async def count(self, collection: str, where: Sequence[Condition] = ()) -> int:
        """See `Documents.count`."""
        text, values = sql.where(self._collections[collection], where, now=self._now())
        statement = f"SELECT count(*) FROM {sql.table(collection)} WHERE {text}"  # noqa: S608
        (number,) = await self._reader.scan(lambda connection: connection.execute(statement, values).fetchone())
        return int(number)

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
        now = self._now()

        def bump(connection: sqlite3.Connection) -> Document | None:
            document = self._live(connection, collection, key, now)
            if document is None:
                return None
            body = bumped(document.body, add=add, floor=floor, ceiling=ceiling, match=match)
            if body is None:
                return None
            connection.execute(
                f"UPDATE {sql.table(collection)} SET version = version + 1, body = ? WHERE key = ?",  # noqa: S608
                (orjson.dumps(body).decode(), key),
            )
            return Document(key, document.version + 1, body, document.expires_at)

        return await self._writer.do(bump)

    async def drop(self, collection: str) -> None:
        """See `Documents.drop`."""
        names = [sql.table(collection)]
        if self._collections[collection].multi:
            names.append(sql.terms_table(collection))

        def drop(connection: sqlite3.Connection) -> None:
            for name in names:
                connection.execute(f"DELETE FROM {name}")  # noqa: S608

        await self._writer.do(drop)

    async def sweep(self, *, limit: int = 500) -> int:
        """Remove up to `limit` expired documents and lapsed tombstones of each collection; how many there were."""
        now = self._now()

        def sweep(connection: sqlite3.Connection) -> int:
            return sum(self._sweep(connection, collection, now, limit) for collection in self._collections.values())

        return await self._writer.do(sweep)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _write(self, connection: sqlite3.Connection, write: Put | Delete, body: str | None, now: float) -> bool:
        if isinstance(write, Put) and _is_usual(connection, write, body, now):
            self._write_terms(connection, write)
            return True
        name = sql.table(write.collection)
        row = connection.execute(
            f"SELECT version, expires_at, body IS NULL FROM {name} WHERE key = ?",  # noqa: S608
            (write.key,),
        ).fetchone()
        present, tombstone = _versions(row, now)
        if not admits(write.guard, version=write.version, present=present, tombstone=tombstone):
            return False
        if isinstance(write, Delete) and not write.version:
            connection.execute(f"DELETE FROM {name} WHERE key = ?", (write.key,))  # noqa: S608
        else:
            expires_at = write.expires_at.timestamp() if write.expires_at else None
            connection.execute(
                f"INSERT INTO {name} VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"  # noqa: S608
                " SET version = excluded.version, expires_at = excluded.expires_at, body = excluded.body",
                (write.key, write.version, expires_at, body),
            )
        self._write_terms(connection, write)
        return True

    def _write_terms(self, connection: sqlite3.Connection, write: Put | Delete) -> None:
        multi = self._collections[write.collection].multi
        if not multi:
            return
        name = sql.terms_table(write.collection)
        connection.execute(f"DELETE FROM {name} WHERE key = ?", (write.key,))  # noqa: S608
        if isinstance(write, Put):
            connection.executemany(
                f"INSERT OR IGNORE INTO {name} VALUES (?, ?, ?)",  # noqa: S608
                [(field, term, write.key) for field in multi for term in _elements(write.body, field)],
            )

    def _live(self, connection: sqlite3.Connection, collection: str, key: str, now: float) -> Document | None:
        live, values = sql.live(now)
        row = connection.execute(
            f"SELECT key, version, expires_at, body FROM {sql.table(collection)} WHERE key = ? AND {live}",  # noqa: S608
            [key, *values],
        ).fetchone()
        return None if row is None else _document(row)

    def _sweep(self, connection: sqlite3.Connection, collection: Collection, now: float, limit: int) -> int:
        name = sql.table(collection.name)
        keys = connection.execute(
            f"SELECT key FROM {name} WHERE expires_at IS NOT NULL AND expires_at <= ? LIMIT ?",  # noqa: S608
            (now, limit),
        ).fetchall()
        connection.executemany(f"DELETE FROM {name} WHERE key = ?", keys)  # noqa: S608
        if collection.multi:
            connection.executemany(f"DELETE FROM {sql.terms_table(collection.name)} WHERE key = ?", keys)  # noqa: S608
        return len(keys)


def _drop_tallies(connection: sqlite3.Connection) -> None:
    """Triggers counted documents once; whoever counts now does so from the log."""
    named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_tally_%'")
    for (name,) in named.fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("DROP TABLE IF EXISTS tallies")


def _found(connection: sqlite3.Connection, collection: Collection, query: Query, now: float) -> list[_Row]:
    """The rows of the query, stretch by stretch."""
    frequent = sql.frequent(connection, collection, query.where)
    found: list[_Row] = []
    for stretch in stretches(query):
        if len(found) < query.limit:
            wanted = replace(stretch, limit=query.limit - len(found))
            found += connection.execute(*sql.select(collection, wanted, now=now, frequent=frequent)).fetchall()
    return found


def _is_usual(connection: sqlite3.Connection, put: Put, body: str | None, now: float) -> bool:
    """Write in one statement what usually can be: a new document, or a live one over the version that it has, which
    expires when it did. Whether it was written: False says no more than that another look is needed.
    """
    name = sql.table(put.collection)
    expires_at = put.expires_at.timestamp() if put.expires_at else None
    match put.guard:
        case Absent():
            done = connection.execute(
                f"INSERT INTO {name} VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",  # noqa: S608
                (put.key, put.version, expires_at, body),
            )
        case Is(version):
            live, values = sql.live(now)
            done = connection.execute(
                f"UPDATE {name} SET version = ?, body = ?"  # noqa: S608
                f" WHERE key = ? AND version = ? AND expires_at IS ? AND {live}",
                (put.version, body, put.key, version, expires_at, *values),
            )
        case _:
            return False
    return done.rowcount == 1


def _versions(row: tuple[int, float | None, int] | None, now: float) -> tuple[int | None, int]:
    """The version of the live document, or None, and of the tombstone, or 0."""
    if row is None or (row[1] is not None and row[1] <= now):
        return None, 0
    return (None, row[0]) if row[2] else (row[0], 0)


def _encoded(write: Put | Delete) -> str | None:
    return orjson.dumps(write.body).decode() if isinstance(write, Put) else None


def _elements(body: JSONObject, field: str) -> list[str]:
    value = body.get(field)
    return [element for element in value if isinstance(element, str)] if isinstance(value, list) else []


def _document(row: _Row) -> Document:
    expires_at = None if row[2] is None else datetime.fromtimestamp(row[2], UTC)
    return Document(row[0], row[1], orjson.loads(row[3]), expires_at)
