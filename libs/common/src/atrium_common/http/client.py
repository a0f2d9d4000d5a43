"""Calls from one service to another, signed with the service's own principal."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import cast

import aiohttp
import orjson
import structlog

from atrium_common.clock import Clock
from atrium_common.errors import BadGateway, GatewayTimeout, NotFound, Refused, Unavailable
from atrium_common.http import headers
from atrium_common.jsontypes import JSONMapping, JSONObject
from atrium_common.principal import LIFETIME_SECONDS, Principal, PrincipalSigner
from atrium_common.tracing import CURRENT

log = structlog.get_logger("client")

UNTRUSTED = "a service's certificate is not trusted: check ATRIUM_SERVICES_CA_FILE, and the names in it"
_ATTEMPTS = 3
_PAUSE = 0.05
_REFUSED = 400
_FAILED = 500


class ServiceClient:
    """A way to one service's internal API.

    `seconds` bounds a call, attempts and pauses included. A call is attempted again where nothing can have arrived (no
    connection was made), or where it may arrive twice: what `reads`, or a command with its id.
    """

    def __init__(
        self,
        base: str,
        *,
        service: str,
        signer: PrincipalSigner,
        clock: Clock,
        seconds: float = 5.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls` says whose certificates are trusted at an https URL, where not the system's CAs."""
        self._base = base.rstrip("/")
        self._service = service
        self._signer = signer
        self._clock = clock
        self._seconds = seconds
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None
        self._token = ("", 0.0)

    async def call(
        self,
        method: str,
        path: str,
        body: JSONMapping | None = None,
        *,
        more: Mapping[str, str] | None = None,
        request_id: str = "",
        command_id: str = "",
        reads: bool = False,
        deadline: float | None = None,
    ) -> JSONObject:
        """The JSON object that the service answers; empty for an answer without body.

        `reads` says that a POST changes nothing. `deadline` is the caller's own, on the monotonic clock; the service is
        told what is left of it.

        Raises:
            NotFound: there is no such resource.
            Refused: the service answers with another 4xx.
            Unavailable: it can't be reached, or says so.
            BadGateway: it broke off, failed, or answered something else than JSON.
            GatewayTimeout: it did not answer in time.
        """
        end = self._clock.monotonic() + self._seconds
        end = end if deadline is None else min(end, deadline)
        sent = {"Content-Type": "application/json", **(more or {})}
        sent |= {headers.REQUEST_ID: request_id} if request_id else {}
        sent |= {headers.COMMAND_ID: command_id} if command_id else {}
        traceparent = CURRENT.get()
        sent |= {headers.TRACEPARENT: traceparent} if traceparent else {}
        content = None if body is None else orjson.dumps(body)
        repeatable = reads or method in {"GET", "HEAD"} or bool(command_id)
        attempt = 1
        while True:
            try:
                return await self._attempt(method, path, content, sent, left=end - self._clock.monotonic())
            except (Unavailable, BadGateway) as error:
                again = repeatable if isinstance(error, BadGateway) else isinstance(error.__cause__, OSError)
                pause = _PAUSE * 2**attempt
                if not again or attempt == _ATTEMPTS or self._clock.monotonic() + pause >= end:
                    raise
                await asyncio.sleep(pause)
                attempt += 1

    async def close(self) -> None:
        """Let the connections go."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _attempt(
        self, method: str, path: str, content: bytes | None, sent: Mapping[str, str], *, left: float
    ) -> JSONObject:
        if left <= 0:
            raise GatewayTimeout
        session = self._session or self._open()
        given = {**sent, headers.PRINCIPAL: self._signed(), headers.DEADLINE_MS: str(max(1, int(left * 1000)))}
        timeout = aiohttp.ClientTimeout(total=left, sock_connect=min(left, 2.0))
        try:
            async with session.request(
                method, f"{self._base}{path}", data=content, headers=given, timeout=timeout, allow_redirects=False
            ) as answer:
                return _read(answer.status, await answer.read())
        except aiohttp.ClientConnectorCertificateError as error:
            log.error(UNTRUSTED, url=self._base, reason=str(error.certificate_error))
            raise Unavailable("A service behind this one can't be trusted. Try again later.") from error
        except aiohttp.ConnectionTimeoutError as error:
            raise Unavailable("A service behind this one can't be reached. Try again shortly.") from error
        except TimeoutError as error:
            raise GatewayTimeout from error
        except aiohttp.ClientConnectorError as error:
            raise Unavailable("A service behind this one does not answer. Try again shortly.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise BadGateway from error

    def _signed(self) -> str:
        token, good_until = self._token
        now = self._clock.now().timestamp()
        if now >= good_until:
            principal = Principal(kind="service", service=self._service, expires_at=now + LIFETIME_SECONDS)
            token = self._signer.sign(principal)
            self._token = (token, now + LIFETIME_SECONDS / 2)
        return token

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=128, keepalive_timeout=30, ssl=self._tls or True), trust_env=False
        )
        return self._session


def _read(status: int, raw: bytes) -> JSONObject:
    try:
        value = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError:
        raise BadGateway from None
    if not isinstance(value, dict):
        raise BadGateway
    if status < _REFUSED:
        return value
    error = cast("JSONObject", value.get("error") if isinstance(value.get("error"), dict) else {})
    code = str(error.get("code", ""))
    if code == "RESOURCE_NOT_FOUND":
        raise NotFound(str(error.get("resource_type")), str(error.get("resource_id")))
    if status < _FAILED:
        raise Refused(status, code, str(error.get("message", "")), error)
    if code == "SERVICE_UNAVAILABLE":
        raise Unavailable(str(error["message"]))
    if code == "GATEWAY_TIMEOUT":
        raise GatewayTimeout
    raise BadGateway
