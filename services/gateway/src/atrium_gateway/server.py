"""A request's way through the gateway: route, key, context, scope, forward."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import re
from collections.abc import Mapping

import structlog
from aiohttp import web

from atrium_common.clock import Clock
from atrium_common.errors import (
    BadGateway,
    GatewayTimeout,
    InvalidHeader,
    PayloadTooLarge,
    Unavailable,
)
from atrium_common.http import headers as names
from atrium_common.http.body import MAX_BODY
from atrium_common.http.client import ServiceClient
from atrium_common.http.listener import refuse_large_headers
from atrium_common.http.problems import INTERNAL, Problem, problem_of
from atrium_common.http.reply import encoded
from atrium_common.ids import Ids
from atrium_common.metrics import HTTP_REQUESTS, HTTP_SECONDS, REFUSED
from atrium_common.principal import PrincipalSigner
from atrium_gateway import admission
from atrium_gateway.document import merged_document
from atrium_gateway.keys import KeyCache
from atrium_gateway.route_table import Entry
from atrium_gateway.routing import Router
from atrium_gateway.settings import GatewaySettings
from atrium_gateway.upstream import Answer, Transport

log = structlog.get_logger("gateway")

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
     "upgrade", "proxy-connection"}
)  # fmt: skip
_NOT_FORWARDED = _HOP_BY_HOP | names.INTERNAL | {"host", "authorization", "content-length", "cookie", "x-request-id"}
_NOT_RETURNED = _HOP_BY_HOP | names.INTERNAL | {"content-length", "server", "date", "x-request-id"}
_BODY_SECONDS = 30.0


class Gateway:
    """Answers every request of the public port."""

    def __init__(
        self,
        *,
        settings: GatewaySettings,
        table: Router,
        keys: KeyCache,
        signer: PrincipalSigner,
        transport: Transport,
        clients: Mapping[str, ServiceClient],
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._settings = settings
        self._table = table
        self._keys = keys
        self._signer = signer
        self._transport = transport
        self._clients = clients
        self._clock = clock
        self._ids = ids

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; never raises."""
        started = self._clock.monotonic()
        given = request.headers.get(names.REQUEST_ID, "")
        request_id = given if _REQUEST_ID.match(given) else self._ids.new("req")
        template = "unknown"
        try:
            if request.path == "/api/openapi.json" and request.method in {"GET", "HEAD"}:
                template = request.path
                response = web.Response(
                    body=encoded(await merged_document(self._clients)), content_type="application/json"
                )
            else:
                entry = self._table.find(request.method, request.path).entry
                template = entry.template
                response = await self._pass(request, entry, request_id)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            response = self._refusal(error, request_id)
        response.headers[names.REQUEST_ID] = request_id
        HTTP_REQUESTS.labels("gateway", request.method, template, str(response.status)).inc()
        HTTP_SECONDS.labels("gateway", request.method, template).observe(self._clock.monotonic() - started)
        return response

    async def _pass(self, request: web.BaseRequest, entry: Entry, request_id: str) -> web.Response:
        refuse_large_headers(request)
        wanted = admission.asked(request.headers, request.query)
        holder = await self._keys.holder(wanted)
        now = self._clock.now()
        admission.check(holder, scope=entry.scope, address=self._address(request), now=now)
        body = await _body(request)
        forwarded = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_FORWARDED}
        forwarded[names.REQUEST_ID] = request_id
        forwarded[names.PRINCIPAL] = self._signer.sign(admission.principal(holder, wanted, now=now))
        forwarded[names.PUBLIC_BASE] = self._public_base(request)
        forwarded[names.DEADLINE_MS] = str(int(self._settings.upstream_seconds * 1000))
        if request.method not in {"GET", "HEAD"}:
            forwarded[names.COMMAND_ID] = self._command_id(request, str(holder.key["id"]), body)
        answer = await self._send(request, entry, forwarded, body)
        returned = {name: value for name, value in answer.headers.items() if name.lower() not in _NOT_RETURNED}
        return web.Response(status=answer.status, headers=returned, body=answer.body)

    async def _send(self, request: web.BaseRequest, entry: Entry, headers: Mapping[str, str], body: bytes) -> Answer:
        seconds = self._settings.upstream_seconds
        deadline = self._clock.monotonic() + seconds
        pause = 0.05
        while True:
            try:
                return await self._transport.send(
                    entry.upstream, request.method, request.raw_path, headers, body, seconds=seconds
                )
            except (Unavailable, BadGateway) as error:
                # A write carries its command id, and a read changes nothing: both may be sent again while a service
                # restarts; for a few seconds, no longer.
                if pause > 1.0 or self._clock.monotonic() + pause > deadline:
                    raise Unavailable(str(error) or "A service restarts. Try again shortly.") from error
                await asyncio.sleep(pause)
                pause *= 2

    def _command_id(self, request: web.BaseRequest, key_id: str, body: bytes) -> str:
        """The command's identity: the same for the same request under the same `Idempotency-Key`, else a new one."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return self._ids.new("cmd")
        if not _IDEMPOTENCY_KEY.match(key):
            raise InvalidHeader("Idempotency-Key must be 1 to 255 visible ASCII characters.")
        parts = (key_id, key, request.method, request.raw_path, request.headers.get("X-Workspace-ID", ""))
        text = "\0".join(parts).encode() + b"\0" + body
        return f"idempotent_{hashlib.sha256(text).hexdigest()}"

    def _address(self, request: web.BaseRequest) -> str:
        """The client's address: the peer's, or the last one before the trusted proxies."""
        address = request.remote or "0.0.0.0"
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        while hops and self._trusted(address):
            candidate = hops.pop()
            try:
                ipaddress.ip_address(candidate)
            except ValueError:
                return address
            address = candidate
        return address

    def _trusted(self, address: str) -> bool:
        parsed = ipaddress.ip_address(address)
        return any(parsed in network for network in self._settings.trusted_proxies)

    def _public_base(self, request: web.BaseRequest) -> str:
        scheme = request.scheme
        if request.remote and self._trusted(request.remote):
            scheme = request.headers.get("X-Forwarded-Proto", scheme)
        return f"{scheme}://{request.host}"

    def _refusal(self, error: Exception, request_id: str) -> web.Response:
        if isinstance(error, TimeoutError):
            error = GatewayTimeout()
        problem = problem_of(error)
        if problem is None:
            log.error("request failed", request_id=request_id, exc_info=error)
            problem = INTERNAL
        REFUSED.labels(problem.code).inc()
        return _response(problem, request_id)


def _response(problem: Problem, request_id: str) -> web.Response:
    body = encoded(problem.body(request_id))
    return web.Response(
        status=problem.status, body=body, headers=dict(problem.headers), content_type="application/json"
    )


async def _body(request: web.BaseRequest) -> bytes:
    """The whole body; a slow or too large one is refused."""
    if not request.can_read_body:
        return b""
    if (request.content_length or 0) > MAX_BODY:
        raise PayloadTooLarge
    parts = bytearray()
    async with asyncio.timeout(_BODY_SECONDS):
        async for part in request.content.iter_any():
            parts += part
            if len(parts) > MAX_BODY:
                raise PayloadTooLarge
    return bytes(parts)
