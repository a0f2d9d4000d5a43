"""Which events an endpoint wants: exact types, `resource.*`, `*`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SUBSCRIPTION = re.compile(r"(\*|[a-z0-9_]+(\.[a-z0-9_]+)*\.\*|[a-z0-9_]+(\.[a-z0-9_]+)+)\Z")


def is_subscription(text: str) -> bool:
    """Whether an endpoint can subscribe to this."""
    return bool(_SUBSCRIPTION.match(text))


def wants(subscriptions: Iterable[str], event_type: str) -> bool:
    """Whether any of the subscriptions names the type."""
    return any(
        subscription in ("*", event_type) or (subscription.endswith(".*") and event_type.startswith(subscription[:-1]))
        for subscription in subscriptions
    )
