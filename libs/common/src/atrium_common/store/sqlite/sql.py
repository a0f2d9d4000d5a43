"""Collections and queries in SQL: which tables, which indexes, and the text of a statement."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence

from atrium_common.jsontypes import Scalar
from atrium_common.store.documents import Collection, Condition, Query, Selected
from atrium_common.store.matching import full_order

_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
_COMPARISON = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
FREQUENT = 500
_BEHIND_EVERY_SUFFIX = "\U0010ffff"


class UnfitName(ValueError):
    """A collection's or field's name could not stand in SQL as it is."""


def table(collection: str) -> str:
    """The table of a collection's documents."""
    return f"d_{_fit(collection)}"


def terms_table(collection: str) -> str:
    """The side table of a collection's multi-valued fields."""
    return f"t_{_fit(collection)}"


def schema(collection: Collection) -> Iterator[str]:
    """The statements that create what the collection needs and lacks."""
    name = table(collection.name)
    yield (
        f"CREATE TABLE IF NOT EXISTS {name} (key TEXT PRIMARY KEY, version INTEGER NOT NULL, expires_at REAL,"
        " body TEXT) "  # a tombstone has no body
    )
    yield f"CREATE INDEX IF NOT EXISTS {name}_expiry ON {name} (expires_at) WHERE expires_at IS NOT NULL"
    for index in collection.indexes:
        fields = [field for field in index.fields if field not in collection.multi]
        if fields:
            columns = ", ".join(column(field) for field in fields)
            whole = f"{name}_{'_'.join(fields)}"
            if index.only_present:
                present = f"{column(fields[-1])} IS NOT NULL"
                yield f"CREATE INDEX IF NOT EXISTS {whole}_present ON {name} ({columns}, key) WHERE {present}"
                yield f"DROP INDEX IF EXISTS {whole}"
            else:
                yield f"CREATE INDEX IF NOT EXISTS {whole} ON {name} ({columns}, key)"
    if collection.multi:
        terms = terms_table(collection.name)
        yield (
            f"CREATE TABLE IF NOT EXISTS {terms} (field TEXT NOT NULL, term TEXT NOT NULL, key TEXT NOT NULL,"
            " PRIMARY KEY (field, term, key)) WITHOUT ROWID"
        )
        yield f"CREATE INDEX IF NOT EXISTS {terms}_key ON {terms} (key)"


def column(field: str) -> str:
    """The expression for a top-level field; the same text as in the index, so that the index is used."""
    return "key" if field == "_key" else f"json_extract(body, '$.{_fit(field)}')"


def live(now: float) -> tuple[str, list[Scalar]]:
    """The condition that a document is neither deleted nor expired."""
    return "body IS NOT NULL AND (expires_at IS NULL OR expires_at > ?)", [now]


def frequent(
    connection: sqlite3.Connection, collection: Collection, conditions: Sequence[Condition]
) -> frozenset[Condition]:
    """Those conditions on multi-valued fields which so many documents fulfil that collecting them costs more than
    looking at one after the other, in the order that is asked for, until there are enough.

    Words alone are looked at so: what a tenant may see, told by whole values, is little among all, whatever it is for
    the tenant, and most would be looked at in vain.
    """
    return frozenset(
        condition
        for condition in conditions
        if condition.field in collection.multi
        and condition.op == "prefix"
        and _is_frequent(connection, collection, condition)
    )


def where(
    collection: Collection,
    conditions: Sequence[Condition],
    *,
    now: float,
    frequent: frozenset[Condition] = frozenset(),
) -> tuple[str, list[Scalar]]:
    """The conjunction of the conditions over live documents."""
    text, values = live(now)
    texts = [text]
    for condition in conditions:
        text, more = _condition(collection, condition, now=now, each=condition in frequent)
        texts.append(text)
        values += more
    return " AND ".join(texts), values


def select(
    collection: Collection, query: Query, *, now: float, frequent: frozenset[Condition] = frozenset()
) -> tuple[str, list[Scalar]]:
    """The statement of a query: key, version, expiry and body of each row."""
    text, values = where(collection, query.where, now=now, frequent=frequent)
    if query.after is not None:
        behind, more = _behind(query)
        text += f" AND {behind}"
        values += more
    order = ", ".join(f"{column(o.field)} {'DESC' if o.descending else 'ASC'}" for o in full_order(query))
    statement = (
        f"SELECT key, version, expires_at, body FROM {table(collection.name)}"  # noqa: S608 (names are checked)
        f" WHERE {text} ORDER BY {order} LIMIT ? OFFSET ?"
    )
    return statement, [*values, query.limit, query.skip]


def _condition(collection: Collection, condition: Condition, *, now: float, each: bool) -> tuple[str, list[Scalar]]:
    if condition.field not in collection.multi:
        return _compare(column(condition.field), condition, now=now)
    text, values = _compare("term", condition, now=now)
    terms, values = terms_table(collection.name), [condition.field, *values]
    if each:
        documents = table(collection.name)
        found = f"SELECT 1 FROM {terms} AS t INDEXED BY {terms}_key WHERE t.key = {documents}.key"  # noqa: S608
        return f"EXISTS ({found} AND field = ? AND {text})", values
    return f"key IN (SELECT key FROM {terms} WHERE field = ? AND {text})", values  # noqa: S608


def _is_frequent(connection: sqlite3.Connection, collection: Collection, condition: Condition) -> bool:
    text, values = _compare("term", condition, now=0)
    found = f"SELECT 1 FROM {terms_table(collection.name)} WHERE field = ? AND {text} LIMIT {FREQUENT}"  # noqa: S608
    (number,) = connection.execute(f"SELECT count(*) FROM ({found})", [condition.field, *values]).fetchone()  # noqa: S608
    return int(number) >= FREQUENT


def _compare(expression: str, condition: Condition, *, now: float) -> tuple[str, list[Scalar]]:
    value = condition.value
    if isinstance(value, Selected):
        of = value.collection
        # What other documents have in their lists is asked of each one that the rest selects, and never collected.
        text, values = where(of, value.where, now=now, frequent=frozenset(value.where[1:]))
        return f"{expression} IN (SELECT {column(value.field)} FROM {table(of.name)} WHERE {text})", values  # noqa: S608
    if isinstance(value, tuple):
        return f"{expression} IN ({', '.join('?' * len(value))})", list(value)
    match condition.op:
        case "eq":
            return (f"{expression} IS NULL", []) if value is None else (f"{expression} = ?", [value])
        case "ne":
            return (f"{expression} IS NOT NULL", []) if value is None else (f"{expression} IS NOT ?", [value])
        case "prefix":
            return f"({expression} >= ? AND {expression} < ?)", [value, f"{value}{_BEHIND_EVERY_SUFFIX}"]
        case _:
            return f"{expression} {_COMPARISON[condition.op]} ?", [value]


def _behind(query: Query) -> tuple[str, list[Scalar]]:
    """Rows behind `query.after`, spelt out field by field, since directions and nulls may differ."""
    alternatives: list[str] = []
    values: list[Scalar] = []
    equal: list[str] = []
    equal_values: list[Scalar] = []
    for order, seen in zip(full_order(query), query.after or (), strict=True):
        expression = column(order.field)
        text: str | None
        more: list[Scalar] = [seen]
        if order.descending:
            # Nulls come last when descending: they stand behind every value, and nothing stands behind them.
            text = None if seen is None else f"({expression} < ? OR {expression} IS NULL)"
        elif seen is None:
            text, more = f"{expression} IS NOT NULL", []
        else:
            text = f"{expression} > ?"
        if text is not None:
            alternatives.append(" AND ".join([*equal, text]))
            values += [*equal_values, *more]
        equal.append(f"{expression} IS ?")
        equal_values.append(seen)
    return f"({' OR '.join(f'({alternative})' for alternative in alternatives)})", values


def _fit(name: str) -> str:
    if not _NAME.match(name):
        raise UnfitName(f"{name!r} is no name for a collection or field: use a-z, 0-9 and _")
    return name
