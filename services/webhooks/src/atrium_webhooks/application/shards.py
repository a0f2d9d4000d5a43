"""Which dispatcher process serves which endpoints: each endpoint by exactly one at a time.

Endpoints fall into a fixed number of shards, and one document says which process holds which shard; it is replaced
under its version, the fencing token. Each process shows by a beat that it lives; one whose beat a challenger has seen
unchanged for the lease, on its own monotonic clock, has died, and its shards are taken. A process that could not
beat for nearly as long starts nothing more by itself. So concurrency, rate limit, breaker and order of an endpoint
are decided in one memory, and the usual delivery needs no claim of its own.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Collection, Mapping
from typing import Protocol, cast

import structlog

from atrium_common.clock import Clock
from atrium_common.jsontypes import JSONObject
from atrium_common.store import documents as asked
from atrium_common.store.documents import Absent, Delete, Document, Is, Put, Query
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_webhooks.rows import DISPATCHERS

log = structlog.get_logger("dispatcher")

SHARDS = 64
LEASE_SECONDS = 3.0
_BEAT_SECONDS = 0.75
_MARGIN = 1.0
_MAP = "map"
_MOST_PROCESSES = 1000


class Served(Protocol):
    """Who serves the endpoints of the shards that are held."""

    def taken(self, shards: Collection[int]) -> None:
        """These are held from now on."""
        ...

    def left(self, shards: Collection[int]) -> None:
        """These are not, or are about to be given up: nothing of them may begin."""
        ...

    def resumed(self) -> None:
        """For a time nothing could begin, since this process could not show that it lives; now it can."""
        ...

    def busy(self) -> Collection[int]:
        """The shards with attempts under way, or of which something is still to be stored."""
        ...


def shard_of(endpoint_id: str) -> int:
    """The endpoint's shard, for ever the same."""
    return zlib.crc32(endpoint_id.encode()) % SHARDS


class Shards:
    """One process's part."""

    def __init__(
        self,
        documents: Documents,
        *,
        holder: str,
        clock: Clock,
        lease_seconds: float = LEASE_SECONDS,
        beat_seconds: float = _BEAT_SECONDS,
    ) -> None:
        self.holder = holder
        self._documents = documents
        self._clock = clock
        self._lease = lease_seconds
        self._beat_seconds = beat_seconds
        self._held: frozenset[int] = frozenset()
        self._beat = 0
        self._beaten_at = float("-inf")
        self._missed = False
        self._seen: dict[str, tuple[int, float]] = {}
        self._alone = False
        self._leaving = False

    @property
    def is_alone(self) -> bool:
        """Whether the last step saw no other process."""
        return self._alone

    def holds(self, shard: int) -> bool:
        """Whether attempts of this shard's endpoints may begin here and now."""
        return self.serves(shard) and not self._is_late()

    def serves(self, shard: int) -> bool:
        """Whether this shard's endpoints are this process's, even if just now nothing may begin."""
        return shard in self._held

    def leave(self) -> None:
        """From the next beat on have no part: what is not busy is given up at once, the rest as soon as it is not."""
        self._leaving = True

    async def run(self, served: Served) -> None:
        """Beat, take what is free, give up what is more than a fair part, for ever; on cancellation give up all."""
        self._leaving = False
        try:
            while True:
                try:
                    await self.step(served)
                except StoreUnavailable as error:
                    log.warning("the dispatchers' beat is not written", reason=str(error))
                await asyncio.sleep(self._beat_seconds)
        finally:
            await self._leave()

    async def step(self, served: Served) -> None:
        """One beat, and the shards that change hands by it."""
        began = self._clock.monotonic()
        self._alone = False
        self._beat += 1
        body: JSONObject = {"beat": self._beat, "leaving": self._leaving}
        await self._documents.write([Put(DISPATCHERS.name, self.holder, body, self._beat, asked.Any())])
        asked_at = self._clock.monotonic()
        found = {each.key: each for each in await self._documents.query(DISPATCHERS.name, Query(limit=_MOST_PROCESSES))}
        table = found.pop(_MAP, None)
        living = await self._living(found, asked_at)
        self._alone = len(living) == 1
        owners = _owners(table)
        mine = frozenset(shard for shard, owner in owners.items() if owner == self.holder)
        staying = [each for each in living if each in found and not found[each].body.get("leaving")]
        fair = 0 if self._leaving else -(-SHARDS // max(1, len(staying)))
        surplus = frozenset(sorted(mine)[fair:])
        lost = self._held - (mine - surplus)
        if lost:
            # Given up, or taken by somebody who judged this process dead: the documents' versions fence off the rest.
            self._held -= lost
            served.left(lost)
        # Only now: who was paused may have lost shards, and begins nothing before it has looked.
        # Whatever was to begin until now may have been refused; it is told of once a whole step has been made.
        self._missed = self._missed or self._is_late()
        self._beaten_at = began
        free = [shard for shard in range(SHARDS) if owners.get(shard) not in living]
        wanted = (mine - (surplus - frozenset(served.busy()))) | frozenset(free[: max(0, fair - len(mine))])
        if wanted != mine:
            kept = {shard: owner for shard, owner in owners.items() if owner in living and owner != self.holder}
            if not await self._store(table, kept | dict.fromkeys(wanted, self.holder)):
                return
        # What is still under way here, of a shard that was given up, is settled before the shard is begun anew.
        gained = wanted - surplus - self._held - frozenset(served.busy())
        self._held |= gained
        if gained:
            log.info("shards taken", shards=len(gained), held=len(self._held), dispatchers=len(living))
            served.taken(gained)
        if self._missed:
            self._missed = False
            served.resumed()

    def _is_late(self) -> bool:
        return self._clock.monotonic() - self._beaten_at >= self._lease - _MARGIN

    async def _store(self, table: Document | None, owners: Mapping[int, str]) -> bool:
        body: JSONObject = {"owners": {str(shard): owner for shard, owner in sorted(owners.items())}}
        version, guard = (1, Absent()) if table is None else (table.version + 1, Is(table.version))
        (done,) = await self._documents.write([Put(DISPATCHERS.name, _MAP, body, version, guard)])
        return done

    async def _living(self, beats: Mapping[str, Document], asked_at: float) -> Collection[str]:
        """Who lives by these beats, which were asked for then: what came while their answer was on its way is not in
        it.
        """
        now = self._clock.monotonic()
        living = {self.holder}
        for holder, document in beats.items():
            if holder == self.holder:
                continue
            seen = self._seen.get(holder)
            if seen is None or seen[0] != document.version:
                self._seen[holder] = (document.version, now)
                living.add(holder)
            elif asked_at - seen[1] <= self._lease:
                living.add(holder)
            else:
                del self._seen[holder]
                (gone,) = await self._documents.write([Delete(DISPATCHERS.name, holder, 0, Is(document.version))])
                if gone:
                    log.warning("a dispatcher has died", dispatcher=holder)
                else:  # it has beaten meanwhile
                    living.add(holder)
        return living

    async def _leave(self) -> None:
        """Hand everything back, so that others need not wait."""
        held, self._held = self._held, frozenset()
        try:
            table = await self._documents.get(DISPATCHERS.name, _MAP)
            if table is not None and held:
                kept = {shard: owner for shard, owner in _owners(table).items() if owner != self.holder}
                await self._store(table, kept)
            await self._documents.write([Delete(DISPATCHERS.name, self.holder, 0, asked.Any())])
        except StoreUnavailable as error:
            log.warning("shards are not handed back", reason=str(error))


def _owners(table: Document | None) -> dict[int, str]:
    owners = {} if table is None else cast("dict[str, str]", table.body["owners"])
    return {int(shard): owner for shard, owner in owners.items()}
