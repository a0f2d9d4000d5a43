"""What a write to tenancy changes of the answers about keys that this gateway remembers."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from atrium_gateway.exchange import Exchange

_KINDS = {"wks": "workspace", "ns": "namespace", "usr": "user", "key": "key"}


def changed_by(exchange: Exchange) -> set[str]:
    """The tags of everything that the request names in its path or its operations, and of its caller where it joins.

    Naming too much costs a look-up, too little would let the next request see what was true before.
    """
    named = set(exchange.params.values())
    if exchange.entry is not None and exchange.entry.batch:
        named |= set(_operated(exchange.body))
    if exchange.entry is not None and exchange.entry.keyless and exchange.holder is not None:
        named.add(exchange.holder.user_id)
    return {f"{_KINDS[prefix]}/{name}" for name in named if (prefix := name.partition("_")[0]) in _KINDS}


def _operated(body: bytes) -> Iterable[str]:
    try:
        operations = orjson.loads(body)["operations"]
        return [operation["id"] for operation in operations if isinstance(operation.get("id"), str)]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return ()
