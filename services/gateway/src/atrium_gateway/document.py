"""The API's OpenAPI document, merged from the services' own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from atrium_common.http.client import ServiceClient
from atrium_common.http.reply import encoded
from atrium_common.jsontypes import JSONObject
from atrium_gateway.http1.message import Request, Response

Page: TypeAlias = Callable[[Request], Awaitable[Response]]


async def merged_document(clients: Mapping[str, ServiceClient]) -> JSONObject:
    """One document of all services.

    Raises:
        Unavailable: a service does not answer.
    """
    paths: JSONObject = {}
    schemas: JSONObject = {}
    security: JSONObject = {}
    for client in clients.values():
        part = await client.call("GET", "/internal/openapi.json")
        components = part["components"]
        if isinstance(part["paths"], dict) and isinstance(components, dict):
            paths |= part["paths"]
            schemas |= components["schemas"] if isinstance(components["schemas"], dict) else {}
            security = components["securitySchemes"] if isinstance(components["securitySchemes"], dict) else {}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Atrium", "version": "1", "description": "Keys, tenants, plans and usage, webhooks."},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": schemas, "securitySchemes": security},
        "security": [{"apiKey": []}],
    }


def pages(clients: Mapping[str, ServiceClient]) -> Mapping[str, Page]:
    """The public documents by path."""

    async def document(_: Request) -> Response:
        body = encoded(await merged_document(clients))
        return Response(200, [(b"Content-Type", b"application/json")], body)

    return {"/api/openapi.json": document}
