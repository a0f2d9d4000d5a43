"""From a handler's `Reply`, or an error, to a response: entity tags, field selection, the error's envelope."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from email.utils import format_datetime
from typing import cast

from aiohttp import web

from atrium_common.http import headers
from atrium_common.http.call import Call
from atrium_common.http.list_query import parse_names
from atrium_common.http.problems import Problem
from atrium_common.http.reply import Reply, encoded, etag, matches_any, with_fields
from atrium_common.http.route import Deprecation, Route
from atrium_common.jsontypes import JSONObject

_JSON = "application/json"


async def outgoing(route: Route, call: Call, reply: Reply, *, if_none_match: str | None) -> web.Response:
    """The response that this reply is; a `GET` whose representation the client has already is a 304."""
    answer = {headers.REQUEST_ID: call.request_id, **reply.headers}
    if route.deprecated is not None:
        answer |= farewell(route.deprecated)
    if reply.body is None:
        return web.Response(status=reply.status, headers=answer)
    if route.method == "GET" and route.listing is None and call.query:
        reply = await _selected(route, call, reply)
    body = encoded(reply.body)
    if reply.version is not None:
        answer["ETag"] = tag = etag(reply.version, body)
        if if_none_match is not None and route.method == "GET" and matches_any(if_none_match, tag):
            return web.Response(status=304, headers=answer)
    return web.Response(status=reply.status, body=body, headers=answer, content_type=_JSON)


def refusal(problem: Problem, request_id: str) -> web.Response:
    """The response that an error is."""
    answer = {headers.REQUEST_ID: request_id, **problem.headers}
    return web.Response(
        status=problem.status, body=encoded(problem.body(request_id)), headers=answer, content_type=_JSON
    )


def farewell(deprecated: Deprecation) -> dict[str, str]:
    """The headers of a route that will go: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), `Link`."""
    since = datetime.combine(deprecated.since, time(), UTC)
    sunset = datetime.combine(deprecated.sunset, time(), UTC)
    return {
        "Deprecation": f"@{int(since.timestamp())}",
        "Sunset": format_datetime(sunset, usegmt=True),
        "Link": f'<{deprecated.successor}>; rel="successor-version"',
    }


async def _selected(route: Route, call: Call, reply: Reply) -> Reply:
    """The reply with what was to be included, and only the fields that the client asked for."""
    envelope = cast("JSONObject", reply.body)
    if route.bare and isinstance(envelope, dict):
        fields = parse_names(call.query, "fields", envelope)
        return replace(reply, body=with_fields(envelope, fields, tuple(envelope))) if fields else reply
    resource = envelope.get("data") if isinstance(envelope, dict) else None
    if not isinstance(resource, dict):
        return reply
    if route.single is not None:
        include = parse_names(call.query, "include", route.single.includes)
        fields = parse_names(call.query, "fields", (*route.single.fields, *route.single.includes))
        shown = await route.single.shown([resource], include=include, fields=fields, principal=call.principal)
        return replace(reply, body={**envelope, "data": shown[0]})
    fields = parse_names(call.query, "fields", resource)
    if not fields:
        return reply
    return replace(reply, body={**envelope, "data": with_fields(resource, fields, tuple(resource))})
