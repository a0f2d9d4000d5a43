"""When an attempt is repeated, and after how long. A write carries an idempotency key, so that repeating is safe."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

RETRIED = frozenset({408, 429, 500, 502, 503, 504})
LONGEST_WAIT = 60.0
_FIRST, _MOST = 0.5, 8.0
_SECONDS = re.compile(r"[0-9]{1,15}")


def is_retried(status: int, code: str) -> bool:
    """Whether an answer may be different next time."""
    if code in {"QUOTA_EXCEEDED", "IDEMPOTENCY_KEY_REUSED"}:
        return False
    return status in RETRIED or code == "IDEMPOTENCY_IN_PROGRESS"


def wait(
    attempt: int, headers: Mapping[str, str], *, now: datetime, chance: Callable[[], float] = random.random
) -> float:
    """Seconds before the next attempt, after `attempt` (from 1) failed.

    Twice as long each time, with jitter; never less than `Retry-After` (seconds or a date) says, nor, on a spent hour
    (`X-RateLimit-Remaining: 0`), than until the Unix second of `X-RateLimit-Reset`.
    """
    backoff = min(_MOST, _FIRST * float(2 ** (attempt - 1))) * (0.5 + chance() / 2)
    return max(backoff, asked(headers, now=now))


def asked(headers: Mapping[str, str], *, now: datetime) -> float:
    """The seconds that the answer's headers ask for; 0 where they ask for none."""
    after = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(after):
        return float(after)
    if after:
        try:
            moment: datetime = parsedate_to_datetime(after)
            return max(0.0, (moment.astimezone(timezone.utc) - now).total_seconds())
        except (ValueError, OverflowError):
            return 0.0
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and _SECONDS.fullmatch(reset):
        return max(0.0, int(reset) - now.timestamp())
    return 0.0
