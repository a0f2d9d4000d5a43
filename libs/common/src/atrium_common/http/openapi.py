"""A service's OpenAPI 3.1 document, made from its routes and the models that validate."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from atrium_common.http.listing import Listing
from atrium_common.http.route import Route
from atrium_common.jsontypes import JSON, JSONObject

_PARAMETER = re.compile(r"\{(\w+)\}")
_ERROR: JSONObject = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "request_id"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "request_id": {"type": "string"},
                "details": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
            },
        }
    },
}


def document(title: str, routes: Sequence[Route]) -> JSONObject:
    """The document of the public routes."""
    public = [route for route in routes if not route.internal]
    models = {model for route in public for model in (route.body, route.answer) if model is not None}
    _, definitions = models_json_schema(
        [(model, "validation") for model in sorted(models, key=lambda model: model.__name__)],
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, JSON] = {}
    for route in public:
        operations = paths.setdefault(route.path, {})
        if isinstance(operations, dict):
            operations[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Atrium {title}", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Error": _ERROR},
            "securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer", "bearerFormat": "sk_live_…"}},
        },
        "security": [{"apiKey": []}],
    }


def _operation(route: Route) -> JSONObject:
    parameters: list[JSON] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    names = route.listing.parameters() if route.listing else frozenset(route.query)
    parameters += [_query_parameter(name, route) for name in sorted(names)]
    operation: JSONObject = {
        "summary": route.summary,
        "operationId": _operation_id(route),
        "tags": [_tag(route.path)],
        "parameters": parameters,
        "responses": {
            str(route.status): _success(route),
            "4XX": {"description": "Refused", "content": _json({"$ref": "#/components/schemas/Error"})},
            "5XX": {"description": "Failed", "content": _json({"$ref": "#/components/schemas/Error"})},
        },
    }
    if route.scope:
        operation["description"] = f"Needs the scope `{route.scope}`."
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(_ref(route.body))}
    return operation


def _success(route: Route) -> JSONObject:
    if route.status == 204:  # noqa: PLR2004 (No Content)
        return {"description": "Done"}
    resource: JSON = _ref(route.answer) if route.answer else {"type": "object"}
    if route.bare:
        return {"description": route.summary, "content": _json(resource)}
    properties: JSONObject = {"data": {"type": "array", "items": resource} if route.listing else resource}
    if route.listing:
        properties |= {"meta": {"type": "object"}, "links": {"type": "object"}}
    schema: JSONObject = {"type": "object", "required": ["data"], "properties": properties}
    return {"description": route.summary, "content": _json(schema)}


def _query_parameter(name: str, route: Route) -> JSONObject:
    listing = route.listing
    schema: JSONObject = {"type": "string"}
    if name == "page":
        schema = {"type": "integer", "minimum": 1}
    elif name == "per_page":
        schema = {"type": "integer", "minimum": 1, "maximum": 100, "default": 15}
    elif listing is not None and name in listing.filters:
        schema = _filter_schema(listing, name)
    parameter: JSONObject = {"name": name, "in": "query", "schema": schema}
    if name in route.query:
        parameter["description"] = route.query[name]
    return parameter


def _filter_schema(listing: Listing, name: str) -> JSONObject:
    kind = listing.filters[name]
    if kind == "boolean":
        return {"type": "boolean"}
    return {"type": "string"} if kind == "text" else {"type": "string", "enum": list(kind)}


def _operation_id(route: Route) -> str:
    words = [word for word in re.split(r"[/{}\-]+", route.path.removeprefix("/api/v1")) if word]
    return "_".join([route.method.lower(), *words])


def _tag(path: str) -> str:
    return path.removeprefix("/api/v1/").partition("/")[0]


def _ref(model: type[BaseModel]) -> JSONObject:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _json(schema: JSON) -> JSONObject:
    return {"application/json": {"schema": schema}}
