"""The way to the services: one request, one answer, within a deadline. Whether to send again is decided elsewhere.

Two adapters are held to the same suite: `SessionTransport` on aiohttp's client, the reference, and
`http1.pool.PooledTransport`, which costs a third of it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from atrium_common.errors import BadGateway, GatewayTimeout, Unavailable
from atrium_gateway.http1.message import Fields

CONNECT_SECONDS = 2.0
STREAMED_FROM = 64 * 1024


class Forwarded(NamedTuple):
    """A request on its way to a service.

    Attributes:
        lines: its fields as they are sent, each ended by CR LF: none of the connection, none of the body's length.
    """

    method: str
    target: str
    lines: bytes
    body: bytes = b""


@dataclass(slots=True)
class Answer:
    """What a service answers: all of it, or (above 64 KiB) the beginning and the rest as it comes.

    Attributes:
        fields: names in lower case.
        length: of the whole body, where the service says so and it is streamed.
        returned: those fields that travel back to the client, as they are sent, where that is known already.
    """

    status: int
    fields: Fields
    body: bytes
    rest: AsyncIterator[bytes] | None = None
    length: int | None = None
    returned: bytes | None = None

    async def whole(self) -> bytes:
        """The body, all of it.

        Raises:
            BadGateway, GatewayTimeout: the service broke off, or fell silent.
        """
        if self.rest is not None:
            parts = [part async for part in self.rest]
            self.body, self.rest = b"".join([self.body, *parts]), None
        return self.body


Done: TypeAlias = Callable[[Answer | Exception], None]
"""Told once what became of a request: the answer, or why there is none (see `Transport.send`). Never raises."""


class Transport(Protocol):
    """How a request reaches a service."""

    async def send(self, upstream: str, request: Forwarded, *, seconds: float) -> Answer:
        """Send the request and return the answer, as soon as it is whole or 64 KiB of it are there.

        Raises:
            Unavailable: no connection could be made; the request has not arrived.
            BadGateway: the connection broke, or what came is no HTTP; whether the request arrived is unknown.
            GatewayTimeout: no (whole) answer within `seconds`.
        """
        ...

    async def close(self) -> None:
        """Let the connections go."""
        ...


class PromptTransport(Transport, Protocol):
    """One that can also send from within a call, without a task."""

    def has_free(self, upstream: str) -> bool:
        """Whether a request could be sent without waiting."""
        ...

    def begin(self, upstream: str, request: Forwarded, *, seconds: float, done: Done) -> Callable[[], None]:
        """Send the request without waiting, where `has_free` has just said so; returns what gives it up."""
        ...


class SessionTransport:
    """aiohttp's client session."""

    def __init__(self, urls: Mapping[str, str], *, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._urls = {name: url.rstrip("/") for name, url in urls.items()}
        self._session: aiohttp.ClientSession | None = None

    async def send(self, upstream: str, request: Forwarded, *, seconds: float) -> Answer:
        """See `Transport.send`."""
        session = self._session or self._open()
        url = URL(f"{self._urls[upstream]}{request.target}", encoded=True)
        fields = [line.partition(": ") for line in request.lines.decode("latin-1").split("\r\n")[:-1]]
        headers = CIMultiDict((name, value) for name, _, value in fields)
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, CONNECT_SECONDS))
        try:
            response = await session.request(
                request.method, url, data=request.body or None, headers=headers, allow_redirects=False, timeout=timeout
            )
            return await _answer(response)
        except aiohttp.ConnectionTimeoutError as error:
            raise unreachable(upstream) from error
        except TimeoutError as error:
            raise GatewayTimeout from error
        except aiohttp.ClientConnectorError as error:
            raise unreachable(upstream) from error
        except (aiohttp.ClientError, OSError) as error:
            raise BadGateway from error

    async def close(self) -> None:
        """See `Transport.close`."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=512, keepalive_timeout=30, ssl=self._tls or True)
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        return self._session


def unreachable(upstream: str) -> Unavailable:
    """The refusal where no connection to the service can be made."""
    return Unavailable(f"The {upstream} service does not answer for the moment. Try again shortly.")


async def _answer(response: aiohttp.ClientResponse) -> Answer:
    fields = [(name.lower(), value) for name, value in response.raw_headers]
    begun = bytearray()
    while len(begun) < STREAMED_FROM:
        part = await response.content.readany()
        if not part:
            response.release()
            return Answer(response.status, fields, bytes(begun))
        begun += part
    return Answer(response.status, fields, bytes(begun), _rest(response), response.content_length)


async def _rest(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        while part := await response.content.readany():
            yield part
        response.release()
    except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
        raise (GatewayTimeout if isinstance(error, TimeoutError) else BadGateway) from error
    finally:
        response.close()
