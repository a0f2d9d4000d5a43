"""The request that a service gets: the client's, with who calls, what is commanded and how long there is."""

from __future__ import annotations

from collections.abc import Callable

from atrium_common.clock import Clock
from atrium_common.principal import Principal, PrincipalSigner
from atrium_gateway import fields
from atrium_gateway.exchange import Exchange
from atrium_gateway.holder import PRINCIPAL_SECONDS
from atrium_gateway.peers import Peers
from atrium_gateway.upstream import Forwarded


class Outward:
    """Makes requests to services."""

    def __init__(self, signer: PrincipalSigner, peers: Peers, *, clock: Clock) -> None:
        self._signer = signer
        self._peers = peers
        self._clock = clock
        self._unix: Callable[[], float] = lambda: clock.now().timestamp()

    def request(
        self,
        exchange: Exchange,
        *,
        query: str | None = None,
        without: frozenset[bytes] = frozenset(),
        principal: bytes | None = None,
    ) -> Forwarded:
        """The request to forward; `query` and `principal` instead of the client's, and no field named in `without`.

        `HEAD` travels as `GET`: only so is its Content-Length what `GET` would have.
        """
        request = exchange.request
        now = self._clock.monotonic()
        sent = b"%bX-Request-ID: %b\r\nX-Principal: %b\r\nX-Deadline-Ms: %d\r\ntraceparent: %b\r\n" % (
            self._travelling(exchange, without) if without else self._known(exchange),
            exchange.request_id.encode(),
            principal or self._principal(exchange, now),
            max(1, int((exchange.deadline - now) * 1000)),
            exchange.traceparent.encode(),
        )
        if exchange.command_id:
            sent += b"X-Command-ID: %b\r\n" % exchange.command_id.encode()
        asked = request.query if query is None else query
        target = f"{request.path}?{asked}" if asked else request.path
        method = "GET" if request.method == "HEAD" else request.method
        return Forwarded(method, target, sent, exchange.body)

    def as_gateway(self, exchange: Exchange, *scopes: str) -> bytes:
        """The caller's principal with further scopes, for what the gateway itself asks in their name."""
        if exchange.holder is None:
            return self._principal(exchange, self._clock.monotonic())
        return self._signer.sign(exchange.holder.principal(_service(exchange), self._unix(), *scopes)).encode()

    def _known(self, exchange: Exchange) -> bytes:
        """What the client's fields come to, made once for all of its requests that repeat them."""
        derived = exchange.request.derived
        if derived.lines is None:
            derived.lines = self._travelling(exchange, frozenset())
        return derived.lines

    def _travelling(self, exchange: Exchange, without: frozenset[bytes]) -> bytes:
        """The client's fields that travel on, and from where it came."""
        request = exchange.request
        kept = [field for field in fields.forwarded(request.headers) if field[0] not in without]
        came = [
            (b"X-Public-Base", self._peers.public_base(request)),
            (b"X-Forwarded-For", exchange.address.encode()),
        ]
        return fields.lines(kept + came)

    def _principal(self, exchange: Exchange, now: float) -> bytes:
        if exchange.holder is not None:
            return exchange.holder.token(_service(exchange), self._signer.sign, now=now, unix=self._unix)
        # Nobody in particular: what a request may do that needs no key.
        scope = exchange.entry.scope if exchange.entry is not None else ""
        until = self._unix() + PRINCIPAL_SECONDS
        return self._signer.sign(Principal(scopes=(scope,), expires_at=until, destination=_service(exchange))).encode()


def _service(exchange: Exchange) -> str:
    """The service that is asked: the line's own, also where the gateway puts an answer together."""
    return "" if exchange.entry is None else exchange.entry.upstream
