"""Calls from one service to another, signed with the service's own principal."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
import orjson

from atrium_common.clock import Clock
from atrium_common.errors import NotFound, Unavailable
from atrium_common.http import headers
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import LIFETIME_SECONDS, Principal, PrincipalSigner

_NOT_FOUND = 404
_FAILED = 400


class ServiceClient:
    """A way to one service's internal API."""

    def __init__(self, base: str, *, service: str, signer: PrincipalSigner, clock: Clock, seconds: float = 5.0) -> None:
        self._base = base.rstrip("/")
        self._service = service
        self._signer = signer
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=seconds, connect=min(seconds, 2.0))
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self, method: str, path: str, body: JSONObject | None = None, *, more: Mapping[str, str] | None = None
    ) -> JSONObject:
        """The JSON object that the service answers.

        Raises:
            NotFound: the service answers 404.
            Unavailable: it does not answer, or fails.
        """
        session = self._session or self._open()
        token = self._signer.sign(
            Principal(
                kind="service",
                service=self._service,
                expires_at=self._clock.now().timestamp() + LIFETIME_SECONDS,
            )
        )
        content = None if body is None else orjson.dumps(body)
        sent = {headers.PRINCIPAL: token, "Content-Type": "application/json", **(more or {})}
        try:
            async with session.request(method, f"{self._base}{path}", data=content, headers=sent) as answer:
                raw = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"The service behind {path} does not answer.") from error
        if answer.status == _NOT_FOUND:
            raise NotFound("resource", path)
        if answer.status >= _FAILED:
            raise Unavailable(f"The service behind {path} answers {answer.status}.")
        return dict(orjson.loads(raw)) if raw else {}

    async def close(self) -> None:
        """Let the connections go."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(timeout=self._timeout, trust_env=False)
        return self._session
