"""What is answered to "may I?": the shape and wording of the reference."""

from __future__ import annotations

from atrium_common.clock import rfc3339
from atrium_common.jsontypes import JSONObject
from atrium_entitlements.domain.catalogue import Feature
from atrium_entitlements.domain.standing import Cascade

_GB = 1024**3


def answer(found: Cascade, quantity: int) -> JSONObject:
    """Whether so much more may be used, and why not."""
    if found.allows(quantity):
        return {"allowed": True, "reason": None, "message": "Allowed.", **figures(found)}
    return denied(found, quantity)


def denied(found: Cascade, quantity: int) -> JSONObject:
    """No, with the reason."""
    feature = found.feature
    if found.standings:
        reason, message = "LIMIT_EXCEEDED", _exceeded(found, quantity)
    elif found.suspended is not None or found.blocked:
        reason = "PACKAGE_SUSPENDED"
        package = f"The package {found.suspended.given.package}" if found.suspended is not None else "The plan"
        message = f"{package}, which includes {feature.name}, is suspended."
    else:
        reason, message = "FEATURE_NOT_INCLUDED", f"{feature.name} is not included in the plan."
        if found.expired is not None and found.expired.period.end is not None:
            end = rfc3339(found.expired.period.end)
            message += f" The package {found.expired.given.package}, which included it, expired at {end}."
    return {"allowed": False, "reason": reason, "message": message, **figures(found)}


def unknown(code: str) -> JSONObject:
    """No: there is no such feature."""
    return {
        "allowed": False,
        "reason": "FEATURE_UNKNOWN",
        "message": f"There is no feature {code}.",
        "current_usage": 0,
        "limit": 0,
        "available": 0,
    }


def figures(found: Cascade) -> JSONObject:
    """What is used, allowed and left."""
    return {"current_usage": found.used, "limit": found.limit, "available": found.available}


def recorded(found: Cascade) -> JSONObject:
    """The use is recorded."""
    return {"recorded": True, "allowed": True, "feature": found.feature.code, **figures(found)}


def summary(found: Cascade) -> JSONObject:
    """How a feature stands in a summary."""
    limit = found.limit
    return {
        "used": found.used,
        "limit": limit,
        "available": found.available,
        "overage": found.overage,
        "percentage": round(100 * found.used / limit, 2) if limit else None,
        "unit": found.feature.unit,
        "reset_at": None if found.reset_at is None else rfc3339(found.reset_at),
    }


def shown(value: int, feature: Feature) -> str:
    """A quantity for people: bytes in GB, others with their decimals and unit."""
    if feature.unit == "bytes":
        return f"{value / _GB:.2f} GB"
    number = f"{value / 10**feature.scale:.{feature.scale}f}" if feature.scale else f"{value}"
    return number if feature.unit is None else f"{number} {feature.unit}"


def _exceeded(found: Cascade, quantity: int) -> str:
    figures = (("Used", found.used), ("Available", found.available or 0), ("Requested", quantity))
    told = ", ".join(f"{name}: {shown(value, found.feature)}" for name, value in figures)
    return f"{found.feature.name} limit exceeded. {told}"
