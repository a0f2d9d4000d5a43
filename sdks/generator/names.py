"""What each operation is called in every SDK: resource and method. An operation that is not named here has no SDK."""

from __future__ import annotations

_CRUD = {
    ("GET", ""): "list",
    ("POST", ""): "create",
    ("POST", "/batch"): "batch",
    ("GET", "/{}"): "get",
    ("PATCH", "/{}"): "update",
    ("DELETE", "/{}"): "delete",
}

# The path of each collection, and the name of its resource.
COLLECTIONS = {
    "/workspaces": "workspaces",
    "/workspaces/{}/members": "members",
    "/workspaces/{}/teams": "teams",
    "/workspaces/{}/invitations": "invitations",
    "/namespaces": "namespaces",
    "/users": "users",
    "/api-keys": "api_keys",
    "/features": "features",
    "/packages": "packages",
    "/entitlements": "entitlements",
    "/boosts": "boosts",
    "/entitlements/reservations": "reservations",
    "/webhooks": "webhooks",
    "/webhooks/{}/deliveries": "deliveries",
    "/webhooks/{}/replays": "replays",
    "/events": "events",
    "/event-types": "event_types",
}

# Whatever is no plain operation on a collection.
ACTIONS = {
    ("GET", "/user"): ("users", "me"),
    ("GET", "/usage"): ("usage", "get"),
    ("POST", "/invitations/accept"): ("invitations", "accept"),
    ("POST", "/namespaces/{}/entitlements/check"): ("namespaces", "check_entitlement"),
    ("GET", "/entitlements/check"): ("entitlements", "check"),
    ("GET", "/entitlements/summary"): ("entitlements", "summary"),
    ("GET", "/entitlements/explain"): ("entitlements", "explain"),
    ("POST", "/entitlements/preview"): ("entitlements", "preview"),
    ("POST", "/entitlements/usage"): ("entitlements", "record_usage"),
    ("GET", "/entitlements/usage"): ("entitlements", "usage_history"),
    ("GET", "/entitlements/log"): ("entitlements", "log"),
    ("POST", "/webhooks/{}/replay"): ("replays", "create"),
}


def name_of(method: str, path: str) -> tuple[str, str]:
    """The resource and the method of an operation; `path` without base, each parameter as `{}`.

    Raises:
        LookupError: nobody has named it; the text says where to.
    """
    known = ACTIONS.get((method, path))
    if known is not None:
        return known
    for collection in sorted(COLLECTIONS, key=len, reverse=True):
        rest = path.removeprefix(collection)
        if path.startswith(collection) and (not rest or rest.startswith("/")):
            crud = _CRUD.get((method, rest))
            if crud is not None:
                return COLLECTIONS[collection], crud
            action = rest.removeprefix("/{}/")
            if rest.startswith("/{}/") and action.replace("-", "").isalpha():
                verb = action.replace("-", "_")
                return COLLECTIONS[collection], verb if method == "POST" else f"{method.lower()}_{verb}"
    raise LookupError(f"{method} {path} has no name: give it one in sdks/generator/names.py")
