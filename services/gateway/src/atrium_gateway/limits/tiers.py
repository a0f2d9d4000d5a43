"""Which limits a key has (spec/http-api.md, "Rate limits"). Tenancy caps the tier by the workspace's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from atrium_common.jsontypes import JSONObject
from atrium_gateway.limits.ledger import HOUR
from atrium_gateway.ports import Allowance

_FORM = re.compile(r"(?P<requests>[0-9][0-9_]*)/(?P<burst>[0-9][0-9_]*)\Z")


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests an hour, and burst; both at least 1."""

    requests: int
    burst: int

    @classmethod
    def parse(cls, text: str) -> Limits:
        """Read `requests/burst`, like `10000/200`.

        Raises:
            ValueError: anything else.
        """
        found = _FORM.match(text.strip())
        if found is None or int(found["requests"]) < 1 or int(found["burst"]) < 1:
            raise ValueError(f"{text!r} must be requests/burst, both at least 1, like 10000/200")
        return cls(int(found["requests"]), int(found["burst"]))

    def __str__(self) -> str:
        return f"{self.requests}/{self.burst}"


def allowance_of(key: JSONObject, tiers: Mapping[str, Limits]) -> Allowance:
    """What the key may do, from what tenancy tells of it: its tier, lowered to its workspace's, and its own limits."""
    limits = tiers[str(key["rate_limit_tier"])]
    own = key.get("rate_limit")
    if isinstance(own, dict):
        limits = Limits(cast("int", own["requests"]), cast("int", own["burst"]))
    key_id = str(key["id"])
    return Allowance(key_id, limits.requests, limits.burst, _offset(key_id))


def _offset(key_id: str) -> int:
    """By how many seconds the key's hour is shifted, so that not all keys begin anew together."""
    return int.from_bytes(hashlib.blake2b(key_id.encode(), digest_size=4).digest()) % HOUR
