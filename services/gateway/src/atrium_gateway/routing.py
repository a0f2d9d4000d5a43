"""Finds the line of the route table that a request means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from atrium_common.errors import EndpointNotFound, MethodNotAllowed
from atrium_common.http.route import BASE
from atrium_gateway.route_table import TABLE, Entry

VERSIONS = ("v1",)
_PREFIX = f"{BASE}/"
_VERSION = re.compile(r"/api/(v[^/]*)(?:/|\Z)")
_MOST_KNOWN = 4096
_DOTS = frozenset({".", "..", "%2e", "%2E", "%2e%2e", "%2E%2E", "%2e%2E", "%2E%2e", ".%2e", ".%2E", "%2e.", "%2E."})


@dataclass(frozen=True, slots=True)
class Found:
    """The line of the table, and the values in the path by their names.

    Attributes:
        plain: a read that one service answers, with nothing in its path that the gateway has to look up.
    """

    entry: Entry
    params: Mapping[str, str]
    plain: bool


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    variable: _Node | None = None
    # By method: the line, and the place of each of its parameters among the path's segments.
    entries: dict[str, tuple[Entry, tuple[tuple[str, int], ...]]] = field(default_factory=dict)


class Router:
    """The table, compiled to a tree by segments; fixed segments go before variables."""

    def __init__(self, entries: Iterable[Entry] = TABLE) -> None:
        self._root = _Node()
        # What was asked for lately is asked for again.
        self._known: dict[tuple[str, str], Found] = {}
        for entry in entries:
            node = self._root
            places = []
            for index, segment in enumerate(entry.template.removeprefix(_PREFIX).split("/")):
                if segment.startswith("{"):
                    node.variable = node.variable or _Node()
                    node = node.variable
                    places.append((segment[1:-1], index))
                else:
                    node = node.fixed.setdefault(segment, _Node())
            if entry.method in node.entries:
                raise ValueError(f"two lines for {entry.method} {entry.template}")
            node.entries[entry.method] = (entry, tuple(places))

    def find(self, method: str, path: str) -> Found:
        """What this method and path mean; `HEAD` means `GET`.

        Raises:
            EndpointNotFound: no line has the path, or the version is none of ours.
            MethodNotAllowed: the path has other methods.
        """
        known = self._known.get((method, path))
        if known is not None:
            return known
        segments = path[len(_PREFIX) :].split("/")
        node = self._node(path, segments)
        line = node.entries.get("GET" if method == "HEAD" else method)
        if line is None:
            raise MethodNotAllowed(method, _allowed(node))
        entry, places = line
        plain = not (entry.writes or entry.compose or entry.namespace)
        found = Found(entry, {name: segments[index] for name, index in places} if places else {}, plain)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[(method, path)] = found
        return found

    def allowed(self, path: str) -> list[str]:
        """The methods that the path has.

        Raises:
            EndpointNotFound: no line has the path.
        """
        return _allowed(self._node(path, path[len(_PREFIX) :].split("/")))

    def _node(self, path: str, segments: list[str]) -> _Node:
        node = _descend(self._root, segments, 0) if path.startswith(_PREFIX) else None
        # What somebody behind us could take for a way upwards is no identifier.
        if node is None or (("." in path or "%2" in path) and not _DOTS.isdisjoint(segments)):
            raise EndpointNotFound(path, VERSIONS if _is_other_version(path) else ())
        return node


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


def _is_other_version(path: str) -> bool:
    named = _VERSION.match(path)
    return named is not None and named[1] not in VERSIONS


def _allowed(node: _Node) -> list[str]:
    return sorted({*node.entries, "OPTIONS", *(["HEAD"] if "GET" in node.entries else [])})
