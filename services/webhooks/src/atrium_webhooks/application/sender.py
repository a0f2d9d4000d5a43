"""One attempt: a POST to an address that was checked, within one deadline (spec/webhooks.md, "No way in")."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from atrium_common.clock import Clock
from atrium_webhooks.domain.addresses import Network, UnfitUrl, check_url, is_allowed
from atrium_webhooks.domain.schedule import Attempted

_CONNECT_SECONDS = 5.0
_READ = 64 * 1024
_KEPT = 4 * 1024


class Refused(OSError):
    """The name stands for an address to which no delivery may go."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An attempt, and what is recorded of it."""

    attempted: Attempted
    duration_ms: int
    response_headers: Mapping[str, str]
    response_body: str
    truncated: bool


class CheckedResolver(AbstractResolver):
    """Resolves names and gives out only addresses that may be connected to; the connection goes to just these."""

    def __init__(self, opened: Sequence[Network]) -> None:
        self._opened = opened

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The checked addresses of the name.

        Raises:
            Refused: one of them is not allowed.
            OSError: the name does not resolve.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        results: list[ResolveResult] = []
        for kind, _, proto, _, address in found:
            ip = str(address[0])
            if not is_allowed(ip, self._opened):
                raise Refused("The URL leads to an address that is not allowed.")
            results.append(
                ResolveResult(hostname=host, host=ip, port=port, family=kind, proto=proto, flags=socket.AI_NUMERICHOST)
            )
        return results

    async def close(self) -> None:
        """Nothing to let go of."""


class Sender:
    """Makes attempts, over connections that are kept per destination."""

    def __init__(self, *, opened: Sequence[Network], allow_http: bool, seconds: float, clock: Clock) -> None:
        self._opened = opened
        self._allow_http = allow_http
        self._seconds = seconds
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """POST the body; whatever happens is in the answer, nothing is raised."""
        started = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(url, headers, body, started)
        except TimeoutError:
            return self._failed(f"No answer within {self._seconds:g} s.", started)
        except (Refused, UnfitUrl) as error:
            return self._failed(str(error), started)
        except aiohttp.ClientConnectorDNSError as error:
            cause = error.os_error
            return self._failed(str(cause) if isinstance(cause, Refused) else "The name does not resolve.", started)
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError, ssl.SSLError):
            return self._failed("The TLS connection was refused: certificate or protocol.", started)
        except aiohttp.ClientConnectorError:
            return self._failed("The connection was refused.", started)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self._failed(f"The connection broke: {type(error).__name__}.", started)

    async def check(self, url: str) -> None:
        """Return if deliveries may go to the URL as things are; a name that does not resolve yet is let pass.

        Raises:
            UnfitUrl: they may not.
        """
        check_url(url)
        target = URL(url)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await self._check_target(target)
                await CheckedResolver(self._opened).resolve(target.raw_host or "")
        except Refused as error:
            raise UnfitUrl(str(error)) from None
        except (OSError, UnicodeError):
            return

    async def close(self) -> None:
        """Let the connections go."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes, started: float) -> Sent:
        check_url(url)
        target = URL(url)
        await self._check_target(target)
        session = self._session or self._open()
        async with session.post(target, data=body, headers=headers, allow_redirects=False) as response:
            text, truncated = await self._read(response, started)
            attempted = Attempted(response.status, retry_after=response.headers.get("Retry-After"))
            return Sent(attempted, self._elapsed(started), _plain(response.headers), text, truncated)

    async def _check_target(self, target: URL) -> None:
        """Check what the resolver never sees: a literal address, and plain http outside the opened networks."""
        host = target.raw_host or ""
        literal = _literal(host)
        if literal is not None and not is_allowed(literal, self._opened):
            raise Refused("The URL leads to an address that is not allowed.")
        if target.scheme == "http" and not self._allow_http:
            results = (
                [literal] if literal else [found["host"] for found in await CheckedResolver(self._opened).resolve(host)]
            )
            networks = self._opened
            if not all(_within(address, networks) for address in results):
                raise UnfitUrl("Must be an https URL.")

    async def _read(self, response: aiohttp.ClientResponse, started: float) -> tuple[str, bool]:
        """What is kept of the answer's body; neither a long nor a dripping one spoils a 2xx."""
        kept = bytearray()
        seen = 0
        left = self._seconds - (self._clock.monotonic() - started) - 0.2
        try:
            async with asyncio.timeout(max(0.0, left)):
                async for part in response.content.iter_any():
                    seen += len(part)
                    kept += part[: _KEPT - len(kept)]
                    if seen >= _READ:
                        response.close()
                        break
        except (TimeoutError, aiohttp.ClientError):
            response.close()
        return kept.decode(errors="replace"), seen > len(kept)

    def _failed(self, error: str, started: float) -> Sent:
        return Sent(Attempted(None, error), self._elapsed(started), {}, "", False)

    def _elapsed(self, started: float) -> int:
        return round((self._clock.monotonic() - started) * 1000)

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=CheckedResolver(self._opened), use_dns_cache=False, limit=0, keepalive_timeout=15
        )
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=16384,
        )
        return self._session


def _literal(host: str) -> str | None:
    """The address that a host spells by itself, in any form that the system would understand without a look-up."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return str(found[0][4][0])


def _within(address: str, networks: Sequence[Network]) -> bool:
    return not is_allowed(address, ()) and is_allowed(address, networks)


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    return {str(name): value for name, value in headers.items()}
