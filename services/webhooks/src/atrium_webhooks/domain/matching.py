"""Which events an endpoint wants: exact types, `resource.*`, `*`, and among those what its filters let pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from atrium_common.jsontypes import JSONObject
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.domain.filters import Filters, compiled

SUBSCRIPTION = r"(\*|[a-z0-9_]+(\.[a-z0-9_]+)*\.\*|[a-z0-9_]+(\.[a-z0-9_]+)+)"
"""What a subscription looks like."""

_SUBSCRIPTION = re.compile(SUBSCRIPTION + r"\Z")


def is_subscription(text: str) -> bool:
    """Whether an endpoint can subscribe to this."""
    return bool(_SUBSCRIPTION.match(text))


def wants(subscriptions: Iterable[str], event_type: str) -> bool:
    """Whether any of the subscriptions names the type."""
    return any(
        subscription in ("*", event_type) or (subscription.endswith(".*") and event_type.startswith(subscription[:-1]))
        for subscription in subscriptions
    )


@dataclass(frozen=True, slots=True)
class Subscription:
    """What an endpoint wants, made ready once for many events."""

    types: tuple[str, ...]
    livemode: bool
    filters: Filters

    @classmethod
    def of(cls, endpoint: Endpoint) -> Subscription:
        """The subscription of an endpoint as it is."""
        return cls(endpoint.events, endpoint.livemode, compiled(endpoint.filters))

    def takes(self, event_type: str, *, livemode: bool | None) -> bool:
        """Whether an event of this type and mode is wanted, its body left aside; None: of both modes."""
        return (livemode is None or livemode == self.livemode) and wants(self.types, event_type)

    def matches(self, body: Callable[[], JSONObject]) -> bool:
        """Whether the filters let this body pass; it is asked for only where there are any."""
        return not self.filters.clauses or self.filters.matches(body())
