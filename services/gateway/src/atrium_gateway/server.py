"""A request's way through the gateway, step by step (design/gateway.md).

route → headers → key → context and scope → rate limit → body → replay → quota → forward or compose → save → answer
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import orjson

from atrium_common.clock import Clock
from atrium_common.errors import (
    EndpointNotFound,
    InvalidHeader,
    MethodNotAllowed,
    RateLimited,
    UnsupportedMediaType,
    ValidationFailed,
)
from atrium_common.ids import Ids
from atrium_common.tracing import CURRENT, Span, Tracer, tracer
from atrium_gateway import fields
from atrium_gateway.answering import Answering
from atrium_gateway.cors import Cors
from atrium_gateway.exchange import Exchange
from atrium_gateway.forwarding import Forwarding
from atrium_gateway.holder import Holder
from atrium_gateway.http1.message import Request, Response
from atrium_gateway.keys import KeyCache
from atrium_gateway.limits.addresses import network_of
from atrium_gateway.outward import Outward
from atrium_gateway.own_writes import changed_by
from atrium_gateway.peers import Peers
from atrium_gateway.ports import (
    Claim,
    Limiter,
    Meter,
    Replays,
    SavedAnswer,
    Standing,
)
from atrium_gateway.quota import Quota
from atrium_gateway.recognition import Recognition
from atrium_gateway.replaying import idempotent, replayed
from atrium_gateway.route_table import Entry
from atrium_gateway.routing import Router
from atrium_gateway.upstream import Forwarded
from atrium_gateway.used import LastUsed

_MOST_OPERATIONS = 100
# How many bodies that come without a key may be on their way from one address.
_STRANGERS_BODIES = 20
_FAILED = 500
_PAGE_METHODS = ("GET", "HEAD", "OPTIONS")
Page: TypeAlias = Callable[[Request], Awaitable[Response]]
Composer: TypeAlias = Callable[[Exchange], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Steps:
    """What the pipeline is made of."""

    router: Router
    peers: Peers
    cors: Cors
    keys: KeyCache
    used: LastUsed
    recognition: Recognition
    limiter: Limiter
    replays: Replays
    quota: Quota
    meter: Meter
    outward: Outward
    forwarding: Forwarding
    composers: Mapping[str, Composer]
    pages: Mapping[str, Page]
    answering: Answering


class Gateway:
    """Answers every request of the public port."""

    def __init__(self, steps: Steps, *, clock: Clock, ids: Ids, seconds: float) -> None:
        """`seconds` is the most that a request may take."""
        self._steps = steps
        self._clock = clock
        self._ids = ids
        self._seconds = seconds
        self._tracer = tracer()

    async def handle(self, request: Request) -> Response:
        """Answer one request; raises nothing but the cancellation of a read that nobody waits for."""
        started = self._clock.monotonic()
        request.derived.request_id = fields.request_id(request.headers)
        request_id = request.derived.request_id or self._ids.new("req")
        exchange = Exchange(request, request_id, started, started + self._seconds)
        span = None if self._tracer is None else self._begin(self._tracer, exchange)
        response = await self._concluded(exchange, self._answered(exchange))
        if span is not None:
            name = f"{request.method} {exchange.template}"
            fault = "failed" if response.status >= _FAILED else ""
            span.end(_told(exchange, response.status), name=name, fault=fault)
        return response

    async def resumed(self, exchange: Exchange, request: Forwarded, error: Exception) -> Response:
        """Answer a read that has come as far as its service (see `express`), where that failed."""
        return await self._concluded(exchange, self._sent_again(exchange, request, error))

    async def _concluded(self, exchange: Exchange, answering: Awaitable[Response]) -> Response:
        try:
            response = await answering
        except Exception as error:
            response = await self._refused(exchange, error)
        return self._steps.answering.completed(exchange, response)

    def _begin(self, recording: Tracer, exchange: Exchange) -> Span:
        """A span for the request; its route is told at the end, when it is known."""
        parent = self._steps.peers.given_traceparent(exchange.request)
        span = recording.begin(exchange.request.method, "SERVER", parent, {})
        exchange.traceparent = span.traceparent
        return span

    async def _answered(self, exchange: Exchange) -> Response:
        request = exchange.request
        if request.fault is not None:
            raise request.fault
        if request.method == "OPTIONS":
            return self._options(request)
        page = self._steps.pages.get(request.path)
        if page is not None:
            if not request.reads:
                raise MethodNotAllowed(request.method, _PAGE_METHODS)
            return await page(request)
        try:
            found = self._steps.router.find(request.method, request.path)
            exchange.entry, exchange.params = found.entry, found.params
            fields.judge(request)
        except (EndpointNotFound, MethodNotAllowed, InvalidHeader, UnsupportedMediaType):
            await self._steps.recognition.glance(exchange)
            raise
        exchange.traceparent = exchange.traceparent or self._steps.peers.traceparent(request)
        CURRENT.set(exchange.traceparent)
        self._steps.forwarding.enter(reads=request.reads)
        try:
            return await self._passed(exchange, found.entry)
        finally:
            self._steps.forwarding.leave()

    async def _passed(self, exchange: Exchange, entry: Entry) -> Response:
        """From the key on."""
        if not await self._steps.recognition.recognise(exchange):
            exchange.body = await self._body(exchange)
            return await self._run(exchange)
        if entry.batch:
            exchange.body = await self._body(exchange)
        await self._spend(exchange)
        if entry.writes and not entry.batch:
            exchange.body = await self._body(exchange)
        return await self._run(exchange)

    def _body(self, exchange: Exchange) -> Awaitable[bytes]:
        request = exchange.request
        return request.read() if request.complete else self._received(exchange)

    async def _received(self, exchange: Exchange) -> bytes:
        """A body that is still on its way, which may take minutes: time and trust are counted from its end."""
        holder = exchange.holder
        if holder is None or holder.allowance is None:
            sender, at_most = network_of(exchange.address), _STRANGERS_BODIES
        else:
            sender, at_most = holder.user_id, holder.allowance.burst
        with self._steps.forwarding.receiving(sender, at_most=at_most):
            body = await exchange.request.read()
        exchange.deadline = self._clock.monotonic() + self._seconds
        if holder is not None:
            await self._steps.recognition.recognise(exchange)
        return body

    async def _spend(self, exchange: Exchange) -> None:
        """Take what the request costs from the key's limits."""
        holder = exchange.holder
        if holder is None or holder.allowance is None:
            return
        cost = _operations(exchange.body) if exchange.entry is not None and exchange.entry.batch else 1
        if cost > holder.allowance.requests > 0:
            # No later time would do.
            most = holder.allowance.requests
            raise ValidationFailed({"operations": [f"At most {most}: the key may do no more in an hour."]})
        try:
            standing = self._steps.limiter.spend_now(holder.allowance, cost)
            exchange.standing = standing or await self._steps.limiter.spend(holder.allowance, cost)
        except RateLimited as refusal:
            exchange.standing = Standing(refusal.limit, refusal.remaining, refusal.reset_at)
            raise
        charge(self._steps, holder, cost)

    # What becomes of it.

    async def _run(self, exchange: Exchange) -> Response:
        """Run a request, or give the answer that it had the first time."""
        entry = exchange.entry
        if entry is not None and entry.writes:
            if b"idempotency-key" in exchange.request.headers:
                return await self._once(exchange)
            exchange.command_id = self._ids.new("cmd")
        return await self._forward(exchange)

    async def _once(self, exchange: Exchange) -> Response:
        """Run a write that has an Idempotency-Key, unless it has run."""
        replays = self._steps.replays
        begun = await replays.begin(idempotent(exchange))
        if isinstance(begun, SavedAnswer):
            return replayed(begun)
        exchange.command_id = begun.command_id
        # A client that hangs up does not stop a claimed write: the task lives on, and saves what became of it.
        return await asyncio.shield(asyncio.ensure_future(self._claimed(exchange, begun)))

    async def _claimed(self, exchange: Exchange, claim: Claim) -> Response:
        try:
            response = await self._forward(exchange)
        except BaseException:
            await self._steps.replays.abandon(claim)
            raise
        saved = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.fields)
        await self._steps.replays.save(claim, SavedAnswer(response.status, saved, response.body))
        return response

    async def _forward(self, exchange: Exchange) -> Response:
        """Have a service answer, or several."""
        entry = exchange.entry
        if entry is None:
            raise EndpointNotFound(exchange.request.path)
        if entry.compose is not None:
            return await self._steps.composers[entry.compose](exchange)
        wanted = self._steps.outward.request(exchange)
        answer = await self._steps.forwarding.send(entry.upstream, wanted, deadline=exchange.deadline)
        if entry.writes and entry.upstream == "tenancy":
            self._steps.keys.forget(changed_by(exchange))
        if answer.rest is not None and b"idempotency-key" in exchange.request.headers:
            await answer.whole()
        return self._steps.answering.of(exchange, answer)

    async def _sent_again(self, exchange: Exchange, request: Forwarded, error: Exception) -> Response:
        """Have the service of a read answer after all."""
        entry, forwarding = exchange.entry, self._steps.forwarding
        if entry is None:
            raise EndpointNotFound(exchange.request.path)
        forwarding.enter(reads=True)
        try:
            answer = await forwarding.again(entry.upstream, request, error, deadline=exchange.deadline)
            return self._steps.answering.of(exchange, answer)
        finally:
            forwarding.leave()

    def _options(self, request: Request) -> Response:
        if request.path in self._steps.pages:
            return self._steps.cors.options(request, _PAGE_METHODS)
        if request.path == "*":
            return Response(204)
        return self._steps.cors.options(request, self._steps.router.allowed(request.path))

    # How it is answered.

    async def _refused(self, exchange: Exchange, error: Exception) -> Response:
        """The answer that an error is; of a recognised key also where its limits stand."""
        response = self._steps.answering.refusal(exchange, error)
        holder = exchange.holder
        if holder is not None and exchange.standing is None and holder.allowance is not None:
            limiter = self._steps.limiter
            exchange.standing = limiter.standing(holder.allowance) or await limiter.look(holder.allowance)
        return response


def _told(exchange: Exchange, status: int) -> dict[str, str | int]:
    """What a span says of the request, when it is answered."""
    holder = exchange.holder
    told: dict[str, str | int] = {
        "http.request.method": exchange.request.method,
        "http.route": exchange.template,
        "http.response.status_code": status,
        "atrium.request_id": exchange.request_id,
    }
    if holder is not None:
        told["atrium.workspace_id"] = holder.workspace_id
    if exchange.command_id:
        told["atrium.command_id"] = exchange.command_id
    return told


def charge(steps: Steps, holder: Holder, cost: int) -> None:
    """Count what the key's limits have let pass.

    Raises:
        QuotaExceeded: the quota of `api_calls` is spent.
    """
    if not holder.operator:
        steps.quota.check((holder.workspace_id, holder.namespace_id, holder.livemode))
    steps.meter.count(
        key_id=holder.key_id,
        workspace_id=holder.workspace_id,
        namespace_id=holder.namespace_id,
        livemode=holder.livemode,
        cost=cost,
    )


def _operations(body: bytes) -> int:
    """How many operations a batch has; one that is no batch costs one, and the service says what is wrong with it."""
    try:
        operations = orjson.loads(body).get("operations")
        return min(max(len(operations), 1), _MOST_OPERATIONS)
    except (orjson.JSONDecodeError, AttributeError, TypeError):
        return 1
