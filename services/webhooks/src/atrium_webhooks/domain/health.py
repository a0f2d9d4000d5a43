"""How an endpoint is doing: its breaker, and when the platform gives up on it (spec/webhooks.md, promise 4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """What the platform bears.

    Attributes:
        failures: attempts in a row after which the breaker opens.
        probe_after: from one probe of an open breaker to the next.
        disable_after: how long every attempt must have failed for the endpoint to be disabled,
        disable_after_deliveries: and how many deliveries in a row; whichever is later.
    """

    failures: int = 10
    probe_after: timedelta = timedelta(seconds=30)
    disable_after: timedelta = timedelta(days=5)
    disable_after_deliveries: int = 100


@dataclass(frozen=True, slots=True)
class Health:
    """The failures since the last success.

    Attributes:
        failures: attempts that failed in a row.
        deliveries: different deliveries among them.
        since: when the first of them failed.
        probe_at: when one delivery may be tried next; None: the breaker is closed.
    """

    failures: int = 0
    deliveries: int = 0
    since: datetime | None = None
    probe_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the breaker holds deliveries back."""
        return self.probe_at is not None


HEALTHY = Health()


def failed(health: Health, *, first_of_delivery: bool, at: datetime, patience: Patience) -> Health:
    """The health after one more attempt that failed."""
    failures = health.failures + 1
    return replace(
        health,
        failures=failures,
        deliveries=health.deliveries + (1 if first_of_delivery or not health.deliveries else 0),
        since=health.since or at,
        probe_at=at + patience.probe_after if failures >= patience.failures else None,
    )


def is_given_up(health: Health, *, at: datetime, patience: Patience) -> bool:
    """Whether the endpoint is to be disabled."""
    return (
        health.since is not None
        and at - health.since >= patience.disable_after
        and health.deliveries >= patience.disable_after_deliveries
    )
