"""What becomes of a delivery after an attempt: done, tried again later, or failed (spec/webhooks.md, "Schedule")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias

DEFAULT_SCHEDULE: tuple[float, ...] = (0, 60, 300, 1800, 7200, 86400)
_JITTER = 0.1
_MOST_RETRY_AFTER = timedelta(hours=24)
_RETRIED = frozenset({408, 409, 425, 429})
_RETRY_AFTER_STATUSES = frozenset({429, 503})
GONE = 410

Outcome: TypeAlias = Literal["success", "retrying", "failed"]


@dataclass(frozen=True, slots=True)
class Attempted:
    """What an attempt brought: a status, or an error in words where there was no answer."""

    status_code: int | None
    error: str | None = None
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the delivery, and when the next attempt is, where there is one."""

    outcome: Outcome
    next_attempt_at: datetime | None = None


SUCCESS = Verdict("success")


def judge(
    attempted: Attempted, *, attempt: int, schedule: Sequence[float], now: datetime, random: Callable[[], float]
) -> Verdict:
    """The verdict on attempt number `attempt` (from 1); `random` gives numbers in [0, 1)."""
    status = attempted.status_code
    if status is not None and 200 <= status < 300:  # noqa: PLR2004 (2xx)
        return SUCCESS
    if not _worth_retrying(status) or attempt >= len(schedule):
        return Verdict("failed")
    pause = schedule[attempt] * (1 + _JITTER * (2 * random() - 1))
    planned = now + timedelta(seconds=pause)
    asked = None
    if status in _RETRY_AFTER_STATUSES and attempted.retry_after:
        asked = _retry_after(attempted.retry_after, now)
    return Verdict("retrying", planned if asked is None else max(planned, min(asked, now + _MOST_RETRY_AFTER)))


def _worth_retrying(status: int | None) -> bool:
    """No answer, 3xx, 5xx and some 4xx are worth another try."""
    return status is None or status in _RETRIED or 300 <= status < 400 or status >= 500 or status < 200  # noqa: PLR2004


def _retry_after(text: str, now: datetime) -> datetime | None:
    if text.isascii() and text.strip().isdigit():
        return now + timedelta(seconds=int(text.strip()[:7]))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
