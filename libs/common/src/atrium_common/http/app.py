"""A service's HTTP application: every request gets the same treatment, in one place.

Principal, request id, deadline, scope, JSON in and out, entity tags, errors, metrics and the access log.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from atrium_common.clock import Clock
from atrium_common.errors import (
    AtriumError,
    EndpointNotFound,
    GatewayTimeout,
    InsufficientScope,
    MethodNotAllowed,
    NotAcceptable,
    PayloadTooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)
from atrium_common.http import headers
from atrium_common.http.body import MAX_BODY, parse_object
from atrium_common.http.listing import CONTEXT, check_known, parse_list_query
from atrium_common.http.openapi import document
from atrium_common.http.problems import INTERNAL, Problem, problem_of
from atrium_common.http.reply import Reply, encoded, etag, expected_version, matches_any, with_fields
from atrium_common.http.route import Call, Route
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_common.metrics import HTTP_REQUESTS, HTTP_SECONDS
from atrium_common.principal import InvalidPrincipal, Principal, PrincipalVerifier

log = structlog.get_logger("http")

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
_DEFAULT_DEADLINE_MS = 30_000
_Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Kit:
    """What the treatment of requests needs."""

    service: str
    verifier: PrincipalVerifier
    clock: Clock
    ids: Ids


def create_app(routes: Sequence[Route], kit: Kit) -> web.Application:
    """The application that serves these routes and their OpenAPI document (`/internal/openapi.json`)."""
    app = web.Application(client_max_size=MAX_BODY, middlewares=[_unrouted(kit)])
    for route in routes:
        app.router.add_route(route.method, route.path, _endpoint(route, kit))
    app.router.add_get("/internal/openapi.json", _openapi(routes, kit))
    return app


def _openapi(routes: Sequence[Route], kit: Kit) -> _Handle:
    async def serve(_: web.Request) -> web.StreamResponse:
        return web.Response(body=encoded(document(kit.service, routes)), content_type="application/json")

    return serve


def _unrouted(kit: Kit) -> Middleware:
    """The middleware that gives unknown paths and methods the usual shape; known ones pass."""

    @web.middleware
    async def middleware(request: web.Request, handler: _Handle) -> web.StreamResponse:
        error = request.match_info.http_exception
        if error is None:
            return await handler(request)
        fault: AtriumError = EndpointNotFound(request.path)
        if isinstance(error, web.HTTPMethodNotAllowed):
            fault = MethodNotAllowed(request.method, sorted(error.allowed_methods))
        return _refusal(cast("Problem", problem_of(fault)), _request_id(request, kit))

    return middleware


def _endpoint(route: Route, kit: Kit) -> _Handle:
    async def handle(request: web.Request) -> web.StreamResponse:
        started = kit.clock.monotonic()
        request_id = _request_id(request, kit)
        try:
            async with asyncio.timeout(_deadline(request)):
                response = await _answer(route, kit, request, request_id)
        except TimeoutError:
            response = _refusal(cast("Problem", problem_of(GatewayTimeout())), request_id)
        except web.HTTPRequestEntityTooLarge:
            response = _refusal(cast("Problem", problem_of(PayloadTooLarge())), request_id)
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                log.exception("request failed", route=route.path, request_id=request_id)
                problem = INTERNAL
            response = _refusal(problem, request_id)
        elapsed = kit.clock.monotonic() - started
        status = str(response.status)
        HTTP_REQUESTS.labels(kit.service, route.method, route.path, status).inc()
        HTTP_SECONDS.labels(kit.service, route.method, route.path).observe(elapsed)
        log.debug("request", method=route.method, route=route.path, status=response.status, request_id=request_id,
                  ms=round(elapsed * 1000, 2))  # fmt: skip
        return response

    return handle


async def _answer(route: Route, kit: Kit, request: web.Request, request_id: str) -> web.Response:
    principal = _principal(kit, request)
    if route.internal and principal.kind != "service":
        raise EndpointNotFound(request.path)
    if not principal.allows(route.scope):
        raise InsufficientScope(route.scope, principal.scopes)
    if (
        "json" not in (accept := request.headers.get("Accept", "*/*"))
        and "*/*" not in accept
        and "application/*" not in accept
    ):
        raise NotAcceptable
    call = await _call(route, kit, request, request_id, principal)
    reply = await route.handler(call)
    return _render(call, reply, request)


def _principal(kit: Kit, request: web.Request) -> Principal:
    try:
        return kit.verifier.verify(request.headers.get(headers.PRINCIPAL), now=kit.clock.now().timestamp())
    except InvalidPrincipal:
        raise Unauthenticated from None


async def _call(route: Route, kit: Kit, request: web.Request, request_id: str, principal: Principal) -> Call:
    public_base = request.headers.get(headers.PUBLIC_BASE, f"{request.scheme}://{request.host}")
    parameters = list(request.query.items())
    listing = None
    if route.listing is not None:
        listing = parse_list_query(route.listing, parameters, url=f"{public_base}{request.path}")
    elif request.method == "GET" and not route.internal:
        check_known(parameters, frozenset({"fields", *CONTEXT, *route.query}))
    return Call(
        principal=principal,
        params=dict(request.match_info),
        content=await _content(request),
        query=dict(parameters),
        listing=listing,
        command_id=request.headers.get(headers.COMMAND_ID) or kit.ids.new("cmd"),
        request_id=request_id,
        if_match=expected_version(request.headers.get("If-Match")) if request.method in {"PATCH", "DELETE"} else None,
        at=kit.clock.now(),
        public_base=public_base,
        traceparent=request.headers.get(headers.TRACEPARENT, ""),
    )


async def _content(request: web.Request) -> JSONObject:
    if request.method in {"GET", "HEAD"}:
        return {}
    raw = await request.read()
    if raw and request.headers.get("Content-Type") and request.content_type != "application/json":
        raise UnsupportedMediaType
    return parse_object(raw)


def _render(call: Call, reply: Reply, request: web.Request) -> web.Response:
    answer_headers = {headers.REQUEST_ID: call.request_id, **reply.headers}
    if reply.body is None:
        return web.Response(status=reply.status, headers=answer_headers)
    body = encoded(reply.body)
    if reply.version is not None and isinstance(reply.body, dict):
        tag = etag(reply.version, body)
        answer_headers["ETag"] = tag
        if request.method == "GET":
            if matches_any(request.headers.get("If-None-Match", ""), tag):
                return web.Response(status=304, headers=answer_headers)
            body = _selected(call, reply, body)
    return web.Response(status=reply.status, body=body, headers=answer_headers, content_type="application/json")


def _selected(call: Call, reply: Reply, body: bytes) -> bytes:
    """The body with only the fields that the client asked for."""
    wanted = call.query.get("fields")
    envelope = cast("JSONObject", reply.body)
    resource = envelope.get("data")
    if wanted is None or not isinstance(resource, dict):
        return body
    fields = [name.strip() for name in wanted.split(",")]
    chosen = with_fields(resource, fields, tuple(resource))
    return encoded(replace(reply, body={**envelope, "data": chosen}).body)


def _refusal(problem: Problem, request_id: str) -> web.Response:
    answer_headers: Mapping[str, str] = {headers.REQUEST_ID: request_id, **problem.headers}
    body = encoded(problem.body(request_id))
    return web.Response(status=problem.status, body=body, headers=answer_headers, content_type="application/json")


def _request_id(request: web.Request, kit: Kit) -> str:
    given = request.headers.get(headers.REQUEST_ID, "")
    return given if _REQUEST_ID.match(given) else kit.ids.new("req")


def _deadline(request: web.Request) -> float:
    text = request.headers.get(headers.DEADLINE_MS, "")
    return (int(text) if text.isdigit() else _DEFAULT_DEADLINE_MS) / 1000
