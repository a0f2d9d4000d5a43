"""How many workspaces there are of each status and tier, counted once as they come, change and go.

The operator's list tells a total with every page. To count the rows for it would cost more with each tenant, on stores
that can't count by an index; so the sums are a projection of the log, and what it has not reached yet is added by
whoever asks: the total is that of the log's head, on every store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from atrium_common.eventing.log_projector import Happened, LogProjector, Slot, in_slots
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.sums import add_sums
from atrium_common.operated import Opened
from atrium_common.store.documents import Collection, Condition
from atrium_common.store.ports import Documents
from atrium_tenancy.domain.workspace import EVENTS, Workspace
from atrium_tenancy.rows import WORKSPACE, WORKSPACES

SUMS = Collection("census")
COLLECTIONS = in_slots(SUMS)
_PACE = 0.25
_MOST_BEHIND = 500
Cell: TypeAlias = str
"""`status/tier`."""


@dataclass(frozen=True, slots=True)
class Census:
    """Counts workspaces."""

    projector: LogProjector
    repository: Repository
    documents: Documents

    @staticmethod
    def over(opened: Opened, repository: Repository) -> Census:
        """The census of this store's log."""
        documents = opened.store.documents

        async def project(happened: Sequence[Happened], slot: Slot) -> None:
            added: dict[Cell, list[tuple[int, int]]] = {}
            async for position, cell, amount in _moves(repository, happened):
                added.setdefault(cell, []).append((position, amount))
            if added:
                await add_sums(documents, slot.collection(SUMS.name), {WORKSPACES.name: added}, {WORKSPACES.name: {}})

        projector = LogProjector(
            SUMS.name,
            project,
            collections=(SUMS,),
            types=EVENTS,
            store=opened.store,
            codec=opened.codec,
            clock=opened.clock,
            ids=opened.ids,
            pace=_PACE,
        )
        return Census(projector, repository, documents)

    async def total(self, where: Sequence[Condition]) -> int | None:
        """How many workspaces fulfil these conditions; None where they ask for more than status and tier.

        None also where the projection is far behind: then counting is cheaper.
        """
        if not all(each.field in {"status", "tier"} and each.op in {"eq", "in"} for each in where):
            return None
        behind = await self.projector.behind(most=_MOST_BEHIND)
        if behind is None:
            return None
        slot, happened = behind
        document = await self.documents.get(slot.collection(SUMS.name), WORKSPACES.name)
        sums = Counter(cast("dict[Cell, int]", {} if document is None else document.body))
        counted = 0 if document is None else document.version
        async for position, cell, amount in _moves(self.repository, happened):
            sums[cell] += amount if position > counted else 0
        return sum(number for cell, number in sums.items() if _fulfils(cell, where))


async def _moves(repository: Repository, happened: Sequence[Happened]) -> AsyncIterator[tuple[int, Cell, int]]:
    """Which cells these events took a workspace out of (-1), and into (1), at which positions."""
    for each in happened:
        before: Workspace | None = None
        if each.version > 1:
            workspace_id = each.stream.partition("/")[2]
            before = (await repository.load(WORKSPACE, workspace_id, at=each.version - 1)).state
        left, entered = _cell(before), _cell(WORKSPACE.evolve(before, each.event))
        if left == entered:
            continue
        if left is not None:
            yield each.position, left, -1
        if entered is not None:
            yield each.position, entered, 1


def _cell(workspace: Workspace | None) -> Cell | None:
    gone = workspace is None or workspace.status == "purged"
    return None if workspace is None or gone else f"{workspace.status}/{workspace.tier}"


def _fulfils(cell: Cell, where: Sequence[Condition]) -> bool:
    values = dict(zip(("status", "tier"), cell.split("/"), strict=True))
    return all(values[each.field] in (each.value if isinstance(each.value, tuple) else (each.value,)) for each in where)
