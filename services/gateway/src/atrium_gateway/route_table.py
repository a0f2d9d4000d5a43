"""The one table of routes: where each goes, and what the key must allow (design/gateway.md, "Route table")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from atrium_common.errors import EndpointNotFound, MethodNotAllowed

Upstream: TypeAlias = Literal["tenancy", "entitlements", "webhooks"]
VERSIONS = ("v1",)
_BASE = "/api/v1"


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation of the API; `scope` empty: any key."""

    method: str
    template: str
    upstream: Upstream
    scope: str = ""


def _crud(resource: str, upstream: Upstream, scope: str, methods: str) -> list[Entry]:
    """The usual operations: L(ist) C(reate) R(ead) U(pdate) D(elete) and B(atch)."""
    path, one = f"{_BASE}/{resource}", f"{_BASE}/{resource}/{{id}}"
    known = {
        "L": Entry("GET", path, upstream, f"{scope}:read"),
        "C": Entry("POST", path, upstream, f"{scope}:write"),
        "R": Entry("GET", one, upstream, f"{scope}:read"),
        "U": Entry("PATCH", one, upstream, f"{scope}:write"),
        "D": Entry("DELETE", one, upstream, f"{scope}:delete"),
        "B": Entry("POST", f"{path}/batch", upstream),
    }
    return [known[method] for method in methods]


TABLE: tuple[Entry, ...] = (
    *_crud("workspaces", "tenancy", "workspaces", "LCRUDB"),
    Entry("POST", f"{_BASE}/workspaces/{{id}}/restore", "tenancy", "workspaces:write"),
    Entry("POST", f"{_BASE}/workspaces/{{id}}/suspend", "tenancy", "admin:*"),
    Entry("POST", f"{_BASE}/workspaces/{{id}}/unsuspend", "tenancy", "admin:*"),
    *_crud("namespaces", "tenancy", "namespaces", "LCRUDB"),
    Entry("GET", f"{_BASE}/user", "tenancy"),
    *_crud("users", "tenancy", "users", "L"),
    *_crud("api-keys", "tenancy", "api-keys", "LCRDB"),
    Entry("GET", f"{_BASE}/features", "entitlements", "packages:read"),
    Entry("GET", f"{_BASE}/packages", "entitlements", "packages:read"),
    Entry("GET", f"{_BASE}/entitlements", "entitlements", "entitlements:read"),
    Entry("POST", f"{_BASE}/entitlements", "entitlements", "admin:*"),
    Entry("GET", f"{_BASE}/entitlements/check", "entitlements", "entitlements:read"),
    Entry("GET", f"{_BASE}/entitlements/summary", "entitlements", "entitlements:read"),
    Entry("POST", f"{_BASE}/entitlements/usage", "entitlements", "usage:write"),
    Entry("POST", f"{_BASE}/namespaces/{{id}}/entitlements/check", "entitlements", "entitlements:read"),
    *_crud("webhooks", "webhooks", "webhooks", "LCRUDB"),
    Entry("POST", f"{_BASE}/webhooks/{{id}}/test", "webhooks", "webhooks:write"),
    Entry("GET", f"{_BASE}/webhooks/{{id}}/deliveries", "webhooks", "webhooks:read"),
    Entry("GET", f"{_BASE}/webhooks/{{id}}/deliveries/{{delivery_id}}", "webhooks", "webhooks:read"),
    Entry("POST", f"{_BASE}/webhooks/{{id}}/deliveries/{{delivery_id}}/retry", "webhooks", "webhooks:write"),
)


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    variable: _Node | None = None
    entries: dict[str, Entry] = field(default_factory=dict)


class RouteTable:
    """Finds the entry of a request; fixed segments go before variables."""

    def __init__(self, entries: Iterable[Entry] = TABLE) -> None:
        self._root = _Node()
        for entry in entries:
            node = self._root
            for segment in entry.template.strip("/").split("/"):
                if segment.startswith("{"):
                    node.variable = node.variable or _Node()
                    node = node.variable
                else:
                    node = node.fixed.setdefault(segment, _Node())
            node.entries[entry.method] = entry

    def find(self, method: str, path: str) -> Entry:
        """The entry of this method and path.

        Raises:
            EndpointNotFound: no entry has the path, or the version is none of ours.
            MethodNotAllowed: the path has other methods.
        """
        segments = path.strip("/").split("/")
        node = _descend(self._root, segments, 0)
        if node is None:
            raise EndpointNotFound(path, VERSIONS if _is_other_version(segments) else ())
        entry = node.entries.get("GET" if method == "HEAD" else method)
        if entry is None:
            raise MethodNotAllowed(method, _allowed(node.entries))
        return entry


def _descend(node: _Node, segments: list[str], index: int) -> _Node | None:
    if index == len(segments):
        return node if node.entries else None
    segment = segments[index]
    fixed = node.fixed.get(segment)
    if fixed is not None and (found := _descend(fixed, segments, index + 1)) is not None:
        return found
    if node.variable is not None and segment:
        return _descend(node.variable, segments, index + 1)
    return None


def _is_other_version(segments: list[str]) -> bool:
    return len(segments) > 1 and segments[0] == "api" and segments[1][:1] == "v" and segments[1] not in VERSIONS


def _allowed(entries: Mapping[str, Entry]) -> list[str]:
    return sorted({*entries, *(["HEAD"] if "GET" in entries else [])})
