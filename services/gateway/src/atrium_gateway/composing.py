"""Answers that are put together from several services: a namespace with its plan, and the usage page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeAlias, cast
from urllib.parse import parse_qsl

import orjson
import structlog

from atrium_common.clock import rfc3339
from atrium_common.errors import AtriumError
from atrium_common.http.list_query import check_known
from atrium_common.http.listing import CONTEXT
from atrium_common.http.reply import encoded, etag, matches_any
from atrium_common.jsontypes import JSON, JSONObject
from atrium_gateway import fields
from atrium_gateway.exchange import Exchange
from atrium_gateway.forwarding import Forwarding
from atrium_gateway.http1.message import Response
from atrium_gateway.outward import Outward
from atrium_gateway.ports import Limiter
from atrium_gateway.upstream import Answer

log = structlog.get_logger("composing")

_ENTITLEMENTS = "entitlements"
_COMPOSED = ("packages", "entitlements")
_PATIENCE_SECONDS = 2.0
_DAYS = 30
_OK = 200
_JSON = (b"Content-Type", b"application/json")
_CONDITIONS = frozenset({b"if-none-match"})

Ask: TypeAlias = Callable[[str], Awaitable[JSONObject]]


class NamespaceComposer:
    """`GET /namespaces/{id}`: tenancy's namespace with `packages` and `entitlements`, asked for at the same time.

    Where entitlements does not answer, both are null and `meta.degraded` says so. The ETag is that of the whole.
    """

    def __init__(self, outward: Outward, forwarding: Forwarding, ask: Ask) -> None:
        """`ask` calls an internal path of entitlements."""
        self._outward = outward
        self._forwarding = forwarding
        self._ask = ask

    async def __call__(self, exchange: Exchange) -> Response:
        """The composed answer, or tenancy's refusal."""
        wanted = _wanted(exchange.request.query)
        request = self._outward.request(exchange, without=_CONDITIONS)
        plan = asyncio.ensure_future(self._plan(exchange)) if wanted else None
        try:
            answer = await self._forwarding.send("tenancy", request, deadline=exchange.deadline)
            body = await answer.whole()
            exchange.source = "service"
            if answer.status != _OK:
                return Response(answer.status, fields.returned(answer.fields), body)
            envelope = cast("JSONObject", orjson.loads(body))
            if plan is not None:
                _add(envelope, await plan, wanted)
            return _whole(exchange, answer, envelope)
        finally:
            if plan is not None:
                plan.cancel()

    async def _plan(self, exchange: Exchange) -> JSONObject | None:
        mode = "true" if exchange.holder is None or exchange.holder.livemode else "false"
        namespace_id = exchange.params["namespace_id"]
        return await _patient(self._ask(f"/internal/namespaces/{namespace_id}/plan?livemode={mode}"))


class UsageComposer:
    """`GET /usage`: the key's hour, the workspace's requests by day, and its entitlements."""

    def __init__(self, outward: Outward, forwarding: Forwarding, limiter: Limiter, ask: Ask) -> None:
        self._outward = outward
        self._forwarding = forwarding
        self._limiter = limiter
        self._ask = ask

    async def __call__(self, exchange: Exchange) -> Response:
        """The composed answer."""
        check_known(parse_qsl(exchange.request.query, keep_blank_values=True), CONTEXT)
        holder = exchange.holder
        if holder is None or holder.allowance is None:
            raise RuntimeError("usage is shown to recognised keys alone")
        mode = "true" if holder.livemode else "false"
        days = f"/internal/requests?workspace_id={holder.workspace_id}&livemode={mode}&days={_DAYS}"
        counted, summary = await asyncio.gather(_patient(self._ask(days)), _patient(self._summary(exchange)))
        standing = exchange.standing or await self._limiter.look(holder.allowance)
        requests: JSONObject = {
            "this_hour": max(0, standing.limit - standing.remaining),
            "limit": standing.limit,
            "remaining": standing.remaining,
            "reset_at": rfc3339(datetime.fromtimestamp(standing.reset_at, UTC)),
            "by_day": None if counted is None else counted.get("by_day"),
        }
        data: JSONObject = {
            "workspace_id": holder.workspace_id,
            "requests": requests,
            "entitlements": None if summary is None else summary.get("entitlements"),
        }
        envelope: JSONObject = {"data": data}
        if counted is None or summary is None:
            envelope["meta"] = {"degraded": [_ENTITLEMENTS]}
        return Response(_OK, [_JSON], encoded(envelope))

    async def _summary(self, exchange: Exchange) -> JSONObject:
        """The entitlements of the context, asked for in the caller's name."""
        principal = self._outward.as_gateway(exchange, "entitlements:read")
        inner = self._outward.request(exchange, query="", without=_CONDITIONS, principal=principal)
        asking = inner._replace(method="GET", target="/api/v1/entitlements/summary", body=b"")
        answer = await self._forwarding.send(_ENTITLEMENTS, asking, deadline=exchange.deadline)
        body = await answer.whole()
        if answer.status != _OK:
            raise AtriumError(f"entitlements answered {answer.status}")
        return cast("JSONObject", orjson.loads(body)["data"])


async def _patient(asking: Awaitable[JSONObject]) -> JSONObject | None:
    """The answer, or None where it fails or is late: the rest must not wait for it."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await asking
    except (AtriumError, TimeoutError) as error:
        log.warning("answered without entitlements", reason=str(error) or type(error).__name__)
        return None


def _wanted(query: str) -> tuple[str, ...]:
    """Which of the composed members the client asks for; what else `fields` may name is tenancy's to judge."""
    parameters = parse_qsl(query, keep_blank_values=True) if "fields" in query else []
    chosen = [text for name, text in parameters if name == "fields"]
    if not chosen:
        return _COMPOSED
    names = {part.strip() for text in chosen for part in text.split(",")}
    return tuple(name for name in _COMPOSED if name in names)


def _add(envelope: JSONObject, plan: JSONObject | None, wanted: tuple[str, ...]) -> None:
    data = cast("JSONObject", envelope["data"])
    for name in wanted:
        data[name] = None if plan is None else plan.get(name)
    if plan is None:
        meta = envelope.get("meta")
        degraded: list[JSON] = [_ENTITLEMENTS]
        envelope["meta"] = {**(meta if isinstance(meta, dict) else {}), "degraded": degraded}


def _whole(exchange: Exchange, answer: Answer, envelope: JSONObject) -> Response:
    body = encoded(envelope)
    kept = [field for field in fields.returned(answer.fields) if field[0] != b"etag"]
    given = fields.value_of(answer.fields, b"etag")
    if given is not None:
        version = given.strip(b'"').partition(b"-")[0]
        tag = etag(int(version), body)
        kept.append((b"ETag", tag.encode()))
        condition = exchange.request.headers.get(b"if-none-match")
        if condition is not None and matches_any(condition.decode("latin-1"), tag):
            return Response(304, [field for field in kept if field[0] != b"content-type"])
    return Response(_OK, kept, body)
