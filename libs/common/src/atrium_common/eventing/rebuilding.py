"""Rows made anew from the log, in place, while everything runs.

A row is a function of one aggregate's state at a version, so nothing need be built beside: each row is put again over
itself or over an older one, never over a newer, and what belongs to no aggregate is removed at the end. Readers see
every row at all times. (Documents that are sums over many streams are rebuilt beside: `log_projector`.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from atrium_common.eventing.decider import Decider
from atrium_common.eventing.repository import Repository
from atrium_common.store.documents import Delete, Is, Put
from atrium_common.store.ports import Documents, EventLog, Store
from atrium_common.store.whole import every_commit, every_document


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did: rows that were put, and rows that belonged to nothing."""

    rows: int
    removed: int


async def rebuild_rows(
    store: Store, repository: Repository, deciders: Iterable[Decider[Any]], collection: str
) -> Rebuilt:
    """Make every row of the collection anew. `repository` is a fresh one, which remembers no states."""
    rows = {decider.name: replace(decider, snapshot=None) for decider in deciders if decider.row is not None}
    before = [document async for document in every_document(store.documents, collection)]
    produced: set[str] = set()
    seen: set[str] = set()
    async for commit in every_commit(store.log):
        for stream in commit.versions:
            name, _, aggregate_id = stream.partition("/")
            if name not in rows or stream in seen:
                continue
            seen.add(stream)
            row = await row_of(repository, rows[name], aggregate_id)
            if row is not None and row.collection == collection:
                await _put(store.documents, repository, rows[name], aggregate_id, row)
                if isinstance(row, Put):
                    produced.add(row.key)
    stray = [document for document in before if document.key not in produced]
    removed = await store.documents.write(
        [Delete(collection, document.key, 0, Is(document.version)) for document in stray]
    )
    return Rebuilt(len(produced), sum(removed))


async def collections_of(log: EventLog, repository: Repository, deciders: Iterable[Decider[Any]]) -> set[str]:
    """The collections that hold rows of these aggregates, as far as the log has any."""
    rows = {decider.name: replace(decider, snapshot=None) for decider in deciders if decider.row is not None}
    found: set[str] = set()
    seen: set[str] = set()
    async for commit in every_commit(log):
        for stream in commit.versions:
            name, _, aggregate_id = stream.partition("/")
            if name in rows and name not in seen:
                row = await row_of(repository, rows[name], aggregate_id)
                if row is not None:
                    found.add(row.collection)
                    seen.add(name)
    return found


async def row_of(repository: Repository, decider: Decider[Any], aggregate_id: str) -> Put | Delete | None:
    """The row that the aggregate has by its events, or None where it has none."""
    loaded = await repository.load(decider, aggregate_id)
    return decider.row(loaded) if decider.row is not None and loaded.state is not None else None


async def _put(
    documents: Documents, repository: Repository, decider: Decider[Any], aggregate_id: str, row: Put | Delete
) -> None:
    if any(await documents.write(list(_over(row)))):
        return
    there = await documents.get(row.collection, row.key)
    row = await row_of(repository, decider, aggregate_id) or row
    if there is not None and there.version > row.version:
        # No aggregate has ever had this version: whatever wrote it, it would keep every true row out.
        await documents.write([replace(row, guard=Is(there.version))])


def _over(row: Put | Delete) -> Iterator[Put | Delete]:
    """The row over itself at the same version, whatever stands there, and over anything older."""
    if isinstance(row, Put):
        yield replace(row, guard=Is(row.version))
    else:
        yield Delete(row.collection, row.key, row.version, Is(row.version), row.expires_at)
    yield row
