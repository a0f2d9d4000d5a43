"""One attempt: a POST within one deadline; whatever the receiver does, it ends and says how (spec/webhooks.md)."""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from atrium_common.clock import Clock
from atrium_common.tls import trusting
from atrium_webhooks.application.connecting import STEPS, Connector, Policy, Refused, Steps
from atrium_webhooks.application.exchange import Answer, NoHttp, NotSent, Target, post
from atrium_webhooks.application.lookup import Lookup, SystemLookup
from atrium_webhooks.domain.addresses import UnfitUrl, check_url
from atrium_webhooks.domain.schedule import Attempted

CONNECT_SECONDS = 5.0
_SAVING_SECONDS = 1.5
"""For looking a name up when an endpoint is saved: every attempt checks again."""
READ = 64 * 1024
"""The most that is read of an answer's body, as it comes over the wire."""
KEPT = 4 * 1024
"""The most of it that is kept, unpacked, and the most of the answer's headers, in bytes."""
_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, ceil_threshold=60)
_LONGEST_HEADER = 1024

ErrorClass: TypeAlias = Literal["blocked", "dns", "connect", "connect_timeout", "tls", "timeout", "broken", "protocol"]


@dataclass(slots=True)
class Sent:
    """An attempt, and what is recorded of it: at first as far as it has come.

    Attributes:
        status: of the answer, once its headers are there.
        error, error_class: why there is none, in words and as a word for machines.
        first_byte, total: milliseconds from the beginning.
    """

    status: int | None = None
    error: str | None = None
    error_class: ErrorClass | None = None
    steps: Steps = field(default_factory=Steps)
    first_byte: float | None = None
    total: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    truncated: bool = False

    @property
    def attempted(self) -> Attempted:
        """What the schedule judges by."""
        return Attempted(self.status, self.error, self.headers.get("Retry-After"))


class Sender:
    """Makes attempts, over connections that are kept per destination."""

    def __init__(
        self,
        policy: Policy,
        *,
        seconds: float,
        clock: Clock,
        lookup: Lookup | None = None,
        ca_bundle: Path | None = None,
    ) -> None:
        """`seconds` are an attempt's in all. `ca_bundle` takes the place of the system's certificates.

        Raises:
            OSError: the bundle can't be read.
        """
        self._policy = policy
        self._seconds = seconds
        self._clock = clock
        self._lookup = lookup or SystemLookup(clock)
        self._tls = trusting(ca_bundle, setting="ATRIUM_WEBHOOKS_CA_BUNDLE")
        self._connector: Connector | None = None
        self._target = lru_cache(maxsize=4096)(_target)

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """POST the body; whatever happens is in the answer, nothing is raised.

        Status line and headers decide: what becomes of the answer's body afterwards makes no failure.
        """
        sent = Sent()
        began = self._clock.monotonic()
        token = STEPS.set(sent.steps)
        try:
            async with asyncio.timeout(self._seconds):
                await self._post(url, headers, body, sent, began)
        except Exception as error:
            if sent.status is None:
                sent.error_class, sent.error = _told(error, self._seconds)
        finally:
            STEPS.reset(token)
        sent.total = (self._clock.monotonic() - began) * 1000
        return sent

    async def check(self, url: str) -> None:
        """Return if deliveries may go to the URL as things are; a name that does not resolve (in time) is let pass,
        by https, or where http may go anywhere.

        Raises:
            UnfitUrl: they may not.
        """
        check_url(url)
        target = URL(url)
        try:
            async with asyncio.timeout(_SAVING_SECONDS):
                # The dot of a complete name belongs to no address, and to no name of this machine.
                addresses = await self._lookup((target.raw_host or "").removesuffix("."), target.port or 0)
        except (OSError, UnicodeError):
            if target.scheme == "http" and not self._policy.allow_http:
                raise UnfitUrl("Must be an https URL: the name does not resolve to where http may go.") from None
            return
        try:
            for address in addresses:
                self._policy.check(address, secure=target.scheme == "https")
        except Refused as error:
            raise UnfitUrl(str(error)) from None

    async def close(self) -> None:
        """Let the connections go."""
        connector, self._connector = self._connector, None
        if connector is not None:
            await connector.close()
        if isinstance(self._lookup, SystemLookup):
            self._lookup.close()

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes, sent: Sent, began: float) -> None:
        answer = await post(self._connector or self._open(), self._target(url), headers, body, _TIMEOUT)
        try:
            sent.status = answer.status
            sent.first_byte = (self._clock.monotonic() - began) * 1000
            sent.headers = _plain(answer.headers)
            await _read(answer, sent)
        finally:
            answer.end()

    def _open(self) -> Connector:
        self._connector = Connector(self._policy, self._lookup, tls=self._tls, clock=self._clock)
        return self._connector


def _target(url: str) -> Target:
    """The URL, checked in its form, with an IPv4 address of any spelling (127.1, 0x7f000001) in its usual one.

    Raises:
        UnfitUrl: no delivery can go to it.
    """
    check_url(url)
    target = URL(url).with_fragment(None)
    with suppress(OSError):
        target = target.with_host(socket.inet_ntoa(socket.inet_aton((target.raw_host or "").removesuffix("."))))
    return Target(target)


async def _read(answer: Answer, sent: Sent) -> None:
    """Keep the beginning of the answer's body as it comes."""
    if answer.content.at_eof():
        return  # the usual answer, which has none
    unpack = _unpacker(answer.headers.get("Content-Encoding", ""))
    kept = bytearray()
    seen = 0
    try:
        async for part in answer.content.iter_any():
            seen += len(part)
            if len(kept) <= KEPT:
                kept += unpack(part, KEPT + 1 - len(kept))
            if seen >= READ:
                sent.truncated = True
                break
    finally:
        sent.truncated = sent.truncated or len(kept) > KEPT
        sent.body = kept[:KEPT].decode(errors="replace")


class _Plain:
    """A body that is not packed."""

    def __call__(self, part: bytes, most: int) -> bytes:
        return part[:most]


class _Deflated:
    """A packed body: only as much as is kept is ever unpacked."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)

    def __call__(self, part: bytes, most: int) -> bytes:
        if most <= 0:
            return b""
        try:
            return self._inflate.decompress(part, most)
        except zlib.error:
            return b""


def _unpacker(encoding: str) -> _Plain | _Deflated:
    return _Deflated() if encoding.strip().lower() in {"gzip", "x-gzip", "deflate"} else _Plain()


def _plain(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """The headers as they are recorded: repeated ones joined, as many as fit, and nothing that no store takes."""
    plain: dict[str, str] = {}
    room = KEPT
    for name, raw in sorted(headers.items(), key=_needed_first):
        if name.startswith("$"):
            continue  # MongoDB has meanings of its own for such names within a document
        # Bytes that are no UTF-8 come as lone surrogates.
        value = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        title = "Retry-After" if name.lower() == "retry-after" else str(name)
        known = plain.get(title)
        joined = (value if known is None else f"{known}, {value}")[:_LONGEST_HEADER]
        taken = len(joined.encode()) + (len(title) if known is None else -len(known.encode()))
        if taken <= room:
            plain[title] = joined
            room -= taken
    return plain


def _needed_first(header: tuple[str, str]) -> bool:
    """Sorts what the schedule needs before the others, which keep their order."""
    return header[0].lower() != "retry-after"


def _told(error: Exception, seconds: float) -> tuple[ErrorClass, str]:
    """What went wrong, for machines and for people; nothing of the inside."""
    match error:
        case Refused() | UnfitUrl():
            return "blocked", str(error)
        case aiohttp.InvalidURL():
            return "blocked", "The URL is not one that deliveries can go to."
        case aiohttp.ClientConnectorDNSError():
            return "dns", "The name does not resolve."
        case aiohttp.ClientConnectorCertificateError():
            return "tls", "The certificate is not one that can be trusted for this name."
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "tls", "The TLS connection could not be made."
        case aiohttp.ConnectionTimeoutError():
            return "connect_timeout", f"No connection within {CONNECT_SECONDS:g} s."
        case TimeoutError():
            return "timeout", f"No answer within {seconds:g} s."
        case aiohttp.ClientConnectorError():
            return "connect", "The connection was refused."
        case NotSent():
            return "protocol", str(error)
        case NoHttp():
            return "protocol", "The answer is no HTTP."
        case aiohttp.ClientError() | OSError() | socket.error():
            return "broken", "The connection broke before there was an answer."
        case _:
            return "protocol", f"The request could not be made: {type(error).__name__}."
