"""What clients send: bodies as JSON objects, query parameters, refused with messages by dotted field.

pydantic validates; `faults` turns what it found into words for people.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypeVar, cast

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from atrium_common.clock import in_utc
from atrium_common.errors import InvalidJson, ValidationFailed
from atrium_common.http.faults import details
from atrium_common.jsontypes import JSON, JSONObject

MAX_BODY = 1024 * 1024
DEEPEST = 64
"""How deep what is sent may be nested: what is stored of it stands in more, and MongoDB bears with 100."""
_LEAST, _MOST = -(2**63), 2**63 - 1
_EXACT = 2**53
# What may make an integer beyond 64 bits, or the name of a field with a NUL.
_UNUSUAL = re.compile(rb"[0-9]{19}|\\u0000")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d")
M = TypeVar("M", bound="Body")
T = TypeVar("T")
P = TypeVar("P", bound="Parameters")


def _refuse_null(value: object) -> object:
    if value is None:
        raise ValueError("May be left out, but not null")
    return value


class _NeverNull:
    """Keeps `null` out of a field's schema."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
        return {**schema, "anyOf": kinds} if len(kinds) > 1 else kinds[0] if kinds else schema


MayBeLeftOut = Annotated[T | None, BeforeValidator(_refuse_null), _NeverNull]
"""A field of a change: `name: MayBeLeftOut[Name] = None`. Left out it is None; sent as null it is refused."""


def _written(value: object) -> object:
    # Digits alone pydantic would read as seconds since 1970: `"2030"` as half an hour of them.
    with contextlib.suppress(ValueError):
        if isinstance(value, str) and _ISO.match(value):
            return datetime.fromisoformat(value.upper())
    raise ValueError("Must be an ISO 8601 time, like 2024-01-15T10:30:00Z")


Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(in_utc)]
"""A time in a body, told in UTC."""


class Body(BaseModel):
    """The base of request bodies: strings are trimmed, unknown fields refused, JSON types taken at their word.

    `"5"` is no integer and `1` no boolean, but `5.0` is 5; a string in ISO 8601 does become a datetime.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True, populate_by_name=True)

    def sent(self) -> dict[str, object]:
        """Only the fields that the client sent, by name; one that was sent as null is in it as None."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


class Parameters(BaseModel):
    """The base of further query parameters: unknown ones are refused, texts read as what the field wants."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True, populate_by_name=True)


def parse_object(raw: bytes) -> JSONObject:
    """The JSON object in `raw`; nothing at all counts as an empty object.

    Raises:
        InvalidJson: it is not JSON, not an object, or holds what not every store can keep.
    """
    if not raw or not raw.strip():
        return {}
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidJson(f"The body is not valid JSON: {error.msg} at {place}.") from None
    if not isinstance(value, dict):
        raise InvalidJson("The body must be a JSON object.")
    if raw.count(b"{") + raw.count(b"[") > DEEPEST or _UNUSUAL.search(raw):
        _refuse_what_no_store_holds(value)
        # The parser rounds integers that are too large for it: only their text tells.
        return cast("JSONObject", json.loads(raw, parse_int=_kept_exactly))
    return value


def _refuse_what_no_store_holds(value: JSON) -> None:
    level, depth = [value], 0
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        if depth > DEEPEST:
            raise InvalidJson(f"Objects and lists in the body may stand in each other {DEEPEST} deep.")
        if any("\0" in name for each in level if isinstance(each, dict) for name in each):
            raise InvalidJson("The body has a NUL character in the name of a field.")
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]


def _kept_exactly(text: str) -> int | float:
    """An integer of 64 bits, or beyond them a float that is the same number: JavaScript writes its large ones so.

    Raises:
        InvalidJson: there is neither.
    """
    number = Decimal(text)
    if _LEAST <= number <= _MOST:
        return int(text)
    rounded = float(number)
    if Decimal(repr(rounded)) != number:
        raise InvalidJson("The body has an integer beyond 64 bits: send it as a text.")
    return rounded


def validated(model: type[M], value: Mapping[str, JSON], *, prefix: str = "") -> M:
    """`value` as the model.

    Raises:
        ValidationFailed: with every fault by its dotted field, below `prefix` where one is given.
    """
    try:
        return _strictly(model, value)
    except ValidationError as error:
        faults = error
    places = [each["loc"] for each in faults.errors(include_url=False) if _is_whole(each["type"], each["input"])]
    if places:
        for place in places:
            value = cast("JSONObject", _with_whole(value, place))
        try:
            return _strictly(model, value)
        except ValidationError as error:
            faults = error
    raise ValidationFailed(details(faults, model, value, prefix=prefix))


def _strictly(model: type[M], value: Mapping[str, JSON]) -> M:
    # Strict types with strings for times and enumerations are what pydantic calls JSON mode.
    return model.model_validate_json(orjson.dumps(value), strict=True)


def _is_whole(fault: str, given: object) -> bool:
    """Whether an integer was missed in a number that is one: JSON has no other, and to JSON Schema `5.0` is `5`."""
    return fault == "int_type" and isinstance(given, float) and given.is_integer() and abs(given) <= _EXACT


def _with_whole(value: object, steps: Sequence[int | str]) -> object:
    """`value` with the number there as an integer; the steps of unions, which lead nowhere, are passed over."""
    if not steps:
        return int(value) if isinstance(value, float) else value
    step, *rest = steps
    if isinstance(value, dict) and step in value:
        return {**value, step: _with_whole(value[step], rest)}
    if isinstance(value, list) and isinstance(step, int):
        return [*value[:step], _with_whole(value[step], rest), *value[step + 1 :]]
    return _with_whole(value, rest)


def validated_parameters(model: type[P], value: Mapping[str, str]) -> P:
    """The query parameters as the model.

    Raises:
        ValidationFailed: with every fault by its parameter.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ValidationFailed(details(error, model, value)) from None
