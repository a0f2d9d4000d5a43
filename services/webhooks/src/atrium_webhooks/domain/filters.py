"""Filters: which events of the wanted types an endpoint gets, by what is in the delivered body.

`{"data.object.attributes.tier": "pro"}`: dotted paths, each with a value, a list of values, or operators. All must
hold. The reading is MongoDB's: a path that leads through a list holds if it holds for any element, `null` is also what
is absent, numbers compare with numbers and texts with texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from atrium_common.jsontypes import JSON, JSONObject

OPERATORS = ("$exists", "$gt", "$gte", "$in", "$lt", "$lte", "$not", "$prefix")
ROOTS = ("created_at", "data", "id", "livemode", "type", "workspace_id")
_PATH = re.compile(r"[^.$\s][^.\s]*(\.[^.$\s][^.\s]*)*\Z")
_MOST_CONDITIONS = 100
_MOST_VALUES = 100
_MOST_STEPS = 32
_DEEPEST = 5
_LONGEST = 1000

Test: TypeAlias = Callable[[JSONObject], bool]


class UnfitFilter(ValueError):
    """A filter is none; `path` leads to the fault within the filters, the text says what is wrong."""

    def __init__(self, path: Sequence[str], message: str) -> None:
        super().__init__(message)
        self.path = tuple(path)


@dataclass(frozen=True, slots=True)
class Clause:
    """One entry of the filters: its path or operator, what it asks for, and whether a body fulfils it."""

    path: str
    wanted: JSON
    holds: Test


@dataclass(frozen=True, slots=True)
class Filters:
    """Compiled filters. None at all match everything."""

    clauses: tuple[Clause, ...]

    def matches(self, body: JSONObject) -> bool:
        """Whether the delivered body fulfils all of them. Never raises, whatever the body holds."""
        return all(clause.holds(body) for clause in self.clauses)


def compiled(filters: Mapping[str, JSON]) -> Filters:
    """The filters, ready to match.

    Raises:
        UnfitFilter: they are none.
    """
    return _Compiler().filters(filters, (), 0)


def found_at(body: JSON, path: str) -> list[JSON]:
    """The values to which a dotted path leads, through every element of the lists on its way."""
    return list(_walk(body, tuple(path.split("."))))


class _Compiler:
    """Counts on its way, so that no filter costs too much."""

    def __init__(self) -> None:
        self._conditions = 0

    def filters(self, filters: Mapping[str, JSON], at: tuple[str, ...], depth: int) -> Filters:
        if depth > _DEEPEST:
            raise UnfitFilter(at, f"Must not be nested deeper than {_DEEPEST} levels.")
        return Filters(tuple(self._clause(name, wanted, (*at, name), depth) for name, wanted in filters.items()))

    def _clause(self, name: str, wanted: JSON, at: tuple[str, ...], depth: int) -> Clause:
        self._conditions += 1
        if self._conditions > _MOST_CONDITIONS:
            raise UnfitFilter(at, f"There must be at most {_MOST_CONDITIONS} conditions.")
        if name == "$or":
            return Clause(name, wanted, self._any(wanted, at, depth))
        if name == "$not":
            if not isinstance(wanted, dict) or not wanted:
                raise UnfitFilter(at, 'Must be filters, like {"data.object.attributes.tier": "pro"}.')
            inner = self.filters(wanted, at, depth + 1)
            return Clause(name, wanted, lambda body: not inner.matches(body))
        if name.startswith("$"):
            raise UnfitFilter(at, "Unknown. Here stand paths like data.object.attributes.tier, or $not and $or.")
        known = _PATH.match(name) and len(name) <= _LONGEST and name.partition(".")[0] in ROOTS
        if not known or name.count(".") >= _MOST_STEPS:
            raise UnfitFilter(at, f"Must be a dotted path into the delivered body; it begins with {', '.join(ROOTS)}.")
        test = self._condition(wanted, at, depth)
        path = tuple(name.split("."))
        return Clause(name, wanted, lambda body: test(list(_walk(body, path))))

    def _any(self, wanted: JSON, at: tuple[str, ...], depth: int) -> Test:
        if not isinstance(wanted, list) or not wanted or not all(isinstance(each, dict) and each for each in wanted):
            raise UnfitFilter(at, "Must be a list of filters, of which one must hold.")
        ways = [
            self.filters(cast("JSONObject", each), (*at, str(number)), depth + 1) for number, each in enumerate(wanted)
        ]
        return lambda body: any(way.matches(body) for way in ways)

    def _condition(self, wanted: JSON, at: tuple[str, ...], depth: int) -> Callable[[list[JSON]], bool]:
        """What must hold of the values found at a path."""
        if isinstance(wanted, list):
            return _one_of(_values(wanted, at))
        if not isinstance(wanted, dict):
            return _one_of(_values([wanted], at))
        if not wanted or depth > _DEEPEST:
            raise UnfitFilter(at, f"Must be a value, a list of values, or operators: {', '.join(OPERATORS)}.")
        tests = [self._operator(name, value, (*at, name), depth) for name, value in wanted.items()]
        return lambda found: all(test(found) for test in tests)

    def _operator(self, name: str, value: JSON, at: tuple[str, ...], depth: int) -> Callable[[list[JSON]], bool]:
        self._conditions += 1
        if name == "$not":
            inner = self._condition(value, at, depth + 1)
            return lambda found: not inner(found)
        if name == "$in":
            if not isinstance(value, list):
                raise UnfitFilter(at, "Must be a list of values.")
            return _one_of(_values(value, at))
        if name == "$exists":
            if not isinstance(value, bool):
                raise UnfitFilter(at, "Must be true or false.")
            return lambda found: bool(found) == value
        if name == "$prefix":
            if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST:
                raise UnfitFilter(at, f"Must be a text of 1 to {_LONGEST:,} characters.")
            return lambda found: any(isinstance(each, str) and each.startswith(value) for each in _elements(found))
        if name in _COMPARISONS:
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise UnfitFilter(at, "Must be a number or a text.")
            return _compared(_COMPARISONS[name], value)
        raise UnfitFilter(at, f"Unknown. Allowed: {', '.join(OPERATORS)}.")


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "$gt": lambda mine, other: mine > other,
    "$gte": lambda mine, other: mine >= other,
    "$lt": lambda mine, other: mine < other,
    "$lte": lambda mine, other: mine <= other,
}


def _values(wanted: Sequence[JSON], at: tuple[str, ...]) -> list[JSON]:
    if not 1 <= len(wanted) <= _MOST_VALUES:
        raise UnfitFilter(at, f"Must have 1 to {_MOST_VALUES} values.")
    for value in wanted:
        if isinstance(value, list | dict):
            raise UnfitFilter(at, "Values must be texts, numbers, true, false or null.")
        if isinstance(value, str) and len(value) > _LONGEST:
            raise UnfitFilter(at, f"Values must have at most {_LONGEST:,} characters.")
    return list(wanted)


def _one_of(wanted: Sequence[JSON]) -> Callable[[list[JSON]], bool]:
    keys = {_key(value) for value in wanted}
    absent_counts = _key(None) in keys
    return lambda found: any(_key(value) in keys for value in _elements(found)) or (absent_counts and not found)


def _compared(compare: Callable[[float, float], bool], wanted: float | str) -> Callable[[list[JSON]], bool]:
    def fulfils(value: JSON) -> bool:
        if isinstance(value, bool) or isinstance(value, str) != isinstance(wanted, str):
            return False
        return isinstance(value, int | float | str) and compare(cast("float", value), cast("float", wanted))

    return lambda found: any(fulfils(value) for value in _elements(found))


def _key(value: JSON) -> tuple[str, JSON]:
    """Equality as in JSON: `1` is `1.0`, and neither is `true`."""
    return (type(value).__name__ if value is None or isinstance(value, bool | str) else "number", value)


def _elements(found: Sequence[JSON]) -> Iterator[JSON]:
    """The scalars that were found, those of a list that was found one by one."""
    for value in found:
        if isinstance(value, list):
            yield from (each for each in value if not isinstance(each, list | dict))
        elif not isinstance(value, dict):
            yield value


def _walk(value: JSON, path: tuple[str, ...]) -> Iterator[JSON]:
    if not path:
        yield value
    elif isinstance(value, dict):
        if path[0] in value:
            yield from _walk(value[path[0]], path[1:])
    elif isinstance(value, list):
        if path[0].isascii() and path[0].isdigit():
            if int(path[0]) < len(value):
                yield from _walk(value[int(path[0])], path[1:])
        else:
            for each in value:
                yield from _walk(each, path)
