"""Scopes of API keys and permissions of members: what grants what (spec/http-api.md §2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

RESOURCES = (
    "workspaces",
    "namespaces",
    "users",
    "members",
    "api-keys",
    "webhooks",
    "events",
    "entitlements",
    "packages",
    "usage",
)
ACTIONS = ("read", "write", "delete")
OPERATOR = "admin:*"
EVERYTHING = "*"
PRODUCT = "*.*"
"""Every permission of the product's own: `service.action`."""
_WHOLE = frozenset({EVERYTHING, "*:*"})
TEST_WRITABLE = frozenset({"webhooks", "events", "usage"})

_OWN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.([a-z0-9_-]+|\*)\Z")

_SPELLINGS = {
    "read:all": "*:read",
    "write:all": "*:write",
    "write:resources": "*:write",
    "webhooks:manage": "webhooks:*",
}


def canonical(scope: str) -> str:
    """The scope in the form `resource:action`; the reference's own spellings are understood."""
    spelt = _SPELLINGS.get(scope, scope)
    return f"api-keys:{spelt[5:]}" if spelt.startswith("keys:") else spelt


def is_scope(scope: str) -> bool:
    """Whether this is a scope that a key can hold."""
    if scope in _SPELLINGS or scope in {"*", OPERATOR}:
        return True
    resource, _, action = canonical(scope).partition(":")
    return (resource in RESOURCES or resource == "*") and (action in ACTIONS or action == "*")


def is_permission(permission: str) -> bool:
    """Whether a team or a member can have this permission.

    `resource:action` as in scopes, the product's own `service.action`, or `service.*` for all of these of a service.
    """
    if permission == OPERATOR:
        return False
    return is_scope(permission) or permission == PRODUCT or _OWN.match(permission) is not None


def grants(scopes: Iterable[str], required: str) -> bool:
    """Whether any of the scopes or permissions grants the required one. `admin:*` is granted only by itself."""
    if not required:
        return True
    resource, _, action = canonical(required).partition(":")
    for held in map(canonical, scopes):
        if held == required:
            return True
        if required == OPERATOR:
            continue
        if held in {EVERYTHING, OPERATOR}:
            return True
        if held.endswith(".*") and not action and "." in resource:
            if held == PRODUCT or resource.startswith(held[:-1]):
                return True
            continue
        held_resource, _, held_action = held.partition(":")
        if held_resource in {resource, "*"} and held_action in {action, "*"}:
            return True
    return False


def writes_live_data(scope: str) -> bool:
    """Whether what needs this scope changes what test and live mode share: no test key may (spec §4, "Test keys")."""
    resource, _, action = canonical(scope).partition(":")
    return scope != "" and action != "read" and resource not in TEST_WRITABLE


def missing(wanted: Iterable[str], held: Iterable[str]) -> list[str]:
    """Those of the wanted scopes that go beyond the held ones."""
    held = list(held)
    return [scope for scope in wanted if not _within(canonical(scope), held)]


def beyond(wanted: Iterable[str], held: Iterable[str]) -> list[str]:
    """Those of the wanted permissions that go beyond the held ones; `*` is also every one of the product's own."""
    held = list(held)
    return [
        permission
        for permission in wanted
        if missing((permission,), held) or (permission in _WHOLE and not grants(held, PRODUCT))
    ]


@lru_cache(maxsize=256)
def common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The permissions that both of these give.

    Requests ask again and again for the same two, and of some hundred each it takes many milliseconds to find out.
    """
    named = [each for each in dict.fromkeys((*one, *other)) if not (beyond((each,), one) or beyond((each,), other))]
    single = [f"{resource}:{action}" for resource in RESOURCES for action in ACTIONS]
    both = [each for each in single if grants(one, each) and grants(other, each) and not grants(named, each)]
    return (*named, *both)


def _within(scope: str, held: list[str]) -> bool:
    if scope == OPERATOR:
        return OPERATOR in held
    if grants(held, scope):
        return True
    resource, _, action = scope.partition(":")
    if "." in resource:
        return False
    resources = RESOURCES if resource == "*" else (resource,)
    actions = ACTIONS if action in {"*", ""} else (action,)
    return all(grants(held, f"{r}:{a}") for r in resources for a in actions)
