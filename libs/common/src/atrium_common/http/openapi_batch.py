"""What a batch takes and answers, for the OpenAPI document: exact by the actions that its resource offers."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel

from atrium_common.http.route import Route
from atrium_common.jsontypes import JSON, JSONObject

_OWN_REFUSAL = "What does not fit is refused for this operation alone"
_OBJECT: JSONObject = {"type": "object"}
_NOTHING: JSONObject = {"type": "null"}
_ID: JSONObject = {"type": "string", "pattern": "[^\\s]"}

RefOf = Callable[[type[BaseModel]], JSONObject]
"""The reference to a model's schema as it validates."""


def name_of(route: Route) -> str:
    """The name of the batch's schema: `ApiKeysBatch`."""
    resource = route.path.removesuffix("/batch").rpartition("/")[2]
    return f"{''.join(word.capitalize() for word in resource.split('-'))}Batch"


def schemas(route: Route, ref: RefOf) -> JSONObject:
    """The batch's own schemas by name."""
    name = name_of(route)
    operations: JSONObject = {"type": "array", "minItems": 1, "maxItems": 100, "items": reference(f"{name}Operation")}
    batch: JSONObject = {
        "title": name,
        "description": "1 to 100 operations, run in order; with `atomic` all or none.",
        "type": "object",
        "required": ["operations"],
        "additionalProperties": False,
        "properties": {"operations": operations, "atomic": {"type": "boolean", "default": False}},
    }
    return {name: batch, f"{name}Operation": _operation(route, ref)}


def answer() -> JSONObject:
    """What every batch answers."""
    result: JSONObject = {
        "type": "object",
        "required": ["status"],
        "properties": {
            "status": {"type": "integer", "description": "What the operation by itself would be answered with"},
            "data": {"description": "Where it was done and has something to show"},
            "error": {"type": "object", "description": "Where it was refused"},
        },
    }
    meta: JSONObject = {
        "type": "object",
        "required": ["succeeded", "failed"],
        "properties": {"succeeded": {"type": "integer"}, "failed": {"type": "integer"}},
    }
    return {
        "type": "object",
        "required": ["data", "meta"],
        "properties": {"data": {"type": "array", "items": result}, "meta": meta},
    }


def reference(name: str) -> JSONObject:
    """To a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def _operation(route: Route, ref: RefOf) -> JSONObject:
    actions: list[JSON] = list(route.operations)
    return {
        "title": "An operation",
        "description": "`create` takes data, `update` id and data, `delete` id; each needs its own scope.",
        "type": "object",
        "required": ["action"],
        "additionalProperties": False,
        "properties": {
            "action": {"type": "string", "enum": actions},
            "id": {"type": ["string", "null"]},
            "data": {"type": ["object", "null"]},
        },
        "oneOf": [_form(action, each, ref) for action, each in route.operations.items()],
    }


def _form(action: str, route: Route, ref: RefOf) -> JSONObject:
    takes_id, takes_data = action != "create", action != "delete"
    data: JSONObject = _NOTHING
    if takes_data:
        fit = [ref(route.body)] if route.body is not None else []
        data = {"description": _OWN_REFUSAL, "anyOf": [*fit, _OBJECT]}
    return {
        "required": [name for name, takes in (("id", takes_id), ("data", takes_data)) if takes],
        "properties": {"action": {"const": action}, "id": _ID if takes_id else _NOTHING, "data": data},
    }
