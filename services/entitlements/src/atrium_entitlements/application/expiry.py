"""Telling of what has expired: a job under a lease. What expires does so by itself; this only says so.

It follows the log for packages and boosts that end, keeps their ends as documents, and tells of each once it is past.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from atrium_common.clock import Clock, rfc3339
from atrium_common.eventing.checkpoint import Checkpoint
from atrium_common.eventing.lease import Lease
from atrium_common.eventing.merging import Merger
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Commit, Meta
from atrium_common.store.documents import Collection, Condition, Delete, Document, Index, Is, Newer, Order, Put, Query
from atrium_common.store.ports import Store
from atrium_entitlements.application.giving import expiring
from atrium_entitlements.domain.account import NEW
from atrium_entitlements.domain.periods import earliest
from atrium_entitlements.rows import ACCOUNT

DEADLINES = Collection("deadlines", (Index(("due_at",)),))
LEASE_SECONDS = 5.0
_PAGE = 50  # what is read at once holds requests up
_STEP_SECONDS = LEASE_SECONDS / 2  # many packages end with a month, and a step should be done before its lease lapses
_PATIENCE = 1.0
_WATCHED = frozenset({"entitlement.provisioned", "entitlement.renewed", "entitlement.unsuspended", "boost.created"})


class Expiry:
    """Emits `entitlement.expired` and `boost.expired`."""

    def __init__(self, store: Store, repository: Repository, merger: Merger, *, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._repository = repository
        self._merger = merger
        self._clock = clock
        self._ids = ids
        self._lease = Lease(store.documents, "expiry", holder=ids.new("expiry"), seconds=LEASE_SECONDS, clock=clock)
        self._checkpoint = Checkpoint(store.documents, "expiry")

    async def run(self) -> None:
        """Follow the log and the clock for ever."""
        try:
            while True:
                token = await self._lease.acquire()
                if token is not None:
                    await self.step(fence=token.version)
                await asyncio.sleep(_PATIENCE)
        finally:
            await self._lease.release()

    async def step(self, *, fence: int = 0) -> int:
        """Take in what is new in the log, then tell of what is past; how many accounts were due."""
        after = await self._checkpoint.load()
        while commits := await self._store.log.read_log(after=after, limit=_PAGE):
            writes = [write for commit in commits for write in await self._deadlines(commit)]
            if writes:
                await self._store.documents.write(writes)
            after = commits[-1].position
            await self._checkpoint.advance(after, fence=fence)
        now, told = self._clock.now(), 0
        until = self._clock.monotonic() + _STEP_SECONDS
        while self._clock.monotonic() < until and (due := await self._due(now)):
            for document in due:
                await self._tell(document)
            told += len(due)
        return told

    async def _deadlines(self, commit: Commit) -> Sequence[Put]:
        """The next end of each account to which the commit has given one."""
        writes = []
        for part in commit.proposal.slices:
            name, _, account_id = part.stream.partition("/")
            if name == ACCOUNT.name and any(event.type in _WATCHED for event in part.events):
                end = await self._next_end(account_id)
                if end is not None:
                    writes.append(_deadline(account_id, end, commit.position))
        return writes

    async def _next_end(self, account_id: str) -> datetime | None:
        account = (await self._repository.load(ACCOUNT, account_id)).state or NEW
        packages = (
            entitlement.period.end
            for entitlement in account.entitlements.values()
            if not entitlement.told and entitlement.period.end != entitlement.cancelled_at
        )
        boosts = (
            boost.period.end
            for boost in account.boosts.values()
            if not boost.told and boost.period.end != boost.cancelled_at
        )
        return earliest(*packages, *boosts)

    async def _due(self, now: datetime) -> Sequence[Document]:
        query = Query((Condition("due_at", "lte", rfc3339(now)),), (Order("due_at"),), limit=_PAGE)
        return await self._store.documents.query(DEADLINES.name, query)

    async def _tell(self, document: Document) -> None:
        account_id = document.key
        now = self._clock.now()
        command = Command(self._ids.new("cmd"), now, Meta(actor="service/entitlements"))

        async def decide(tx: Transaction) -> JSONObject:
            account = (await tx.load(ACCOUNT, account_id)).state or NEW
            events = expiring(account, now)
            if events:
                await tx.emit(ACCOUNT, account_id, *events)
            return {}

        await self._merger.transact(account_id, command, decide)
        end = await self._next_end(account_id)
        # What is committed meanwhile is still to be read from the log, and writes over this.
        if end is None:
            await self._store.documents.write([Delete(DEADLINES.name, account_id, 0, Is(document.version))])
        else:
            later = max(end, now + timedelta(milliseconds=1))
            await self._store.documents.write(
                [Put(DEADLINES.name, account_id, {"due_at": rfc3339(later)}, document.version, Is(document.version))]
            )


def _deadline(account_id: str, end: datetime, position: int) -> Put:
    return Put(DEADLINES.name, account_id, {"due_at": rfc3339(end)}, position, Newer())
