"""The parts that operations of an OpenAPI document have in common: parameters, headers, failures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from atrium_common.errors import AtriumError, PreconditionFailed, ValidationFailed
from atrium_common.http.list_query import DEFAULT_PER_PAGE, MAX_NUMBER, MAX_PER_PAGE
from atrium_common.http.listing import Listing
from atrium_common.http.problems import answered_as
from atrium_common.http.route import Route
from atrium_common.jsontypes import JSON, JSONObject

_IN_PATH = re.compile(r"\{(\w+)\}")
_TEXT: JSONObject = {"type": "string"}
_WHEN: JSONObject = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
_ERRORS: JSONObject = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}

ERROR: JSONObject = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "request_id"],
            "properties": {
                "code": {"type": "string", "description": "Stable; switch on it, not on the message"},
                "message": {"type": "string", "description": "For people"},
                "request_id": {"type": "string"},
                "details": {
                    "type": "object",
                    "description": "Messages by dotted field",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}

_LIST: Mapping[str, tuple[JSONObject, str]] = {
    "page": (
        {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER, "default": 1},
        "The page's number; not together with `cursor`",
    ),
    "per_page": (
        {"type": "integer", "minimum": 1, "maximum": MAX_PER_PAGE, "default": DEFAULT_PER_PAGE},
        "How many a page holds",
    ),
    "cursor": (_TEXT, "`meta.next_cursor` of the page before; empty to begin"),
    "sort": (_TEXT, "Fields with commas between; `-` in front for descending"),
    "fields": (_TEXT, "Only these fields and `id`, with commas between"),
    "include": (_TEXT, "Related resources, with commas between"),
    "search": (_TEXT, "Each word must begin a word of a searchable field; case does not matter"),
    "created_after": (_WHEN, "ISO 8601 date or time; exclusive"),
    "created_before": (_WHEN, "ISO 8601 date or time; exclusive"),
    "updated_after": (_WHEN, "ISO 8601 date or time; exclusive"),
    "updated_before": (_WHEN, "ISO 8601 date or time; exclusive"),
    "workspace_id": (_TEXT, "The workspace in context, instead of the header X-Workspace-ID"),
    "namespace_id": (_TEXT, "The namespace in context, instead of the header X-Namespace-ID"),
}


# Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Thai, Kana, Han and Hangul, as ranges of the letters themselves:
# no class or escape for them is understood by every dialect of patterns.
_LETTERS = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02c1\u0391-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f"
    "\u05d0-\u05ea\u0620-\u064a\u0904-\u0939\u0e01-\u0e30\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
)
_ID = "^[A-Za-z0-9_-]{0,64}$"
_ENTITY_TAG = '^"[0-9]{1,9}-[0-9a-f]{1,16}"$'
_FORMS: Mapping[str, str] = {
    "X-Workspace-ID": _ID,
    "X-Namespace-ID": _ID,
    "workspace_id": _ID,
    "namespace_id": _ID,
    "Idempotency-Key": "^[\\x21-\\x7e]{1,255}$",
    "If-Match": _ENTITY_TAG,
    "search": f"[0-9{_LETTERS}]",
}
"""What a parameter must look like, where a text will not do."""


def parameters(route: Route) -> list[JSON]:
    """What an operation takes in path, query and headers."""
    found: list[JSON] = [
        {"name": name, "in": "path", "required": True, "schema": _TEXT} for name in _IN_PATH.findall(route.path)
    ]
    found += [_in_query(name, route) for name in sorted(route.parameters() | _listed(route.listing))]
    found += [_header(name, told) for name, told in _context(route).items()]
    return found


def heads(route: Route) -> JSONObject:
    """The headers of a successful answer."""
    names = {"X-Request-ID": "The request's id; name it when you ask us"}
    if route.status == 201:  # noqa: PLR2004 (Created)
        names["Location"] = "Where the new resource is"
    if route.listing is None and not route.bare and route.status != 204:  # noqa: PLR2004 (No Content)
        names["ETag"] = "The resource's version, for If-Match and If-None-Match"
    return {name: {"description": told, "schema": _TEXT} for name, told in names.items()}


def failures(route: Route) -> JSONObject:
    """The refusals that are special to the operation, by status, and the usual ones."""
    kinds: list[type[AtriumError]] = list(route.errors)
    if route.body is not None or route.listing is not None:
        kinds.append(ValidationFailed)
    if route.method in {"PATCH", "DELETE"}:
        kinds.append(PreconditionFailed)
    codes: dict[int, list[str]] = {}
    for kind in dict.fromkeys(kinds):
        status, code = answered_as(kind)
        codes.setdefault(status, []).append(code)
    special: JSONObject = {
        str(status): {"description": ", ".join(f"`{code}`" for code in names), "content": _ERRORS}
        for status, names in sorted(codes.items())
    }
    return {
        **special,
        "4XX": {"description": "Refused; `error.code` says why", "content": _ERRORS},
        "5XX": {"description": "Failed; the same request may be sent again", "content": _ERRORS},
    }


def _listed(listing: Listing | None) -> frozenset[str]:
    return frozenset() if listing is None else listing.parameters()


def _context(route: Route) -> dict[str, str]:
    names = {"X-Workspace-ID": "The workspace in context", "X-Namespace-ID": "The namespace in context"}
    if route.method != "GET":
        names["Idempotency-Key"] = "The same answer for the same key within 24 hours"
    if route.method in {"PATCH", "DELETE"}:
        names["If-Match"] = "Only where the resource still has this ETag"
    elif route.method == "GET" and route.listing is None:
        names["If-None-Match"] = "304 where the resource still has this ETag"
    return names


def _header(name: str, told: str) -> JSONObject:
    return {"name": name, "in": "header", "description": told, "schema": _form(name, _TEXT)}


def _form(name: str, schema: JSONObject) -> JSONObject:
    return {**schema, "pattern": _FORMS[name]} if name in _FORMS else schema


def _in_query(name: str, route: Route) -> JSONObject:
    if route.listing is not None and name in route.listing.filters:
        return {"name": name, "in": "query", "schema": _filter(route.listing, name)}
    if isinstance(route.query, type):
        schema = route.query.model_json_schema(mode="validation")
        properties = cast("dict[str, JSONObject]", schema.get("properties", {}))
        if name in properties:
            required = name in schema.get("required", [])
            return {"name": name, "in": "query", "required": required, "schema": properties[name]}
    elif name in route.query:
        return {"name": name, "in": "query", "description": route.query[name], "schema": _TEXT}
    known, told = _LIST[name]
    if name == "sort" and route.listing is not None:
        told = f"{told}. Allowed: {', '.join(sorted({'id', *route.listing.sortable}))}"
    known = _form(name, known)
    chosen = _choices(name, route)
    if chosen:
        one = f"({'|'.join(chosen)})"
        known = {**known, "pattern": f"^{one}(,{one})*$"}
    return {"name": name, "in": "query", "description": told, "schema": known}


def _choices(name: str, route: Route) -> list[str]:
    """What a list of names with commas between may consist of; empty where that is not known."""
    offered = route.listing or route.single
    if offered is None:
        return sorted({"id", *route.answer.model_fields}) if name == "fields" and route.answer is not None else []
    match name:
        case "fields":
            return sorted({"id", *offered.fields, *offered.includes})
        case "include":
            return sorted(offered.includes)
        case "sort":
            return [f"-?{field}" for field in sorted({"id", *offered.sortable})]
        case _:
            return []


def _filter(listing: Listing, name: str) -> JSONObject:
    kind = listing.filter(name).kind
    if isinstance(kind, tuple):
        return {"type": "string", "enum": list(kind)}
    if kind == "text":
        return _form(name, {"type": "string", "minLength": 1})
    if kind == "integer":
        return {"type": "integer", "minimum": -MAX_NUMBER, "maximum": MAX_NUMBER}
    return dict(_WHEN) if kind == "time" else {"type": kind}
