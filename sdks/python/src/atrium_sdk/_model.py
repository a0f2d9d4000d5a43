"""Typed answers: frozen dataclasses made from JSON by their annotations, tolerant of what is missing or new."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Union, cast, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from typing import Self


def absent() -> Any:
    """The default of every field: one that was not asked for (`fields=…`) is None."""
    return field(default=None)


def hidden() -> Any:
    """The same for a secret: it is a text like any other, and not shown where the object is printed."""
    return field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Model:
    """An object that the API answered with.

    Attributes:
        raw: the JSON as it came; members that this version of the SDK does not know are in it.
        etag: the version, for `Options(if_match=…)`; set on single resources.
        request_id: of the answer.
    """

    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    etag: str | None = field(default=None, repr=False, compare=False)
    request_id: str | None = field(default=None, repr=False, compare=False)

    @classmethod
    def parse(cls, value: Mapping[str, Any], *, etag: str | None = None, request_id: str | None = None) -> Self:
        """The object in this JSON."""
        known = {name: convert(value[name]) for name, convert in _converters(cast("Any", cls)).items() if name in value}
        return cls(**known, raw=value, etag=etag, request_id=request_id)


def parse_value(kind: Any, value: Any) -> Any:
    """JSON as a value of this annotation."""
    return _converter(kind)(value)


@cache
def _converters(cls: type[Model]) -> Mapping[str, Callable[[Any], Any]]:
    hints = get_type_hints(cls)
    return {each.name: _converter(hints[each.name]) for each in fields(cls) if each.name not in _OWN}


_OWN = {each.name for each in fields(Model)}


def _moment(value: Any) -> Any:
    """The moment in a text; in a notation that only a later version knows it stays a text."""
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")) if isinstance(value, str) else value
    except ValueError:
        return value


def _converter(kind: Any) -> Callable[[Any], Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        others = [each for each in arguments if each is not type(None)]
        convert = _converter(others[0] if len(others) == 1 else Any)
        return lambda value: None if value is None else convert(value)
    if origin is Sequence:
        convert = _converter(arguments[0])
        return lambda value: [convert(each) for each in value] if isinstance(value, list) else value
    if origin is dict:
        convert = _converter(arguments[1])
        return lambda value: {k: convert(v) for k, v in value.items()} if isinstance(value, dict) else value
    if kind is datetime:
        return _moment
    if isinstance(kind, type) and issubclass(kind, Model):
        return lambda value: kind.parse(value) if isinstance(value, dict) else value
    return lambda value: value
