"""An endpoint's own headers: what a client may add to deliveries (spec/webhooks.md, "Headers of a delivery")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MOST = 20
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\Z")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?\Z")
_LONGEST_VALUE = 1024
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
     "trailers", "transfer-encoding", "upgrade"}
)  # fmt: skip
_OURS = frozenset({"content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature"})
_OUR_PREFIX = "x-webhook-"
_OF_THE_CONNECTION = frozenset({"host", "content-length", "content-encoding", "expect", "accept-encoding"})


def faults(headers: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with which header, by name; nothing where all may be sent."""
    seen: set[str] = set()
    found: dict[str, str] = {}
    for name, value in headers.items():
        fault = _fault(name, value, seen)
        seen.add(name.lower())
        if fault is not None:
            found[name] = fault
    return found


def masked(names: Iterable[str]) -> dict[str, str]:
    """The headers as others may see them: a value may be a credential of the receiver."""
    return dict.fromkeys(names, "***")


def _fault(name: str, value: str, seen: set[str]) -> str | None:
    lower = name.lower()
    if not _NAME.match(name):
        return "Must be a header's name: 1 to 100 letters, digits and hyphens."
    if lower in seen:
        return "Given twice; the case of letters does not distinguish headers."
    if lower in _OURS or lower.startswith(_OUR_PREFIX):
        return "Is set by us on every delivery."
    if lower in _HOP_BY_HOP or lower in _OF_THE_CONNECTION or lower.startswith("proxy-"):
        return "Belongs to the connection and can't be chosen."
    if len(value) > _LONGEST_VALUE or not _VALUE.match(value):
        return f"Must be 1 to {_LONGEST_VALUE:,} visible ASCII characters."
    return None
