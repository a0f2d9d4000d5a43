"""Whole logs and collections, a page at a time, for what goes through everything: audits, rebuilds, erasures."""

from __future__ import annotations

from collections.abc import AsyncIterator

from atrium_common.store.commit import Commit
from atrium_common.store.documents import Condition, Document, Query
from atrium_common.store.ports import Documents, EventLog
from atrium_common.store.stride import Stride

PAGE = 500


async def every_document(
    documents: Documents, collection: str, where: tuple[Condition, ...] = ()
) -> AsyncIterator[Document]:
    """Every live document of a collection that fulfils every condition, by key."""
    after: tuple[str] | None = None
    while True:
        page = await documents.query(collection, Query(where, after=after, limit=PAGE))
        for document in page:
            yield document
        if len(page) < PAGE:
            return
        after = (page[-1].key,)


async def every_commit(log: EventLog) -> AsyncIterator[Commit]:
    """Every commit up to the tail that the log has when it gets there."""
    position, stride = 0, Stride(PAGE)
    while page := await log.read_log(after=position, limit=stride.limit):
        stride.took(page)
        for commit in page:
            yield commit
        position = page[-1].position
