"""The API's OpenAPI document, merged from the services' own and completed by what the gateway adds to every answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import cast

import orjson

from atrium_common.jsontypes import JSON, JSONObject
from atrium_gateway.documents.composed import SCHEMAS, USAGE, degraded
from atrium_gateway.route_table import TABLE, Entry

_TEXT: JSONObject = {"type": "string"}
_WHOLE: JSONObject = {"type": "integer"}
_ERRORS: JSONObject = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
_ABOUT = """Keys, tenants, plans and usage, signed webhooks.

Send your key as `Authorization: Bearer sk_live_…`, or as the user name of HTTP Basic.

Every answer carries `X-Request-ID`. Errors are `{"error": {"code", "message", "request_id", …}}`; `X-Error-Source` says
whether the gateway or a service behind it made them.

Writes take an `Idempotency-Key`: within 24 hours the same request gets the same answer."""

_HEADS: Mapping[str, tuple[str, JSONObject]] = {
    "X-RateLimit-Limit": ("Requests an hour", _WHOLE),
    "X-RateLimit-Remaining": ("How many are left", _WHOLE),
    "X-RateLimit-Reset": ("The Unix second at which the hour ends", _WHOLE),
    "RateLimit-Policy": ("The key's limits (draft-ietf-httpapi-ratelimit-headers)", _TEXT),
    "RateLimit": ("Where the key stands (draft-ietf-httpapi-ratelimit-headers)", _TEXT),
}
_REPLAYED = ("`true` where this is the answer to an earlier request with the same Idempotency-Key", _TEXT)
_FAREWELL: Mapping[str, tuple[str, JSONObject]] = {
    "Deprecation": ("Since when the operation is deprecated (RFC 9745)", _TEXT),
    "Sunset": ("When it goes (RFC 8594)", _TEXT),
    "Link": ("What takes its place", _TEXT),
}
_REFUSALS: Mapping[str, str] = {
    "401": "`UNAUTHENTICATED`, `INVALID_API_KEY`, `API_KEY_EXPIRED`",
    "403": "`INSUFFICIENT_SCOPE`, `INSUFFICIENT_PERMISSIONS`, `WORKSPACE_ACCESS_DENIED`, `WORKSPACE_SUSPENDED`, "
    "`NAMESPACE_ACCESS_DENIED`, `IP_NOT_ALLOWED`",
    "429": "`RATE_LIMIT_EXCEEDED`, `QUOTA_EXCEEDED`",
    "503": "`SERVICE_UNAVAILABLE`: try again after `Retry-After` seconds",
}
_WRITE_REFUSALS: Mapping[str, str] = {
    "409": "`IDEMPOTENCY_IN_PROGRESS`, or what the operation itself says",
    "413": "`PAYLOAD_TOO_LARGE`: over 1 MiB",
    "415": "`UNSUPPORTED_MEDIA_TYPE`: JSON alone, uncompressed",
    "422": "`VALIDATION_ERROR`, `IDEMPOTENCY_KEY_REUSED`",
}


def merged(parts: Mapping[str, JSONObject]) -> JSONObject:
    """One document from the services' own, by the services' names."""
    paths: dict[str, JSONObject] = {}
    schemas: JSONObject = {}
    for service, part in parts.items():
        for path, operations in _joined(service, part, schemas).items():
            paths.setdefault(path, {}).update(cast("JSONObject", operations))
    paths["/api/v1/usage"] = {"get": deepcopy(USAGE)}
    schemas |= SCHEMAS
    for entry in TABLE:
        operation = paths.get(entry.template, {}).get(entry.method.lower())
        if isinstance(operation, dict):
            _complete(entry, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Atrium", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "sk_live_…",
                    "description": "An API key",
                },
                "basic": {"type": "http", "scheme": "basic", "description": "The key as user name, no password"},
            },
        },
        "security": [{"apiKey": []}, {"basic": []}],
    }


def _joined(service: str, part: JSONObject, schemas: JSONObject) -> JSONObject:
    """The part's paths; its schemas join the others, under another name where theirs is taken by something else."""
    own = cast("dict[str, JSON]", cast("JSONObject", part["components"]).get("schemas") or {})
    raw = orjson.dumps({"paths": part["paths"], "schemas": own})
    for name in sorted(own):
        if name in schemas and schemas[name] != own[name]:
            old, new = f'"#/components/schemas/{name}"', f'"#/components/schemas/{service.title()}{name}"'
            raw = raw.replace(old.encode(), new.encode())
    read = orjson.loads(raw)
    for name, schema in read["schemas"].items():
        taken = name in schemas and schemas[name] != own[name]
        schemas[f"{service.title()}{name}" if taken else name] = schema
    return cast("JSONObject", read["paths"])


def _complete(entry: Entry, operation: JSONObject) -> None:
    """Add what the gateway adds: security, its headers, its refusals, the members that it composes."""
    roles: list[JSON] = [entry.scope] if entry.scope else []
    security: list[JSON] = [{"apiKey": roles}, {"basic": roles}]
    operation["security"] = [{}, *security] if entry.keyless else security
    parameters = cast("list[JSON]", operation.setdefault("parameters", []))
    parameters.append(
        {"name": "X-Request-ID", "in": "header", "description": "Your own id for the request", "schema": _TEXT}
    )
    if entry.deprecated is not None:
        operation["deprecated"] = True
    responses = cast("dict[str, JSONObject]", operation["responses"])
    for status, told in {**_REFUSALS, **(_WRITE_REFUSALS if entry.writes else {})}.items():
        responses.setdefault(status, {"description": told, "content": _ERRORS})
    if not entry.writes and "ETag" in cast("JSONObject", responses.get("200", {}).get("headers") or {}):
        responses["304"] = {"description": "The client has it already"}
    for status, response in responses.items():
        told_of = _heads(entry, refused=status[0] in "45")
        response["headers"] = {**cast("JSONObject", response.get("headers") or {}), **told_of}
    if entry.compose == "namespace":
        _extend(responses["200"])


def _heads(entry: Entry, *, refused: bool) -> JSONObject:
    heads = {**_HEADS, **({"Idempotent-Replayed": _REPLAYED} if entry.writes else {})}
    heads |= _FAREWELL if entry.deprecated is not None else {}
    heads |= {"X-Error-Source": ("`gateway` or `service`", _TEXT)} if refused else {}
    return {name: {"description": told, "schema": schema} for name, (told, schema) in heads.items()}


def _extend(response: JSONObject) -> None:
    """A namespace's answer has what entitlements adds."""
    content = cast("dict[str, JSONObject]", response["content"])
    schema = cast("dict[str, JSONObject]", content["application/json"]["schema"])
    properties = schema["properties"]
    properties["data"] = {
        "anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("NamespaceWithPlan", "NamespaceWithPlanPart")]
    }
    properties["meta"] = degraded()


def operations(document: JSONObject) -> Iterable[tuple[str, str]]:
    """Method and path of everything in a document."""
    for path, found in cast("dict[str, JSONObject]", document["paths"]).items():
        for method in found:
            yield method.upper(), path
