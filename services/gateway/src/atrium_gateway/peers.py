"""Whom the gateway believes: addresses, schemes, hosts and traces are taken over from trusted proxies alone."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Sequence

from atrium_gateway.holder import Network
from atrium_gateway.http1.message import Request

_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\Z")
_HOST = re.compile(rb"[A-Za-z0-9._~\[\]:-]{1,255}\Z")


class Peers:
    """What is known of a request's origin."""

    def __init__(self, trusted: Sequence[Network], *, scheme: bytes = b"http") -> None:
        """`scheme` is what we ourselves are reached by."""
        self._scheme = scheme
        self._trusted = tuple(trusted)
        # A trace id has to be its own, not to be guessed at: this process's, and a number.
        self._process = os.urandom(8).hex()
        self._traces = 0

    def address(self, request: Request) -> str:
        """The client's address: the peer's, or the last one before the trusted proxies."""
        address = _plain(request.peer)
        forwarded = request.headers.get(b"x-forwarded-for")
        if forwarded is None or not self._trusted:
            return address
        hops = [hop.strip() for hop in forwarded.decode("latin-1").split(",") if hop.strip()]
        while hops and self._trusts(address):
            candidate = _plain(hops.pop())
            try:
                ipaddress.ip_address(candidate)
            except ValueError:
                return address
            address = candidate
        return address

    def public_base(self, request: Request) -> bytes:
        """Scheme and host by which the client reached us."""
        scheme, host = self._scheme, request.headers.get(b"host", b"localhost")
        if self._trusted and self._trusts(request.peer):
            said = request.headers.get(b"x-forwarded-proto", scheme).split(b",")[0].strip().lower()
            scheme = said if said in {b"http", b"https"} else scheme
            named = request.headers.get(b"x-forwarded-host", host).split(b",")[0].strip()
            host = named if _HOST.match(named) else host
        return scheme + b"://" + host

    def traceparent(self, request: Request) -> str:
        """The trace that the request belongs to: a trusted proxy's, or a new one (W3C Trace Context)."""
        given = self.given_traceparent(request)
        if given:
            return given
        self._traces += 1
        return f"00-{self._process}{self._traces:016x}-{self._traces:016x}-01"

    def given_traceparent(self, request: Request) -> str:
        """The trusted proxy's trace; empty where there is none."""
        given = request.headers.get(b"traceparent")
        if given is not None and self._trusted and _TRACEPARENT.match(given) and self._trusts(request.peer):
            return given.decode()
        return ""

    def _trusts(self, address: str) -> bool:
        parsed = ipaddress.ip_address(_plain(address))
        return any(parsed in network for network in self._trusted)


def _plain(address: str) -> str:
    """The address without a zone or port; IPv4 in IPv6 as IPv4."""
    address = address.partition("%")[0]
    if address.startswith("[") or address.count(":") == 1:
        address = address.lstrip("[").partition("]" if "]" in address else ":")[0]
    if address.lower().startswith("::ffff:") and "." in address:
        return address[7:]
    return address
