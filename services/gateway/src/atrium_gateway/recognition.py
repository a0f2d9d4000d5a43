"""Who calls, and whether they may: from the request's head to its holder, or to the refusal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from atrium_common.clock import Clock
from atrium_common.errors import (
    ApiKeyExpired,
    AtriumError,
    EndpointNotFound,
    InvalidApiKey,
    InvalidHeader,
    IpNotAllowed,
    Unauthenticated,
    ValidationFailed,
)
from atrium_gateway import admission
from atrium_gateway.exchange import Exchange
from atrium_gateway.forwarding import Forwarding
from atrium_gateway.holder import Asked, Holder
from atrium_gateway.keys import KeyCache
from atrium_gateway.peers import Peers
from atrium_gateway.ports import AddressLimiter, Allowance
from atrium_gateway.route_table import Entry
from atrium_gateway.used import LastUsed

_KEEPER_OF_KEYS = "tenancy"


class Recognition:
    """Recognises callers by their keys; who gives none that is good is counted by address."""

    def __init__(
        self,
        *,
        keys: KeyCache,
        used: LastUsed,
        allowance_of: Callable[[Holder], Allowance],
        addresses: AddressLimiter,
        peers: Peers,
        forwarding: Forwarding,
        clock: Clock,
    ) -> None:
        self._keys = keys
        self._used = used
        self._allowance_of = allowance_of
        self._addresses = addresses
        self._peers = peers
        self._forwarding = forwarding
        self._clock = clock

    async def recognise(self, exchange: Exchange) -> bool:
        """Find out who calls, and admit them; False where nobody says so and nobody must.

        Raises:
            RateLimited: too many requests without a good key came from the address.
            AtriumError: the key is missing or bad, or its holder may not make this request: what `admission` says.
        """
        request, entry = exchange.request, exchange.entry
        if entry is None:
            raise EndpointNotFound(request.path)
        exchange.address = request.derived.address or self._peers.address(request)
        request.derived.address = exchange.address
        try:
            key = admission.given_key(request.headers, needed=not entry.keyless)
            if key is not None:
                await self._admit(exchange, entry, key)
                return True
        except (Unauthenticated, InvalidApiKey, ApiKeyExpired):
            exchange.holder = None
            self._stranger(exchange.address)
            raise
        self._stranger(exchange.address)
        return False

    async def glance(self, exchange: Exchange) -> None:
        """Find out whose key the request gives, if a good one: its limits are told though it goes no further.

        Raises:
            RateLimited: too many bad keys came from the address, here as elsewhere.
        """
        request = exchange.request
        try:
            key = admission.given_key(request.headers, needed=False)
            if key is not None:
                admission.check_form(key)
                exchange.holder = self._recognised(await self._looked_up(Asked(hashlib.sha256(key).digest())))
        except InvalidApiKey:
            self._stranger(self._peers.address(request))
        except AtriumError:
            return

    async def _admit(self, exchange: Exchange, entry: Entry, key: bytes) -> None:
        try:
            asked = admission.asked_for(key, exchange.request, exchange.params.get(entry.namespace))
        except (InvalidHeader, ValidationFailed):
            await self.glance(exchange)
            raise
        holder = self._keys.known(asked)
        if holder is None:
            admission.check_form(key)
            holder = await self._looked_up(asked)
        try:
            admission.check(holder, entry, address=exchange.address, clock=self._clock)
        except (ApiKeyExpired, IpNotAllowed):
            exchange.holder = self._recognised(holder)
            raise
        except AtriumError:
            exchange.holder = self._recognised(holder)
            # What a write has just allowed works at once: nobody is refused for what was true before.
            with self._forwarding.waiting_for(_KEEPER_OF_KEYS):
                holder = await self._keys.confirmed(holder, since=exchange.started)
            exchange.holder = self._recognised(holder)
            admission.check(holder, entry, address=exchange.address, clock=self._clock)
        exchange.holder = self._recognised(holder)
        self._used.note(holder.key_id, exchange.started)

    async def _looked_up(self, asked: Asked) -> Holder:
        """Who holds the key. Who must wait for that has one of tenancy's places: frozen, it takes no other with it."""
        known = self._keys.known(asked)
        if known is not None:
            return known
        with self._forwarding.waiting_for(_KEEPER_OF_KEYS):
            return await self._keys.holder(asked)

    def _recognised(self, holder: Holder) -> Holder:
        if holder.allowance is None:
            holder.allowance = self._allowance_of(holder)
        return holder

    def _stranger(self, address: str) -> None:
        """Count a request without a good key; refuse it where too many came from its address."""
        self._addresses.check(address)
        self._addresses.failed(address)
