"""Whether a process is alone on its store: then nobody else can have committed anything since.

Every process beats: it keeps a document fresh and looks at the others'. One that sees nobody else trusts that until
`TRUST` seconds after the beginning of that look; whoever comes anew and does see somebody holds its first commit back
for longer than that. A document that has not changed for `LAPSE` seconds, as seen by the looking process on its own
monotonic clock, is that of a process which has ended; no two machines' clocks are ever compared. A process whose own
last beat is too old to be trusted by others any more begins anew before it commits.
"""

from __future__ import annotations

import asyncio
import contextlib

from atrium_common.clock import Clock
from atrium_common.ids import Ids
from atrium_common.store.documents import Any, Collection, Delete, Put, Query
from atrium_common.store.ports import Documents, StoreUnavailable

REPLICAS = Collection("replicas")
BEAT = 0.4
TRUST = 1.0
HOLD = 1.2
RIGHT = 1.5
"""How long after the beginning of a beat its process may commit without another one."""
LAPSE = 4.0
_MOST = 1_000


class Presence:
    """One process among those on a store."""

    def __init__(self, documents: Documents, *, clock: Clock, ids: Ids) -> None:
        self._documents = documents
        self._clock = clock
        self._id = ids.new("replica")
        self._beats = 0
        self._seen: dict[str, tuple[int, float]] = {}
        self._times = 0
        self._trusted_until = float("-inf")
        self._right_until = float("-inf")
        self._held_until = float("-inf")
        self._beating = asyncio.Lock()

    def alone(self) -> int | None:
        """The number of the present time in which no other process can commit; None where one can.

        It grows each time that such a time begins: what was committed before it has to be looked for.
        """
        return self._times if self._clock.monotonic() < self._trusted_until else None

    async def admit(self) -> None:
        """Return when this process may commit: when everybody knows that it is there.

        Raises:
            StoreUnavailable: the store cannot say.
        """
        if self._clock.monotonic() >= self._right_until:
            await self.beat()
        if (left := self._held_until - self._clock.monotonic()) > 0:
            await asyncio.sleep(left)

    async def run(self) -> None:
        """Beat for ever, and take the leave of one who will not commit any more."""
        try:
            while True:
                await self.beat()
                await asyncio.sleep(BEAT)
        finally:
            await self.leave()

    async def beat(self) -> None:
        """Say that this process is there, and look who else is.

        Raises:
            StoreUnavailable: the store cannot say; then nobody is trusted.
        """
        async with self._beating:
            began = self._clock.monotonic()
            anew = began >= self._right_until
            self._beats += 1
            await self._documents.write([Put(REPLICAS.name, self._id, {"beat": self._beats}, self._beats, Any())])
            others = await self._others()
            if anew and others:
                self._held_until = self._clock.monotonic() + HOLD
            self._right_until = began + RIGHT
            if others:
                self._trusted_until = float("-inf")
                return
            if self.alone() is None:
                self._times += 1
            self._trusted_until = began + TRUST

    async def leave(self) -> None:
        """Take the document away, so that the others are alone sooner."""
        self._trusted_until = self._right_until = float("-inf")
        with contextlib.suppress(StoreUnavailable):
            await self._documents.write([Delete(REPLICAS.name, self._id, 0, Any())])

    async def _others(self) -> int:
        """How many other processes are there; the documents of those that have ended long ago are removed."""
        found = await self._documents.query(REPLICAS.name, Query(limit=_MOST))
        now = self._clock.monotonic()
        present: dict[str, tuple[int, float]] = {}
        live = 0
        for document in found:
            if document.key == self._id:
                continue
            version, since = self._seen.get(document.key, (-1, now))
            present[document.key] = (version, since) if version == document.version else (document.version, now)
            if now - present[document.key][1] < LAPSE:
                live += 1
            else:
                await self._documents.write([Delete(REPLICAS.name, document.key, 0, Any())])
        self._seen = present
        return live
