"""A service's OpenAPI 3.1 document, made from its routes and the models that validate.

Everything but schemas stands inline, so that the gateway merges documents by joining paths and schemas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from atrium_common.http import openapi_batch as batches
from atrium_common.http.openapi_parts import ERROR, failures, heads, parameters
from atrium_common.http.route import Route
from atrium_common.jsontypes import JSON, JSONObject

_Mode: TypeAlias = Literal["validation", "serialization"]
_Refs: TypeAlias = Mapping[tuple[type[BaseModel], _Mode], JSONObject]

PART = "Part"
"""What the names of schemas end with that describe what `fields` leaves of a resource."""

_PAGE: JSONObject = {
    "type": "object",
    "properties": {
        "current_page": {"type": ["integer", "null"]},
        "per_page": {"type": "integer"},
        "total": {"type": ["integer", "null"]},
        "last_page": {"type": ["integer", "null"]},
        "from": {"type": ["integer", "null"]},
        "to": {"type": ["integer", "null"]},
        "next_cursor": {"type": ["string", "null"], "description": "Give it as `cursor` for what stands behind"},
    },
}
_LINKS: JSONObject = {
    "type": "object",
    "properties": {name: {"type": ["string", "null"], "format": "uri"} for name in ("first", "last", "prev", "next")},
}


def document(title: str, routes: Sequence[Route]) -> JSONObject:
    """The document of the public routes.

    Raises:
        LookupError: a route documents an error that the table of problems does not know.
    """
    public = [route for route in routes if not route.internal]
    refs, schemas = _schemas(public)
    paths: JSONObject = {}
    for route in public:
        operations = cast("JSONObject", paths.setdefault(route.path, {}))
        operations[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Atrium {title}", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Error": ERROR},
            "securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer", "bearerFormat": "sk_live_…"}},
        },
        "security": [{"apiKey": []}],
    }


def _schemas(routes: Sequence[Route]) -> tuple[_Refs, JSONObject]:
    """Where each model's schema is to be found, and all schemas by name."""
    wanted: dict[tuple[type[BaseModel], _Mode], None] = {}
    for route in routes:
        if route.body is not None and not route.operations:
            wanted[(route.body, "validation")] = None
        for model in (route.answer, *route.otherwise.values()):
            if model is not None:
                wanted[(model, "serialization")] = None
    if not wanted:
        return {}, {}
    made, definitions = models_json_schema(list(wanted), ref_template="#/components/schemas/{model}")
    refs = cast("_Refs", made)
    found = cast("dict[str, JSONObject]", definitions.get("$defs", {}))
    _without_empty_defaults(cast("JSONObject", found))
    for route in routes:
        if route.operations:
            own = batches.schemas(route, lambda model: refs[(model, "validation")])
            found |= cast("dict[str, JSONObject]", own)
        if route.answer is not None and _selects(route):
            whole = _named(refs[(route.answer, "serialization")])
            found[f"{whole}{PART}"] = _part(found[whole])
    return refs, cast("JSONObject", found)


def _selects(route: Route) -> bool:
    """Whether `fields` may leave members of the answer away."""
    return route.method == "GET" and route.answer is not None


def _part(schema: JSONObject) -> JSONObject:
    """What `fields` leaves of a resource."""
    kept: list[JSON] = ["id"] if "id" in cast("JSONObject", schema.get("properties", {})) else []
    told = "Only the fields asked for by `fields`"
    return {**schema, "title": f"{schema.get('title', '')}{PART}", "description": told, "required": kept}


def _named(reference: JSONObject) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _without_empty_defaults(schema: JSON) -> None:
    """Leave out a default that only stands for "absent": what the field itself would refuse."""
    if isinstance(schema, dict):
        nothing = schema.get("default", 1) is None and isinstance(schema.get("type"), str)
        if nothing or (schema.get("default") == "" and schema.get("minLength")):
            del schema["default"]
        for member in schema.values():
            _without_empty_defaults(member)
    elif isinstance(schema, list):
        for member in schema:
            _without_empty_defaults(member)


def _operation(route: Route, refs: _Refs) -> JSONObject:
    operation: JSONObject = {
        "summary": route.summary,
        "operationId": _operation_id(route),
        "tags": list(route.tags) or [_tag(route.path)],
        "parameters": parameters(route),
        "responses": {
            str(route.status): _success(route, refs),
            **{
                str(status): _otherwise(route, refs[(model, "serialization")])
                for status, model in route.otherwise.items()
            },
            **failures(route),
        },
        "security": [{"apiKey": [route.scope] if route.scope else []}],
    }
    told = [route.description] if route.description else []
    if route.scope:
        told.append(f"Needs the scope `{route.scope}`.")
    if route.permission:
        told.append(f"Needs the permission `{route.permission}`.")
    if told:
        operation["description"] = " ".join(told)
    if route.body is not None:
        own = batches.reference(batches.name_of(route)) if route.operations else refs[(route.body, "validation")]
        operation["requestBody"] = {"required": True, "content": _json(own)}
    if route.deprecated is not None:
        operation["deprecated"] = True
    return operation


def _otherwise(route: Route, resource: JSONObject) -> JSONObject:
    schema: JSONObject = {"type": "object", "required": ["data"], "properties": {"data": resource}}
    return {"description": route.description or route.summary, "headers": heads(route), "content": _json(schema)}


def _success(route: Route, refs: _Refs) -> JSONObject:
    answer: JSONObject = {"description": route.summary, "headers": heads(route)}
    if route.status == 204:  # noqa: PLR2004 (No Content)
        return answer
    if route.operations:
        return {**answer, "content": _json(batches.answer())}
    resource: JSON = refs[(route.answer, "serialization")] if route.answer else {"type": "object"}
    if isinstance(resource, dict) and _selects(route):
        resource = {"anyOf": [resource, batches.reference(f"{_named(resource)}{PART}")]}
    if route.bare:
        return {**answer, "content": _json(resource)}
    properties: JSONObject = {"data": {"type": "array", "items": resource} if route.listing else resource}
    if route.listing:
        properties |= {"meta": _PAGE, "links": _LINKS}
    schema: JSONObject = {"type": "object", "required": list(properties), "properties": properties}
    return {**answer, "content": _json(schema)}


def _operation_id(route: Route) -> str:
    words = [word for word in re.split(r"[/{}\-]+", route.path.removeprefix("/api/v1")) if word]
    return "_".join([route.method.lower(), *words])


def _tag(path: str) -> str:
    return path.removeprefix("/api/v1/").partition("/")[0]


def _json(schema: JSON) -> JSONObject:
    return {"application/json": {"schema": schema}}
