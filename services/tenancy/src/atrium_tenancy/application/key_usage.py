"""When keys were last used, as the gateways tell: the latest moment wins, however often and in whatever order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from atrium_common.clock import rfc3339
from atrium_common.jsontypes import JSON
from atrium_common.store.documents import Newer, Put
from atrium_common.store.ports import Documents
from atrium_tenancy.rows import KEY_USAGE


async def remember(documents: Documents, used: Mapping[str, datetime]) -> None:
    """Keep these moments where no later one is known; a document's version is its moment."""
    writes = [
        Put(KEY_USAGE.name, key_id, {"at": rfc3339(at)}, _milliseconds(at), Newer()) for key_id, at in used.items()
    ]
    if writes:
        await documents.write(writes)


async def last_used(documents: Documents, key_ids: Sequence[str]) -> Mapping[str, JSON]:
    """The moments of these keys, RFC 3339; a key that was never used is absent."""
    if not key_ids:
        return {}
    found = await documents.get_many(KEY_USAGE.name, key_ids)
    return {key_id: document.body["at"] for key_id, document in found.items()}


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
