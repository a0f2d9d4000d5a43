"""JSON Schemas that clients give for the data of their own events: what may be in one, and what data says against it.

A schema is run on the data of every event, in the process that serves everybody. So nothing of it is fetched, every
application of a keyword counts against a budget, and regular expressions, whose cost nobody can tell, are not taken.
The validator is imported by the first schema: it takes a second where all its optional parts are installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from atrium_common.jsontypes import JSON, JSONObject

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.exceptions import SchemaError

MOST_BYTES = 32 * 1024
"""The longest schema, as JSON."""
_MOST_STEPS = 50_000
_MOST_FAULTS = 20
_NOT_TAKEN = frozenset({"pattern", "patternProperties", "$dynamicRef", "$dynamicAnchor", "$id", "$anchor"})
_NAMED = frozenset({"properties", "$defs", "definitions", "dependentSchemas", "dependentRequired"})
"""Keywords whose members are named by the client: their names are no keywords."""
_LITERAL = frozenset({"const", "enum", "default", "examples"})
_Keyword: TypeAlias = "Callable[[Any, Any, Any, Any], Iterator[ValidationError]]"


class UnfitSchema(ValueError):
    """No events can be judged by this schema; the text says why, `path` leads to the part that is at fault."""

    def __init__(self, path: Sequence[str], message: str) -> None:
        super().__init__(message)
        self.path = tuple(path)


class _TooCostly(Exception):
    """The budget is spent."""


_left: ContextVar[int] = ContextVar("steps left")


def check_schema(schema: JSONObject) -> None:
    """Return if the data of events can be judged by it: JSON Schema 2020-12, whole in itself and without patterns.

    Raises:
        UnfitSchema.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    _check_keywords(schema, ())
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise UnfitSchema([str(step) for step in error.absolute_path], _sentence(error)) from None
    except RecursionError:
        raise UnfitSchema((), "Is nested too deeply.") from None


def faults(schema: JSONObject, data: JSON) -> Mapping[str, Sequence[str]]:
    """What the schema says against the data, by dotted path from `data`; empty where it fits."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    found: dict[str, list[str]] = {}
    token = _left.set(_MOST_STEPS)
    try:
        for error in _bounded()(schema, registry=Registry()).iter_errors(data):
            path = ".".join(["data", *(str(step) for step in error.absolute_path)])
            found.setdefault(path, []).append(_sentence(error))
            if len(found) == _MOST_FAULTS:
                break
    except _TooCostly:
        return {"data": ["Is too much for the schema of its type: it could not be judged."]}
    except RecursionError:
        return {"data": ["The schema of its type leads in a circle: it could not be judged."]}
    except Unresolvable as error:
        return {"data": [f"The schema of its type points to {error.ref!r}, which is not in it."]}
    finally:
        _left.reset(token)
    return found


def _check_keywords(schema: JSON, path: tuple[str, ...]) -> None:
    if isinstance(schema, list):
        for number, each in enumerate(schema):
            _check_keywords(each, (*path, str(number)))
    if not isinstance(schema, Mapping):
        return
    for name, value in schema.items():
        if name in _NOT_TAKEN:
            raise UnfitSchema((*path, name), f"{name} is not supported.")
        if name == "$ref" and not str(value).startswith("#"):
            raise UnfitSchema((*path, name), "Must point into this schema, like #/$defs/address.")
        if name in _NAMED and isinstance(value, Mapping):
            for member, each in value.items():
                _check_keywords(each, (*path, name, member))
        elif name not in _LITERAL:
            _check_keywords(value, (*path, name))


def _sentence(error: ValidationError | SchemaError) -> str:
    """The fault in a sentence that repeats no more of the data than fits in a line."""
    match error.validator:
        case "required":
            there = cast("JSONObject", error.instance)
            missing = [name for name in cast("list[str]", error.validator_value) if name not in there]
            return f"Must have {', '.join(missing)}."
        case "type":
            return f"Must be of type {_listed(error.validator_value)}."
        case "enum":
            return f"Must be one of {_listed(error.validator_value)}."
        case "const":
            return f"Must be {_short(error.validator_value)}."
        case _:
            return f"Does not fit {error.validator}: {_short(error.validator_value)}."


def _listed(values: object) -> str:
    return _short(", ".join(str(each) for each in values) if isinstance(values, list) else values)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 100 else f"{text[:100]}…"  # noqa: PLR2004


@cache
def _bounded() -> Any:
    """The validator whose every keyword is counted."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    keywords = cast("Mapping[str, _Keyword]", Draft202012Validator.VALIDATORS)
    counted = {name: _counted(keyword, pairs=name == "uniqueItems") for name, keyword in keywords.items()}
    return extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]


def _counted(keyword: _Keyword, *, pairs: bool) -> _Keyword:
    """The keyword, one step for each application, and one for each element (or pair of them) that is looked at."""

    def run(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        size = len(instance) if isinstance(instance, list | dict) else 0
        left = _left.get() - 1 - (size * size if pairs else size)
        if left < 0:
            raise _TooCostly
        _left.set(left)
        yield from keyword(validator, value, instance, schema) or ()

    return run
