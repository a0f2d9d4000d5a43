"""Validation errors in words for people: what is wrong with which field, and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from atrium_common.jsontypes import JSON

_Context: TypeAlias = Mapping[str, Any]

_WORDS: Mapping[str, Callable[[_Context], str]] = {
    "string_type": lambda _: "Must be a text.",
    "int_type": lambda _: "Must be a whole number.",
    "int_parsing": lambda _: "Must be a whole number.",
    "int_from_float": lambda _: "Must be a whole number.",
    "float_type": lambda _: "Must be a number.",
    "float_parsing": lambda _: "Must be a number.",
    "decimal_parsing": lambda _: "Must be a number.",
    "bool_type": lambda _: "Must be true or false.",
    "bool_parsing": lambda _: "Must be true or false.",
    "list_type": lambda _: "Must be a list.",
    "tuple_type": lambda _: "Must be a list.",
    "dict_type": lambda _: "Must be an object.",
    "model_type": lambda _: "Must be an object.",
    "model_attributes_type": lambda _: "Must be an object.",
    "datetime_type": lambda _: "Must be an ISO 8601 time, like 2024-01-15T10:30:00Z.",
    "datetime_parsing": lambda _: "Must be an ISO 8601 time, like 2024-01-15T10:30:00Z.",
    "datetime_from_date_parsing": lambda _: "Must be an ISO 8601 time, like 2024-01-15T10:30:00Z.",
    "timezone_aware": lambda _: "Needs a time zone: end it with Z or an offset.",
    "string_too_short": lambda c: _at_least(c["min_length"], "character"),
    "string_too_long": lambda c: _at_most(c["max_length"], "character"),
    "too_short": lambda c: _at_least(c["min_length"], "item"),
    "too_long": lambda c: _at_most(c["max_length"], "item"),
    "greater_than_equal": lambda c: f"Must be at least {_plain(c['ge'])}.",
    "greater_than": lambda c: f"Must be greater than {_plain(c['gt'])}.",
    "less_than_equal": lambda c: f"Must be at most {_plain(c['le'])}.",
    "less_than": lambda c: f"Must be less than {_plain(c['lt'])}.",
    "literal_error": lambda c: _allowed(str(c["expected"])),
    "enum": lambda c: _allowed(str(c["expected"])),
    "value_error": lambda c: str(c["error"]),
}


class FaultAt(ValueError):
    """What a validator raises about a part inside its field: `path` leads from the field to it."""

    def __init__(self, path: Sequence[str], message: str) -> None:
        super().__init__(message)
        self.path = tuple(path)


def details(
    error: ValidationError, model: type[BaseModel], value: Mapping[str, JSON] | Mapping[str, str], *, prefix: str = ""
) -> dict[str, Sequence[str]]:
    """Messages by dotted field, each once, below `prefix` where one is given."""
    found: dict[str, list[str]] = {}
    for fault in error.errors(include_url=False):
        path = (*_path(fault, value), *_inside(fault))
        field = ".".join((prefix, *path) if prefix else path) or "body"
        messages = found.setdefault(field, [])
        message = _message(fault, path, model)
        if message not in messages:
            messages.append(message)
    return dict(found)


def _path(fault: ErrorDetails, value: object) -> tuple[str, ...]:
    """Where the fault is in what was sent: pydantic's own steps into unions and validators are left out."""
    path: list[str] = []
    at: object = value
    last = len(fault["loc"]) - 1
    for number, part in enumerate(fault["loc"]):
        if _has(at, part):
            at = at[part]  # type: ignore[index]
        elif not (number == last and fault["type"] == "missing"):
            continue
        path.append(str(part))
    return tuple(path)


def _inside(fault: ErrorDetails) -> tuple[str, ...]:
    error = fault.get("ctx", {}).get("error")
    return error.path if isinstance(error, FaultAt) else ()


def _has(value: object, part: str | int) -> bool:
    if isinstance(value, Mapping):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and part < len(value)


def _message(fault: ErrorDetails, path: Sequence[str], model: type[BaseModel]) -> str:
    kind = fault["type"]
    if kind == "missing":
        return f"The {path[-1] if path else 'body'} field is required."
    if kind == "extra_forbidden":
        within = _model_at(model, path[:-1])
        return "Unknown field." if within is None else f"Unknown field. Allowed: {', '.join(_names(within))}."
    if kind == "string_pattern_mismatch":
        return f"Must match {fault.get('ctx', {}).get('pattern')}{_example(path, model)}."
    words = _WORDS.get(kind)
    message = words(fault.get("ctx", {})) if words else str(fault["msg"])
    return message if message.endswith(".") else f"{message}."


def _example(path: Sequence[str], model: type[BaseModel]) -> str:
    """What a text may look like, where the model gives an example of it."""
    for name, field in model.model_fields.items():
        if tuple(path) == (field.alias or name,):
            given = [*(field.examples or ()), *_given_with(field.annotation)]
            return f", like {given[0]}" if given else ""
    return ""


def _given_with(annotation: object) -> Iterator[object]:
    """The examples in a type, like that of `Slug | None`."""
    for note in getattr(annotation, "__metadata__", ()):
        yield from getattr(note, "examples", None) or ()
    for part in get_args(annotation):
        yield from _given_with(part)


def _allowed(expected: str) -> str:
    """What pydantic writes `'a', 'b' or 'c'`, as we write it everywhere."""
    return f"Allowed: {expected.replace(' or ', ', ').replace(chr(39), '')}."


def _plain(number: float) -> str:
    """720 for 720.0."""
    return str(int(number) if isinstance(number, float) and number.is_integer() else number)


def _model_at(model: type[BaseModel], path: Sequence[str]) -> type[BaseModel] | None:
    """The model of the object there; None where it may be one of several."""
    for part in path:
        if part.isdigit():
            continue
        fields = (field for name, field in model.model_fields.items() if part == (field.alias or name))
        found = [each for field in fields for each in _models(field.annotation)]
        if len(found) != 1:
            return None
        model = found[0]
    return model


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _names(model: type[BaseModel]) -> list[str]:
    """What clients call the model's fields."""
    return sorted(field.alias or name for name, field in model.model_fields.items())


def _at_least(number: int, unit: str) -> str:
    return "Must not be empty." if number == 1 else f"Must have at least {number} {unit}s."


def _at_most(number: int, unit: str) -> str:
    return f"Must have at most {number} {unit}{'' if number == 1 else 's'}."
