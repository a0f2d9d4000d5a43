"""Sums in documents, each amount counted once: a document's version is the position up to which it has counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Absent, Is, Put
from atrium_common.store.ports import Documents

Amounts = Sequence[tuple[int, int]]
"""Log positions, and what was added at each."""


class Overtaken(Exception):
    """Somebody else is counting in the same documents."""


async def add_sums(
    documents: Documents,
    collection: str,
    added: Mapping[str, Mapping[str, Amounts]],
    bodies: Mapping[str, JSONObject],
) -> None:
    """Add amounts to fields of documents; what a document has counted already is passed over.

    `added` is by key, then by field; `bodies` are what a new document begins with.

    Raises:
        Overtaken: another process has written one of them in the meantime.
    """
    known = await documents.get_many(collection, list(added))
    writes = []
    for key, fields in added.items():
        document = known.get(key)
        counted = 0 if document is None else document.version
        body = dict(bodies[key] if document is None else document.body)
        newest = counted
        for field, amounts in fields.items():
            fresh = [(position, amount) for position, amount in amounts if position > counted]
            body[field] = cast("int", body.get(field, 0)) + sum(amount for _, amount in fresh)
            newest = max([newest, *(position for position, _ in fresh)])
        if newest > counted:
            writes.append(Put(collection, key, body, newest, Absent() if document is None else Is(counted)))
    if writes and not all(await documents.write(writes)):
        raise Overtaken(collection)
