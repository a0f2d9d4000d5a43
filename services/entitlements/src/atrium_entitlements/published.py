"""The public event types of entitlements."""

from __future__ import annotations

from pydantic import BaseModel

from atrium_common.eventing.published import PublishedType
from atrium_entitlements import account_resources, resources

TOPIC = "entitlements.events"

_DESCRIPTIONS: dict[str, tuple[type[BaseModel], dict[str, str]]] = {
    "package": (
        resources.Package,
        {
            "created": "A package can be given to holders from now on; the operator's workspace hears of it.",
            "updated": "A package has a new version; holders keep theirs. The operator's workspace hears of it.",
        },
    ),
    "entitlement": (
        account_resources.Entitlement,
        {
            "provisioned": "A namespace or workspace was given a package.",
            "suspended": "A package grants nothing for the time being.",
            "unsuspended": "A suspended package grants again.",
            "cancelled": "A package was ended.",
            "renewed": "A package goes on, or a trial has become the real thing.",
            "expired": "The end of a package, or of its trial, is past.",
        },
    ),
    "boost": (
        account_resources.Boost,
        {
            "created": "A holder was given more of a feature.",
            "expired": "The end of a boost is past.",
            "cancelled": "A boost was taken away.",
        },
    ),
    "usage": (
        account_resources.LimitAlert,
        {
            "limit_warning": "Usage has crossed 80 or 90 % of a limit.",
            "limit_reached": "Usage has reached a limit.",
        },
    ),
}

PUBLISHED = tuple(
    PublishedType(f"{kind}.{action}", description, kind, model, TOPIC)
    for kind, (model, actions) in _DESCRIPTIONS.items()
    for action, description in actions.items()
)
