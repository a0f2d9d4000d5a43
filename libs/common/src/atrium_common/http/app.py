"""A service's HTTP application: every request gets the same treatment, in one place.

Request id, deadline, principal, scope, JSON in and out, entity tags, errors, metrics and the access log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import TypeAlias, cast

import structlog
from aiohttp import web

from atrium_common.errors import AtriumError, EndpointNotFound, GatewayTimeout, MethodNotAllowed
from atrium_common.eventing.published import PublishedType, described
from atrium_common.http import headers
from atrium_common.http.body import MAX_BODY
from atrium_common.http.call import Call
from atrium_common.http.incoming import READS, Kit, incoming, request_id_of, seconds_left, traceparent_of
from atrium_common.http.openapi import document
from atrium_common.http.outgoing import outgoing, refusal
from atrium_common.http.problems import INTERNAL, Problem, problem_of
from atrium_common.http.reply import Reply
from atrium_common.http.route import Route
from atrium_common.metrics import HTTP_REQUESTS
from atrium_common.tallies import Answered
from atrium_common.tracing import CURRENT, tracer

__all__ = ["Kit", "create_app"]

log = structlog.get_logger("http")

DOCUMENT = "/internal/openapi.json"
EVENT_TYPES = "/internal/event-types"
HEAD = "/internal/head"
_ANYWHERE = "/{anywhere}"
_FAILED = 500
_Handle: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_app(routes: Sequence[Route], kit: Kit, *, published: Sequence[PublishedType] = ()) -> web.Application:
    """The application that serves these routes.

    It also serves their OpenAPI document (`/internal/openapi.json`), what the service publishes
    (`/internal/event-types`), and how far its log is (`/internal/head`: `{"position"}`).
    """
    # Made when somebody asks: to make them takes long, and every start would wait for it.
    public = cache(lambda: document(kit.service, routes))
    told = cache(lambda: described(published))

    async def serve_document(_: Call) -> Reply:
        return Reply.bare(public())

    async def serve_types(_: Call) -> Reply:
        return Reply.bare({"data": told()})

    async def serve_head(_: Call) -> Reply:
        return Reply.bare({"position": 0 if kit.head is None else await kit.head()})

    own = (
        Route("GET", DOCUMENT, serve_document, "The OpenAPI document", internal=True, bare=True),
        Route("GET", EVENT_TYPES, serve_types, "The public event types", internal=True, bare=True),
        Route("GET", HEAD, serve_head, "How far the log is", internal=True, bare=True),
    )
    app = web.Application(client_max_size=MAX_BODY)
    for route in (*routes, *own):
        handle = _Endpoint(route, kit).handle
        app.router.add_route(route.method, route.path, handle)
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, handle)
    # Last, and instead of a middleware, which every request would pay for.
    app.router.add_route("*", "/{anywhere:(?s:.*)}", _unrouted(app, kit))
    return app


def _unrouted(app: web.Application, kit: Kit) -> _Handle:
    """What answers where no route does: an unknown path, or a known one with another method."""

    async def handle(request: web.Request) -> web.StreamResponse:
        started = kit.clock.monotonic()
        allowed: set[str] = set()
        for resource in app.router.resources():
            if resource.canonical != _ANYWHERE:
                allowed |= (await resource.resolve(request))[1]
        fault: AtriumError = EndpointNotFound(request.path)
        if allowed:
            fault = MethodNotAllowed(request.method, sorted(allowed))
        problem = cast("Problem", problem_of(fault))
        unrouted = HTTP_REQUESTS.of(kit.service, "any", "unknown", problem.status)
        unrouted.add(kit.clock.monotonic() - started)
        return refusal(problem, request_id_of(request.headers, kit.ids))

    return handle


class _Endpoint:
    """One route at work, with everything that does not change from request to request made ready."""

    def __init__(self, route: Route, kit: Kit) -> None:
        self._route = route
        self._kit = kit
        self._counted: dict[int, Answered] = {}
        self._answered = 0
        self._tracer = tracer()
        self._span_name = f"{route.method} {route.path}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer, whatever happens."""
        started = self._kit.clock.monotonic()
        request_id = request_id_of(request.headers, self._kit.ids)
        traceparent = traceparent_of(request.headers)
        span = None
        if self._tracer is not None:
            span = self._tracer.begin(self._span_name, "SERVER", traceparent, {"http.route": self._route.path})
            traceparent = span.traceparent
        CURRENT.set(traceparent)
        try:
            response = await self._in_time(request, request_id, started, traceparent)
        except Exception as error:
            response = refusal(self._problem(error, request_id), request_id)
        if span is not None:
            told: dict[str, str | int] = {"http.response.status_code": response.status, "atrium.request_id": request_id}
            span.end(told, fault="failed" if response.status >= _FAILED else "")
        self._account(request, response.status, self._kit.clock.monotonic() - started, request_id)
        return response

    async def _in_time(
        self, request: web.Request, request_id: str, started: float, traceparent: str
    ) -> web.StreamResponse:
        seconds = seconds_left(request.headers)
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                call = await incoming(
                    self._route, self._kit, request, request_id=request_id, deadline=started + seconds,
                    traceparent=traceparent,
                )  # fmt: skip
                reply = await self._route.handler(call)
                wanted = request.headers.get("If-None-Match") if request.method in READS else None
                return await outgoing(self._route, call, reply, if_none_match=wanted)
        except TimeoutError:
            # One from inside is somebody else's patience, and unforeseen here.
            if limit.expired():
                raise GatewayTimeout from None
            raise

    def _problem(self, error: Exception, request_id: str) -> Problem:
        problem = problem_of(error)
        if problem is not None:
            return problem
        log.error("request failed", route=self._route.path, request_id=request_id, exc_info=error)
        return INTERNAL

    def _account(self, request: web.Request, status: int, elapsed: float, request_id: str) -> None:
        counted = self._counted.get(status)
        if counted is None:
            counted = HTTP_REQUESTS.of(self._kit.service, self._route.method, self._route.path, status)
            self._counted[status] = counted
        counted.add(elapsed)
        self._answered += 1
        if status < _FAILED and self._answered % self._kit.log_every:
            return
        log.log(
            30 if status >= _FAILED else 20,
            "request",
            method=request.method,
            route=self._route.path,
            status=status,
            ms=round(elapsed * 1000, 2),
            request_id=request_id,
            command_id=request.headers.get(headers.COMMAND_ID),
        )
