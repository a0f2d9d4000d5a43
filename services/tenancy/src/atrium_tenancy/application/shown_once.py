"""Secrets that are shown once: sealed in the outcome under a key of the day, so that a replay shows them again."""

from __future__ import annotations

from datetime import datetime

from atrium_common.eventing.personal import PERSONAL, Personal
from atrium_common.eventing.vault import day_subject
from atrium_common.jsontypes import JSON


def sealed(secret: str, *, at: datetime) -> JSON:
    """The secret as an outcome may hold it."""
    return Personal(day_subject(at), secret).marked()


def shown_once(marked: JSON) -> str | None:
    """The secret in an outcome, or None once its day's key has lapsed."""
    value = marked.get("value") if isinstance(marked, dict) and PERSONAL in marked else None
    return value if isinstance(value, str) else None
