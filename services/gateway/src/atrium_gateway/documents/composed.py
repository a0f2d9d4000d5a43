"""The schemas of what the gateway composes by itself."""

from __future__ import annotations

from atrium_common.jsontypes import JSONObject

_TEXT: JSONObject = {"type": "string"}
_ID: JSONObject = {"type": "string", "pattern": "^[A-Za-z0-9_-]{0,64}$"}
_TIME: JSONObject = {"type": "string", "format": "date-time"}

_FIGURES: JSONObject = {
    "type": "object",
    "properties": {
        "used": {"type": ["integer", "null"]},
        "limit": {"type": ["integer", "null"]},
        "unit": {"type": ["string", "null"]},
        "reset_at": {"type": ["string", "null"], "format": "date-time"},
    },
}
_PACKAGE_IN_FORCE: JSONObject = {
    "type": "object",
    "properties": {"id": _TEXT, "name": _TEXT, "expires_at": {"type": ["string", "null"], "format": "date-time"}},
}
_NAMESPACE_MEMBERS: JSONObject = {
    "packages": {
        "type": ["array", "null"],
        "description": "The packages in force; null where `meta.degraded` names entitlements",
        "items": {"$ref": "#/components/schemas/PackageInForce"},
    },
    "entitlements": {
        "type": ["object", "null"],
        "description": "By feature: what is used, and of how much",
        "additionalProperties": {"$ref": "#/components/schemas/PlanFigures"},
    },
}


def degraded() -> JSONObject:
    """`meta` where a service did not answer."""
    return {"type": "object", "properties": {"degraded": {"type": "array", "items": _TEXT}}}


_REQUESTS: JSONObject = {
    "type": "object",
    "required": ["this_hour", "limit", "remaining", "reset_at", "by_day"],
    "properties": {
        "this_hour": {"type": "integer"},
        "limit": {"type": "integer"},
        "remaining": {"type": "integer"},
        "reset_at": _TIME,
        "by_day": {"type": ["array", "null"], "items": {"$ref": "#/components/schemas/RequestsOfDay"}},
    },
}

SCHEMAS: JSONObject = {
    "PlanFigures": _FIGURES,
    "PackageInForce": _PACKAGE_IN_FORCE,
    "NamespaceWithPlan": {
        "description": "A namespace with its packages and what it uses",
        "allOf": [
            {"$ref": "#/components/schemas/Namespace"},
            {"type": "object", "properties": _NAMESPACE_MEMBERS},
        ],
    },
    "NamespaceWithPlanPart": {
        "description": "Only the fields asked for by `fields`",
        "allOf": [
            {"$ref": "#/components/schemas/NamespacePart"},
            {"type": "object", "properties": _NAMESPACE_MEMBERS},
        ],
    },
    "RequestsOfDay": {"type": "object", "properties": {"date": _TEXT, "count": {"type": "integer"}}},
    "Requests": _REQUESTS,
    "Usage": {
        "type": "object",
        "description": "What a workspace uses: its key's hour, its requests by day, its entitlements",
        "required": ["workspace_id", "requests", "entitlements"],
        "properties": {
            "workspace_id": _TEXT,
            "requests": {"$ref": "#/components/schemas/Requests"},
            "entitlements": {"type": ["object", "null"]},
        },
    },
}

USAGE: JSONObject = {
    "summary": "Show what the workspace uses",
    "description": "The key's hour, the workspace's requests by day, its entitlements. Needs the scope `usage:read`.",
    "operationId": "get_usage",
    "tags": ["usage"],
    "parameters": [
        {"name": name, "in": place, "description": f"The {told} in context", "schema": _ID}
        for told, names in (
            ("workspace", ("workspace_id", "X-Workspace-ID")),
            ("namespace", ("namespace_id", "X-Namespace-ID")),
        )
        for name, place in zip(names, ("query", "header"), strict=True)
    ],
    "responses": {
        "200": {
            "description": "What is used",
            "headers": {"X-Request-ID": {"description": "The request's id", "schema": _TEXT}},
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["data"],
                        "properties": {
                            "data": {"$ref": "#/components/schemas/Usage"},
                            "meta": degraded(),
                        },
                    }
                }
            },
        },
        "4XX": {
            "description": "Refused; `error.code` says why",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        },
        "5XX": {
            "description": "Failed; the same request may be sent again",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        },
    },
}
