"""How often an address may come without a good key, so that keys can't be guessed at speed."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict

from atrium_common.clock import Clock
from atrium_common.errors import RateLimited
from atrium_common.metrics import RATE_LIMITED

_SECONDS = 60.0
_MOST = 50_000


class GuessLimiter:
    """See `AddressLimiter`. Counts by IPv4 address or IPv6 /64, in this process; the newest 50,000 are remembered."""

    def __init__(self, per_minute: int, *, clock: Clock) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def check(self, address: str) -> None:
        """See `AddressLimiter.check`."""
        began, count = self._counts.get(network_of(address), (0.0, 0))
        now = self._clock.monotonic()
        if count >= self._per_minute and now < began + _SECONDS:
            RATE_LIMITED.labels("address").inc()
            wait = max(1, math.ceil(began + _SECONDS - now))
            reset_at = int(self._clock.now().timestamp()) + wait
            raise RateLimited(wait, self._per_minute, 0, reset_at, "address")

    def failed(self, address: str) -> None:
        """See `AddressLimiter.failed`."""
        network = network_of(address)
        now = self._clock.monotonic()
        began, count = self._counts.get(network, (now, 0))
        if now >= began + _SECONDS:
            began, count = now, 0
        self._counts[network] = (began, count + 1)
        self._counts.move_to_end(network)
        while len(self._counts) > _MOST:
            self._counts.popitem(last=False)


def network_of(address: str) -> str:
    """What is counted together: an IPv4 address, also where it is mapped into IPv6, or an IPv6 /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))
