"""Rows that follow the log: repairs what a crash left unwritten between a commit and its row."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from atrium_common.clock import Clock
from atrium_common.eventing.checkpoint import Checkpoint
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.lease import Lease
from atrium_common.eventing.repository import Repository
from atrium_common.ids import Ids
from atrium_common.store.ports import Store
from atrium_common.store.stride import Stride

ROWS = "rows"
"""The checkpoint up to which every row has surely followed the log."""
LEASE_SECONDS = 5.0
_PAGE = 50  # what is read at once holds requests up
_PATIENCE = 1.0
PACE_SECONDS = 0.2
"""How long commits gather before their rows are looked at: the writers put these themselves, this only repairs."""


class RowProjector:
    """Puts the row of every aggregate that the log has changed, guarded `Newer`; one process at a time does it."""

    def __init__(
        self, store: Store, repository: Repository, deciders: Iterable[Decider[Any]], *, clock: Clock, ids: Ids
    ) -> None:
        self._store = store
        self._repository = repository
        self._deciders = {decider.name: decider for decider in deciders if decider.row is not None}
        self._clock = clock
        self._lease = Lease(store.documents, "rows", holder=ids.new("projector"), seconds=LEASE_SECONDS, clock=clock)
        self._checkpoint = Checkpoint(store.documents, ROWS)
        self._stride = Stride(_PAGE)

    async def run(self) -> None:
        """Follow the log for ever."""
        try:
            while True:
                token = await self._lease.acquire()
                if token is None:
                    await asyncio.sleep(_PATIENCE)
                    continue
                after = await self.catch_up(fence=token.version)
                while token is not None and not await self._store.log.changed(after=after, timeout=_PATIENCE):
                    token = await self._lease.acquire()
                await asyncio.sleep(PACE_SECONDS)
        finally:
            await self._lease.release()

    async def catch_up(self, *, fence: int = 0) -> int:
        """Bring the rows up to the log's present tail and return the position reached."""
        after = await self._checkpoint.load()
        more = True
        while more:
            commits = await self._store.log.read_log(after=after, limit=self._stride.limit)
            more = self._stride.took(commits)
            streams = dict.fromkeys(part.stream for commit in commits for part in commit.proposal.slices)
            await self.put(streams)
            for commit in commits:
                for release in commit.proposal.releases:
                    await self._store.log.release(release.key, stream=release.stream, before=commit.position)
            if commits:
                after = commits[-1].position
                await self._checkpoint.advance(after, fence=fence)
        return after

    async def put(self, streams: Iterable[str]) -> None:
        """Put the present rows of these streams."""
        writes = []
        for stream in streams:
            name, _, aggregate_id = stream.partition("/")
            decider = self._deciders.get(name)
            if decider is None or decider.row is None:
                continue
            loaded = await self._repository.load(decider, aggregate_id)
            row = decider.row(loaded) if loaded.state is not None else None
            if row is not None:
                writes.append(row)
        if writes:
            await self._store.documents.write(writes)
