"""Request bodies: read as JSON objects, validated by pydantic, refused with messages by dotted field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from atrium_common.errors import InvalidJson, ValidationFailed
from atrium_common.jsontypes import JSON, JSONObject

MAX_BODY = 1024 * 1024
M = TypeVar("M", bound="Body")


class Body(BaseModel):
    """The base of request bodies: strings are trimmed, unknown fields refused.

    `model_fields_set` tells what the client sent; a field sent as null is in it.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True, populate_by_name=True)


def parse_object(raw: bytes) -> JSONObject:
    """The JSON object in `raw`; nothing at all counts as an empty object.

    Raises:
        InvalidJson: it is not JSON, or not an object.
    """
    if not raw.strip():
        return {}
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidJson(
            f"The body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    if not isinstance(value, dict):
        raise InvalidJson("The body must be a JSON object.")
    return value


def validated(model: type[M], value: Mapping[str, JSON], *, prefix: str = "") -> M:
    """`value` as the model.

    Raises:
        ValidationFailed: with every fault by its dotted field, below `prefix` where one is given.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ValidationFailed(_details(error, model, prefix)) from None


def merged(target: JSON, patch: JSON) -> JSON:
    """The JSON merge patch of RFC 7396: objects are merged, null removes, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result: JSONObject = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _details(error: ValidationError, model: type[BaseModel], prefix: str) -> dict[str, Sequence[str]]:
    details: dict[str, list[str]] = {}
    for fault in error.errors(include_url=False):
        field = (
            ".".join(str(part) for part in fault["loc"] if not str(part).startswith(("function-", "literal[")))
            or "body"
        )
        name = f"{prefix}.{field}" if prefix else field
        details.setdefault(name, []).append(_message(dict(fault), field, model))
    return {name: list(texts) for name, texts in details.items()}


def _message(fault: dict[str, Any], field: str, model: type[BaseModel]) -> str:
    kind = fault["type"]
    if kind == "missing":
        return f"The {field} field is required."
    if kind == "extra_forbidden":
        known = ", ".join(sorted(model.model_fields)) if "." not in field else ""
        return f"Unknown field.{f' Known: {known}.' if known else ''}"
    message = str(fault["msg"])
    if kind == "value_error":
        message = message.removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message}."
