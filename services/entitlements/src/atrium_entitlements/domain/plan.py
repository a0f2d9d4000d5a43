"""A namespace's plan as the reference's "Get Namespace" shows it, and what is left of a quota."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from atrium_common.clock import rfc3339
from atrium_common.jsontypes import JSON, JSONObject
from atrium_entitlements.domain.account import Account


def packages(account: Account, *, at: datetime) -> list[JSONObject]:
    """The packages in force that the holder itself was given, the oldest first."""
    in_force = [
        entitlement
        for entitlement in account.entitlements.values()
        if entitlement.status(at) == "active" and entitlement.given.starts_at <= at
    ]
    return [
        {
            "id": entitlement.given.package_id,
            "name": entitlement.given.package_name,
            "expires_at": None if entitlement.period.end is None else rfc3339(entitlement.period.end),
        }
        for entitlement in sorted(in_force, key=lambda each: each.given.at)
    ]


def entitlements(figures: Mapping[str, JSON]) -> JSONObject:
    """Used and limit by feature, with the unit and the next reset where there are such."""
    shown: JSONObject = {}
    for code, each in figures.items():
        found = cast("JSONObject", each)
        shown[code] = {
            "used": found["used"],
            "limit": found["limit"],
            **{name: found[name] for name in ("unit", "reset_at") if found.get(name) is not None},
        }
    return shown


def quota(figures: JSONObject | None) -> JSONObject:
    """Where the holder stands with a metered feature; one that no level grants is not metered."""
    if figures is None:
        return {"granted": False, "used": 0, "limit": None, "available": None, "reset_at": None}
    return {"granted": True, **{name: figures[name] for name in ("used", "limit", "available", "reset_at")}}
