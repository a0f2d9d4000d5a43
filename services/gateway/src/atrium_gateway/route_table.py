"""The one table of routes: where each goes, and what the key must allow (design/gateway.md, "Route table").

Routing, scopes, costs, composition and the published document are made from it; `routing` finds a request's line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from atrium_common.http.route import BASE, Deprecation

Upstream: TypeAlias = Literal["tenancy", "entitlements", "webhooks"]
Compose: TypeAlias = Literal["namespace", "usage"]

OPERATOR = "admin:*"


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation of the API.

    Attributes:
        method, template: the operation, as in the service's own routes.
        upstream: the service that answers (for a composed one: the first that is asked).
        scope: what the key must allow; empty: any key, or (batch) each operation's own, which the service judges.
        batch: the body's `operations` are what it costs; else it costs one.
        keyless: it may be called without a key.
        namespace: the path parameter that names the namespace whose facts the service wants to know, or empty.
        compose: the gateway makes the answer from several services'.
        deprecated: set where the route will go; the one place to mark it.
    """

    method: str
    template: str
    upstream: Upstream
    scope: str = ""
    batch: bool = False
    keyless: bool = False
    namespace: str = ""
    compose: Compose | None = None
    deprecated: Deprecation | None = None

    @property
    def writes(self) -> bool:
        """Whether it changes something: such a request has a command id, and may have an Idempotency-Key."""
        return self.method != "GET"


def _crud(resource: str, one: str, upstream: Upstream, scope: str, operations: str) -> list[Entry]:
    """The usual operations: L(ist) C(reate) R(ead) U(pdate) D(elete) B(atch); `one` is the id's name in the path."""
    many, single = f"{BASE}/{resource}", f"{BASE}/{resource}/{{{one}}}"
    known = {
        "L": Entry("GET", many, upstream, f"{scope}:read"),
        "C": Entry("POST", many, upstream, f"{scope}:write"),
        "R": Entry("GET", single, upstream, f"{scope}:read"),
        "U": Entry("PATCH", single, upstream, f"{scope}:write"),
        "D": Entry("DELETE", single, upstream, f"{scope}:delete"),
        "B": Entry("POST", f"{many}/batch", upstream, batch=True),
    }
    return [known[operation] for operation in operations]


def _catalogue(resource: str, one: str) -> list[Entry]:
    """Read with `packages:read`, written by the operator alone."""
    many, single = f"{BASE}/{resource}", f"{BASE}/{resource}/{{{one}}}"
    return [
        Entry("GET", many, "entitlements", "packages:read"),
        Entry("POST", many, "entitlements", OPERATOR),
        Entry("GET", single, "entitlements", "packages:read"),
        Entry("PATCH", single, "entitlements", OPERATOR),
    ]


_WORKSPACE = f"{BASE}/workspaces/{{workspace_id}}"
_NAMESPACE = f"{BASE}/namespaces/{{namespace_id}}"
_ENTITLEMENTS = f"{BASE}/entitlements"
_RESERVATION = f"{_ENTITLEMENTS}/reservations/{{reservation_id}}"
_WEBHOOK = f"{BASE}/webhooks/{{webhook_id}}"
_DELIVERY = f"{_WEBHOOK}/deliveries/{{delivery_id}}"

_TENANCY = (
    *_crud("workspaces", "workspace_id", "tenancy", "workspaces", "LCRUDB"),
    Entry("POST", f"{_WORKSPACE}/restore", "tenancy", "workspaces:write"),
    Entry("POST", f"{_WORKSPACE}/suspend", "tenancy", OPERATOR),
    Entry("POST", f"{_WORKSPACE}/unsuspend", "tenancy", OPERATOR),
    *_crud("workspaces/{workspace_id}/members", "user_id", "tenancy", "members", "LCRUD"),
    *_crud("workspaces/{workspace_id}/teams", "team_id", "tenancy", "members", "LCRUD"),
    *_crud("workspaces/{workspace_id}/invitations", "invitation_id", "tenancy", "members", "LCRD"),
    Entry("POST", f"{BASE}/invitations/accept", "tenancy", "members:write", keyless=True),
    *_crud("namespaces", "namespace_id", "tenancy", "namespaces", "LCUDB"),
    Entry("GET", _NAMESPACE, "tenancy", "namespaces:read", compose="namespace"),
    Entry("GET", f"{BASE}/user", "tenancy"),
    *_crud("users", "user_id", "tenancy", "users", "LCRUDB"),
    *_crud("api-keys", "key_id", "tenancy", "api-keys", "LCRUDB"),
    Entry("POST", f"{BASE}/api-keys/{{key_id}}/rotate", "tenancy", "api-keys:write"),
)

_PLANS = (
    *_catalogue("features", "feature_id"),
    *_catalogue("packages", "package_id"),
    Entry("GET", _ENTITLEMENTS, "entitlements", "entitlements:read"),
    Entry("POST", _ENTITLEMENTS, "entitlements", OPERATOR),
    Entry("GET", f"{_ENTITLEMENTS}/{{entitlement_id}}", "entitlements", "entitlements:read"),
    Entry("POST", f"{_ENTITLEMENTS}/{{entitlement_id}}/suspend", "entitlements", OPERATOR),
    Entry("POST", f"{_ENTITLEMENTS}/{{entitlement_id}}/unsuspend", "entitlements", OPERATOR),
    Entry("POST", f"{_ENTITLEMENTS}/{{entitlement_id}}/cancel", "entitlements", OPERATOR),
    Entry("POST", f"{_ENTITLEMENTS}/{{entitlement_id}}/renew", "entitlements", OPERATOR),
    Entry("GET", f"{BASE}/boosts", "entitlements", "entitlements:read"),
    Entry("POST", f"{BASE}/boosts", "entitlements", OPERATOR),
    Entry("GET", f"{BASE}/boosts/{{boost_id}}", "entitlements", "entitlements:read"),
    Entry("DELETE", f"{BASE}/boosts/{{boost_id}}", "entitlements", OPERATOR),
    Entry("POST", f"{_NAMESPACE}/entitlements/check", "entitlements", "entitlements:read", namespace="namespace_id"),
    Entry("GET", f"{_ENTITLEMENTS}/check", "entitlements", "entitlements:read"),
    Entry("GET", f"{_ENTITLEMENTS}/explain", "entitlements", "entitlements:read"),
    Entry("POST", f"{_ENTITLEMENTS}/preview", "entitlements", "entitlements:read"),
    Entry("GET", f"{_ENTITLEMENTS}/summary", "entitlements", "entitlements:read"),
    Entry("GET", f"{_ENTITLEMENTS}/log", "entitlements", "entitlements:read"),
    Entry("GET", f"{_ENTITLEMENTS}/usage", "entitlements", "usage:read"),
    Entry("POST", f"{_ENTITLEMENTS}/usage", "entitlements", "usage:write"),
    Entry("POST", f"{_ENTITLEMENTS}/reservations", "entitlements", "usage:write"),
    Entry("GET", _RESERVATION, "entitlements", "usage:read"),
    Entry("POST", f"{_RESERVATION}/commit", "entitlements", "usage:write"),
    Entry("POST", f"{_RESERVATION}/release", "entitlements", "usage:write"),
    Entry("GET", f"{BASE}/usage", "entitlements", "usage:read", compose="usage"),
)

_WEBHOOKS = (
    *_crud("webhooks", "webhook_id", "webhooks", "webhooks", "LCRUDB"),
    Entry("POST", f"{_WEBHOOK}/test", "webhooks", "webhooks:write"),
    Entry("POST", f"{_WEBHOOK}/rotate-secret", "webhooks", "webhooks:write"),
    Entry("GET", f"{_WEBHOOK}/deliveries", "webhooks", "webhooks:read"),
    Entry("GET", _DELIVERY, "webhooks", "webhooks:read"),
    Entry("POST", f"{_DELIVERY}/retry", "webhooks", "webhooks:write"),
    Entry("POST", f"{_WEBHOOK}/replay", "webhooks", "webhooks:write"),
    Entry("GET", f"{_WEBHOOK}/replays", "webhooks", "webhooks:read"),
    Entry("GET", f"{_WEBHOOK}/replays/{{replay_id}}", "webhooks", "webhooks:read"),
    Entry("POST", f"{_WEBHOOK}/replays/{{replay_id}}/cancel", "webhooks", "webhooks:write"),
    Entry("GET", f"{_WEBHOOK}/explain", "webhooks", "webhooks:read"),
    *_crud("event-types", "event_type", "webhooks", "events", "LCRUD"),
    *_crud("events", "event_id", "webhooks", "events", "LCR"),
)

TABLE: tuple[Entry, ...] = (*_TENANCY, *_PLANS, *_WEBHOOKS)
