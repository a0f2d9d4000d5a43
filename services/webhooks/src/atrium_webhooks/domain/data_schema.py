"""JSON Schemas that clients give for the data of their own events: what may be in one, and what data says against it.

A schema is run on the data of every event, in the process that serves everybody. So nothing of it is fetched; only what
is known here is run, and only where it stands as a schema; every application of a keyword counts against a budget; and
keywords whose cost nobody can tell are not taken.
The validator is imported by the first schema: it takes a second where all its optional parts are installed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast
from urllib.parse import unquote

from atrium_common.jsontypes import JSON, JSONObject

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.exceptions import SchemaError

MOST_BYTES = 32 * 1024
"""The longest schema, as JSON."""
_MOST_STEPS = 50_000
# Of this thread's own time, for what takes long in few steps; so a busy machine refuses nothing.
_MOST_SECONDS = 1.0
_MOST_FAULTS = 20
_MOST_LOOKED_AT = 200
_MOST_SCHEMAS = 1000
_DEEPEST = 100
_MOST_TYPES = 7
# About as many comparisons of two values take as long as a step.
_COMPARED_IN_A_STEP = 8
_NOT_TAKEN = frozenset(
    {"pattern", "patternProperties", "unevaluatedItems", "unevaluatedProperties", "dependencies", "$dynamicRef",
     "$dynamicAnchor", "$id", "$anchor"}
)  # fmt: skip
# Keywords that are run: those whose value is a schema, a list of schemas, schemas by names of the client's, or none.
_ONE = frozenset({"additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else"})
_SEVERAL = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED = frozenset({"properties", "$defs", "definitions", "dependentSchemas"})
_WITHOUT = frozenset(
    {"$ref", "type", "const", "enum", "required", "dependentRequired", "minimum", "maximum", "exclusiveMinimum",
     "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "format", "minItems", "maxItems", "minContains",
     "maxContains", "uniqueItems", "minProperties", "maxProperties"}
)  # fmt: skip
_Path: TypeAlias = tuple[str, ...]
_Keyword: TypeAlias = "Callable[[Any, Any, Any, Any], Iterator[ValidationError]]"


class UnfitSchema(ValueError):
    """No events can be judged by this schema; the text says why, `path` leads to the part that is at fault."""

    def __init__(self, path: Sequence[str], message: str) -> None:
        super().__init__(message)
        self.path = tuple(path)


class TooCostly(Exception):
    """The budget is spent."""


class _Budget(NamedTuple):
    steps: int
    until: float


_left: ContextVar[_Budget] = ContextVar("what is left")


def check_schema(schema: JSONObject) -> None:
    """Return if the data of events can be judged by it: JSON Schema 2020-12, whole in itself and without patterns.

    Raises:
        UnfitSchema.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(_run_of(schema))
    except SchemaError as error:
        raise UnfitSchema([str(step) for step in error.absolute_path], _sentence(error)) from None
    except RecursionError:
        raise UnfitSchema((), "Is nested too deeply.") from None


def faults(schema: JSONObject, data: JSON) -> Mapping[str, Sequence[str]]:
    """What the schema says against the data, by dotted path from `data`; empty where it fits."""
    try:
        return judged(schema, data, steps=_MOST_STEPS)
    except TooCostly:
        return {"data": ["Is too much for the schema of its type: it could not be judged."]}


def judged(schema: JSONObject, data: JSON, *, steps: int) -> Mapping[str, Sequence[str]]:
    """The faults, if they are known in so many steps.

    Raises:
        TooCostly: they are not.
    """
    from referencing import Registry

    found: dict[str, list[str]] = {}
    validator = _bounded()  # made with the first one, which may take a second: it is no cost of the schema's
    token = _left.set(_Budget(steps, time.thread_time() + _MOST_SECONDS))
    try:
        errors = validator(_run_of(schema), registry=Registry()).iter_errors(data)
        for error in islice(errors, _MOST_LOOKED_AT):
            path = ".".join(["data", *(_short(step) for step in error.absolute_path)])
            sentence, said = _sentence(error), found.setdefault(path, [])
            if sentence not in said:
                said.append(sentence)
            if len(found) == _MOST_FAULTS:
                break
    except RecursionError:
        return {"data": ["The schema of its type leads in a circle: it could not be judged."]}
    except UnfitSchema as error:
        # It was given before this was looked at.
        return {"data": [f"The schema of its type is not fit ({'.'.join(error.path)}): {error}"]}
    finally:
        _left.reset(token)
    return found


def _run_of(schema: JSONObject) -> JSONObject:
    """What of the schema is run: annotations and unknown keywords cost and mean nothing.

    Raises:
        UnfitSchema: it holds what is not taken, or a reference that leads to no schema in it.
    """
    places: set[_Path] = set()
    references: dict[_Path, JSON] = {}
    run = cast("JSONObject", _copied(schema, (), places, references))
    for path, reference in references.items():
        if _target(reference) not in places:
            raise UnfitSchema((*path, "$ref"), "Must point to a schema in this one, like #/$defs/address.")
    return run


def _copied(schema: JSON, path: _Path, places: set[_Path], references: dict[_Path, JSON]) -> JSON:
    places.add(path)
    if len(places) > _MOST_SCHEMAS:
        raise UnfitSchema((), f"Must not hold more than {_MOST_SCHEMAS} schemas.")
    if len(path) > _DEEPEST:
        raise UnfitSchema((), "Is nested too deeply.")
    if not isinstance(schema, Mapping):
        return schema
    copy: JSONObject = {}
    for name, value in schema.items():
        if name in _NOT_TAKEN or (name == "$schema" and path):
            # A schema within that says its dialect would be run by that dialect's own validator, without a budget.
            raise UnfitSchema((*path, name), f"{name} is not supported{' within' * (name == '$schema')}.")
        if name == "type" and isinstance(value, list) and len(value) > _MOST_TYPES:
            raise UnfitSchema((*path, name), "Must name each type once.")
        if name == "$ref":
            references[path] = value
        if name in _SEVERAL and isinstance(value, list):
            copy[name] = [_copied(each, (*path, name, str(n)), places, references) for n, each in enumerate(value)]
        elif name in _NAMED and isinstance(value, Mapping):
            copy[name] = {key: _copied(each, (*path, name, key), places, references) for key, each in value.items()}
        elif name in _ONE:
            copy[name] = _copied(value, (*path, name), places, references)
        elif name in _WITHOUT or name in _SEVERAL or name in _NAMED:
            copy[name] = value
    return copy


def _target(reference: JSON) -> _Path | None:
    """The place in the schema to which a reference leads (RFC 6901 §6)."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    first, *steps = unquote(reference[1:]).split("/")
    return None if first else tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def _sentence(error: ValidationError | SchemaError) -> str:
    """The fault in a sentence that repeats no more of the data than fits in a line."""
    match error.validator:
        case "required":
            there = cast("JSONObject", error.instance)
            missing = [name for name in cast("list[str]", error.validator_value) if name not in there]
            return f"Must have {_listed(missing)}."
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
    counted = {name: _counted(keyword, compares=name == "uniqueItems") for name, keyword in keywords.items()}
    return extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]


def _counted(keyword: _Keyword, *, compares: bool) -> _Keyword:
    """The keyword, one step for each application, for each element that is looked at and for each fault.

    One that `compares` all elements takes a step for some values that are compared.
    """

    def run(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        size = len(instance) if isinstance(instance, list | dict) else 0
        _spend(1 + size)
        if compares and size:
            _spend(size * _values(instance) // _COMPARED_IN_A_STEP)
        for error in keyword(validator, value, instance, schema) or ():
            _spend(1)
            yield error

    return run


def _spend(steps: int) -> None:
    left, until = _left.get()
    if left < steps or time.thread_time() > until:
        raise TooCostly
    _left.set(_Budget(left - steps, until))


def _values(data: JSON) -> int:
    """How many values there are in it, itself included."""
    if isinstance(data, list):
        return 1 + sum(map(_values, data))
    return 1 + sum(map(_values, data.values())) if isinstance(data, Mapping) else 1
