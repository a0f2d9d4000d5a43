"""From an answer to what the caller gets: a typed value, a page, or an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from atrium_sdk import errors
from atrium_sdk._model import Model, parse_value
from atrium_sdk._request import Request

_SECRETS = frozenset({"key", "secret", "token"})
_NOT_MODIFIED = 304
_ANSWERED = range(200, 300)
_REDIRECTED = range(300, 400)


def body_of(request: Request, status: int, raw: bytes, headers: Mapping[str, str]) -> Any:
    """The JSON of an answer; None for none. Redirects are not followed, they are errors: the key stays here.

    Raises:
        ApiError: it is an error, or no JSON.
        NotModified: it is 304.
    """
    if status == _NOT_MODIFIED:
        raise errors.NotModified("the resource has not changed")
    if status in _REDIRECTED:
        moved = f"redirected to {headers.get('location')}, where the key is not taken: is the base URL right?"
        raise errors.error_of(status, {"error": {"code": "UNKNOWN", "message": moved}}, headers)
    try:
        body = json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        raise errors.error_of(
            status, {"error": {"code": "UNKNOWN", "message": "the answer is no JSON"}}, headers
        ) from None
    if status not in _ANSWERED:
        raise errors.error_of(status, body, headers)
    if not _has_shape(request.shape, body):
        told = {"code": "UNKNOWN", "message": "the answer is not what this call is answered with"}
        raise errors.error_of(status, {"error": told}, headers)
    return body


def _has_shape(shape: str, body: Any) -> bool:
    """Whether a success is one of ours: something between may have answered instead."""
    if shape == "nothing":
        return True
    if shape == "bare":
        return isinstance(body, dict)
    data = body.get("data") if isinstance(body, dict) else None
    return isinstance(data, list) if shape == "list" else data is not None


def value_of(request: Request, body: Any, headers: Mapping[str, str]) -> Any:
    """What the caller gets of an answer that is no list."""
    if request.shape == "nothing" or body is None:
        return None
    value = body["data"] if request.shape == "one" and isinstance(body, dict) and "data" in body else body
    if isinstance(request.kind, type) and issubclass(request.kind, Model) and isinstance(value, dict):
        return request.kind.parse(value, etag=headers.get("etag"), request_id=headers.get("x-request-id"))
    return _quiet(parse_value(request.kind, value))


class _Quiet(dict[str, Any]):
    """A plain object whose secret is a text like any other, and not shown where the object is printed."""

    def __repr__(self) -> str:
        return repr({name: "***" if name in _SECRETS and value else value for name, value in self.items()})


def _quiet(value: Any) -> Any:
    """A batch's results, which are plain objects, each with what it made."""
    if not isinstance(value, list):
        return value
    return [
        {**each, "data": _Quiet(each["data"])}
        if isinstance(each, dict) and isinstance(each.get("data"), dict)
        else each
        for each in value
    ]


def items_of(request: Request, body: Any) -> list[Any]:
    """The items of a page."""
    return [parse_value(request.kind, each) for each in body["data"]]
