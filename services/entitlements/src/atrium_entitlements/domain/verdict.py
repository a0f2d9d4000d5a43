"""What is answered to "may I?": the shape and wording of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from atrium_common.clock import rfc3339
from atrium_common.jsontypes import JSONObject
from atrium_entitlements.domain.catalogue import Feature

_GB = 1024**3


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a holder stands with a feature: the level that grants it, used and limit (None: no limit)."""

    feature: Feature
    holder_id: str
    used: int
    limit: int | None
    reset_at: datetime | None = None

    @property
    def available(self) -> int | None:
        """What is left; None where there is no limit."""
        return None if self.limit is None else max(0, self.limit - self.used)

    def allows(self, quantity: int) -> bool:
        """Whether so much more may be used."""
        return self.limit is None or self.feature.type == "boolean" or self.used + quantity <= self.limit

    def summary(self) -> JSONObject:
        """How it stands in a summary."""
        overage = 0 if self.limit is None else max(0, self.used - self.limit)
        return {
            "used": self.used,
            "limit": self.limit,
            "available": self.available,
            "overage": overage,
            "percentage": round(100 * self.used / self.limit, 2) if self.limit else None,
            "unit": self.feature.unit,
            "reset_at": None if self.reset_at is None else rfc3339(self.reset_at),
        }


def allowed(standing: Standing) -> JSONObject:
    """Yes."""
    return {
        "allowed": True,
        "reason": None,
        "message": "Allowed.",
        "current_usage": standing.used,
        "limit": standing.limit,
        "available": standing.available,
    }


def exceeded(standing: Standing, quantity: int) -> JSONObject:
    """No: too much."""
    feature = standing.feature
    figures = ", ".join(
        f"{name}: {_shown(value, feature.unit)}"
        for name, value in (("Used", standing.used), ("Available", standing.available or 0), ("Requested", quantity))
    )
    return _denied("LIMIT_EXCEEDED", f"{feature.name} limit exceeded. {figures}", standing)


def not_included(feature: Feature) -> JSONObject:
    """No: no level grants the feature."""
    return _denied("FEATURE_NOT_INCLUDED", f"{feature.name} is not included in the plan.", None)


def unknown(code: str) -> JSONObject:
    """No: there is no such feature."""
    return _denied("FEATURE_UNKNOWN", f"There is no feature {code}.", None)


def _denied(reason: str, message: str, standing: Standing | None) -> JSONObject:
    return {
        "allowed": False,
        "reason": reason,
        "message": message,
        "current_usage": standing.used if standing else 0,
        "limit": standing.limit if standing else 0,
        "available": standing.available if standing else 0,
    }


def _shown(value: int, unit: str | None) -> str:
    if unit == "bytes":
        return f"{value / _GB:.2f} GB"
    return f"{value}" if unit is None else f"{value} {unit}"
