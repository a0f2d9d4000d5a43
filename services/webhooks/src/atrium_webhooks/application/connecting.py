"""Connections to checked addresses only (spec/webhooks.md, "No way in").

What comes of a name (`lookup.py`) is checked where the connection is made, by the very address that is connected to:
whatever spelling, cache or resolver led there, there is no way around it and no second look-up.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

import aiohappyeyeballs
import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from atrium_common.clock import Clock
from atrium_webhooks.application.lookup import Lookup
from atrium_webhooks.domain.addresses import Network, is_allowed, is_opened

_KEEP_ALIVE_SECONDS = 4.0
"""Shorter than what receivers commonly keep, so that a request seldom meets a connection just being closed."""


_END_OF_HEAD = b"\r\n\r\n"


class Refused(aiohttp.ClientError):
    """No delivery may go to where the URL leads; the text says why."""


@dataclass(slots=True)
class Steps:
    """What one attempt's connection took, in milliseconds; None: the step was not needed, or not reached."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    remote_address: str | None = None


STEPS: ContextVar[Steps | None] = ContextVar("steps", default=None)
"""The attempt that the running task makes."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Where deliveries may go: public addresses by https, what the operator opened by http too."""

    opened: Sequence[Network] = ()
    allow_http: bool = False

    def check(self, address: str, *, secure: bool) -> None:
        """Return if a connection may be made to this address.

        Raises:
            Refused: it may not.
        """
        if not is_allowed(address, self.opened):
            raise Refused("The URL leads to an address that is not allowed.")
        if not secure and not self.allow_http and not is_opened(address, self.opened):
            raise Refused("Must be an https URL.")


class _HeadFirst(ResponseHandler):
    """Reads the head of an answer before what comes with it: what is wrong in the body takes no head away."""

    def data_received(self, data: bytes) -> None:
        """Parse up to the end of a head, then the rest."""
        ends = data.find(_END_OF_HEAD) + len(_END_OF_HEAD)
        if len(_END_OF_HEAD) <= ends < len(data):
            super().data_received(data[:ends])
            data = data[ends:]
        super().data_received(data)
        # Whoever reads the body is told: the parser forgets it where it finds something wrong.
        payload, wrong = self._payload, self.exception()
        if payload is not None and wrong is not None and payload.exception() is None:
            payload.set_exception(aiohttp.ClientPayloadError(str(wrong)))


class Connector(aiohttp.TCPConnector):
    """Keeps connections per destination; makes new ones to checked addresses only, and takes their time."""

    def __init__(self, policy: Policy, lookup: Lookup, *, tls: ssl.SSLContext, clock: Clock) -> None:
        super().__init__(
            resolver=_Resolver(lookup, clock),
            use_dns_cache=False,
            limit=0,
            ssl=tls,
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
        )
        self._factory = cast(
            "functools.partial[ResponseHandler]", functools.partial(_HeadFirst, loop=asyncio.get_running_loop())
        )
        self._policy = policy
        self._time = clock.monotonic

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout) -> Connection:
        """A connection for the request, kept or new; the attempt learns its address."""
        connection = await super().connect(req, traces, timeout)
        steps = STEPS.get()
        transport = connection.transport
        if steps is not None and transport is not None:
            peer = transport.get_extra_info("peername")
            steps.remote_address = peer[0] if peer else None
        return connection

    async def _wrap_create_connection(
        self,
        *args: Any,
        addr_infos: list[Any],
        req: ClientRequest,
        **kwargs: Any,
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        """The one place at which connections are made; as the parent's, but checked, and timed in its two steps."""
        tls = kwargs.get("ssl")
        del kwargs["timeout"]  # the attempt's own deadlines hold
        kwargs.pop("client_error", None)
        for *_, address in addr_infos:
            self._policy.check(address[0], secure=tls is not None)
        steps = STEPS.get() or Steps()
        began = self._time()
        try:
            sock = await aiohappyeyeballs.start_connection(
                addr_infos=addr_infos, happy_eyeballs_delay=self._happy_eyeballs_delay, interleave=self._interleave
            )
            connected = self._time()
            steps.connect = (connected - began) * 1000
            made = await asyncio.get_running_loop().create_connection(*args, **kwargs, sock=sock)
        except ssl.CertificateError as error:
            raise aiohttp.ClientConnectorCertificateError(req.connection_key, error) from error
        except ssl.SSLError as error:
            raise aiohttp.ClientConnectorSSLError(req.connection_key, error) from error
        except OSError as error:
            raise aiohttp.ClientConnectorError(req.connection_key, error) from error
        if tls is not None:
            steps.tls = (self._time() - connected) * 1000
        return cast("tuple[asyncio.Transport, ResponseHandler]", made)


class _Resolver(AbstractResolver):
    """The connector's way to names."""

    def __init__(self, lookup: Lookup, clock: Clock) -> None:
        self._lookup = lookup
        self._time = clock.monotonic

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 (both are asked for)
    ) -> list[ResolveResult]:
        """The addresses of the name, to be checked when they are connected to."""
        began = self._time()
        try:
            addresses = await self._lookup(host, port)
        except UnicodeError as error:
            raise OSError(f"no name: {error}") from error
        steps = STEPS.get()
        if steps is not None:
            steps.dns = (self._time() - began) * 1000
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to let go of."""
