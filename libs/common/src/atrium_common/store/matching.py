"""What conditions, orders and cursors mean, in plain Python: the reading that every adapter must agree with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from atrium_common.jsontypes import Scalar
from atrium_common.store.documents import Condition, Document, Order, Query, Selected

_Rank: TypeAlias = tuple[int, bool | int | float | str]


def matches(document: Document, where: Sequence[Condition], *, multi: frozenset[str] = frozenset()) -> bool:
    """Whether the document fulfils every condition."""
    return all(_fulfils(document, condition, multi) for condition in where)


async def resolved(
    where: Sequence[Condition], select: Callable[[Selected], Awaitable[tuple[Scalar, ...]]]
) -> tuple[Condition, ...]:
    """The conditions with what each selects in the place of how it does, for stores that ask one question a time."""
    return tuple(
        [
            replace(condition, value=await select(condition.value))
            if isinstance(condition.value, Selected)
            else condition
            for condition in where
        ]
    )


def field_of(document: Document, field: str) -> Scalar:
    """The scalar in a top-level field, the key for `_key`; None where it is absent or no scalar."""
    value = document.key if field == "_key" else document.body.get(field)
    return None if isinstance(value, list | dict) else value


def full_order(query: Query) -> tuple[Order, ...]:
    """The query's order with the key behind it, in the direction of the last field."""
    return (*query.sort, Order("_key", query.sort[-1].descending if query.sort else False))


def stretches(query: Query) -> Iterator[Query]:
    """The query as stretches of an index on its first sort field: what one after the other finds is what it finds.

    What stands behind a cursor is told field by field, which no index can be searched by: that it can't stand before
    the cursor's own first value is what makes a page cost the same at any depth.
    """
    first = full_order(query)[0]
    seen = None if query.after is None else query.after[0]
    if seen is None or query.skip:
        yield query
        return
    bound = Condition(first.field, "lte" if first.descending else "gte", seen)
    yield replace(query, where=(*query.where, bound))
    if first.descending and first.field != "_key":
        yield replace(query, where=(*query.where, Condition(first.field, "eq", None)), after=None)


def sort_documents(documents: Sequence[Document], sort: Sequence[Order]) -> list[Document]:
    """The documents in this order, ties by key."""
    ordered = list(documents)
    for order in reversed(full_order(Query(sort=tuple(sort)))):
        ordered.sort(key=lambda document, field=order.field: _rank(field_of(document, field)), reverse=order.descending)  # type: ignore[misc]
    return ordered


def follows(document: Document, query: Query) -> bool:
    """Whether the document stands behind the query's `after`."""
    for order, seen in zip(full_order(query), query.after or (), strict=True):
        mine, other = _rank(field_of(document, order.field)), _rank(seen)
        if mine != other:
            return (mine < other) if order.descending else (mine > other)
    return False


def _rank(value: Scalar) -> _Rank:
    if value is None:
        return (0, 0)
    if isinstance(value, bool):
        return (3, value)
    return (2, value) if isinstance(value, str) else (1, value)


def _fulfils(document: Document, condition: Condition, multi: frozenset[str]) -> bool:
    if condition.field in multi:
        values = document.body.get(condition.field)
        elements = values if isinstance(values, list) else []
        return any(_compare(element, condition) for element in elements if not isinstance(element, list | dict))
    return _compare(field_of(document, condition.field), condition)


def _compare(value: Scalar, condition: Condition) -> bool:
    wanted = condition.value
    if isinstance(wanted, Selected):
        raise TypeError("what a condition selects is looked up before it is compared")
    if isinstance(wanted, tuple):
        return value in wanted
    match condition.op:
        case "eq":
            return value == wanted
        case "ne":
            return value != wanted
        case "prefix":
            return isinstance(value, str) and isinstance(wanted, str) and value.startswith(wanted)
        case _:
            return _ordered(value, wanted, condition.op)


def _ordered(value: Scalar, wanted: Scalar, op: str) -> bool:
    if value is None or wanted is None:
        return False
    mine, other = _rank(value), _rank(wanted)
    if mine[0] != other[0]:
        return False
    return {"gt": mine > other, "gte": mine >= other, "lt": mine < other, "lte": mine <= other}[op]
