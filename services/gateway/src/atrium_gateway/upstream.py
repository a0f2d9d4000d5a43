"""The way to the services: pooled connections, one deadline, no retries of what may have arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from atrium_common.errors import BadGateway, GatewayTimeout, Unavailable
from atrium_common.metrics import UPSTREAM_ERRORS


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


class Transport(Protocol):
    """How a request reaches a service."""

    async def send(
        self, upstream: str, method: str, path: str, headers: Mapping[str, str], body: bytes, *, seconds: float
    ) -> Answer:
        """Send the request and return the whole answer.

        Raises:
            Unavailable: no connection could be made; the request has not arrived.
            BadGateway: the connection broke; whether the request arrived is unknown.
            GatewayTimeout: no answer in time.
        """
        ...

    async def close(self) -> None:
        """Let the connections go."""
        ...


class SessionTransport:
    """aiohttp's client session."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = {name: url.rstrip("/") for name, url in urls.items()}
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, upstream: str, method: str, path: str, headers: Mapping[str, str], body: bytes, *, seconds: float
    ) -> Answer:
        """See `Transport.send`."""
        session = self._session or self._open()
        url = URL(f"{self._urls[upstream]}{path}", encoded=True)
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=2.0)
        try:
            async with session.request(
                method, url, data=body or None, headers=headers, allow_redirects=False, timeout=timeout
            ) as response:
                return Answer(response.status, response.headers, await response.read())
        except TimeoutError as error:
            UPSTREAM_ERRORS.labels(upstream, "timeout").inc()
            raise GatewayTimeout from error
        except aiohttp.ClientConnectorError as error:
            UPSTREAM_ERRORS.labels(upstream, "connect").inc()
            raise Unavailable(f"The {upstream} service does not answer for the moment.") from error
        except (aiohttp.ClientError, OSError) as error:
            UPSTREAM_ERRORS.labels(upstream, "broken").inc()
            raise BadGateway from error

    async def close(self) -> None:
        """See `Transport.close`."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=512, keepalive_timeout=30)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False, trust_env=False)
        return self._session
