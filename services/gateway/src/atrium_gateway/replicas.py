"""Which gateway processes are alive, as each of them sees it, and the clock that they share: the store's.

Every process keeps an entry with a beat that counts up. An entry whose beat stands still for `DEAD_SECONDS` on the
observer's own monotonic clock, or whose process is gone from this very machine, belongs to a dead one; no two
machines' clocks are compared.

A process that is alone may keep in memory what it would otherwise share through the store. It says so in its entry
before it does, and looks again after saying so; who joins writes its entry before it looks. So of two, at least one
sees the other, and the one that joins waits until nobody is alone any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import cast

import structlog

from atrium_common.clock import Clock
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Any, Collection, Delete, Document, Put, Query
from atrium_common.store.ports import Store, StoreUnavailable

log = structlog.get_logger("replicas")

REPLICAS = Collection("gateway_replicas")
BEAT_SECONDS = 0.5
ALONE_SECONDS = 4.0
MEMBER_SECONDS = 5.0
DEAD_SECONDS = 7.0
QUIET_SECONDS = 1.0
_PATIENCE = 3.5
_FORGET = timedelta(minutes=10)
_MOST = 1000


@dataclass(slots=True)
class _Seen:
    """What is known of another process's entry: its beat, and since when it stands there."""

    beat: int
    since: float


class Replicas:
    """This process's entry, and its view of the others."""

    def __init__(self, store: Store, *, clock: Clock, ids: Ids, place: str | None = None) -> None:
        """`place` names the machine whose process ids can be looked up from here; None finds out."""
        self.id = ids.new("gw")
        self._store = store
        self._clock = clock
        self._place = _this_place() if place is None else place
        self._beat = 0
        self._others: dict[str, _Seen] = {}
        self._live: frozenset[str] = frozenset()
        self._alone = False
        self._joined = False
        self._looked_at = float("-inf")
        self._beaten_at = float("-inf")
        self._company_until = float("-inf")
        self._ahead = clock.now().timestamp() - clock.monotonic()

    @property
    def count(self) -> int:
        """How many processes there are, this one included."""
        return 1 + len(self._live)

    def alone(self, now: float) -> bool:
        """Whether no other process can be serving at this moment (of the monotonic clock)."""
        return self._alone and now - self._looked_at < ALONE_SECONDS

    def member(self, now: float) -> bool:
        """Whether the others know of this one, so that it may take shares of what is shared."""
        return self._joined and now - self._beaten_at < MEMBER_SECONDS

    def store_time(self, now: float) -> float:
        """The store's clock at this moment of the monotonic one, in Unix seconds."""
        return now + self._ahead

    def is_live(self, id: str) -> bool:
        """Whether the process is this one, or was seen alive at the last look."""
        return id == self.id or id in self._live

    async def is_running(self, id: str) -> bool:
        """Whether the process may be at work: also one that has begun after the last look.

        Raises:
            StoreUnavailable.
        """
        if self.is_live(id):
            return True
        return id not in self._others and await self._store.documents.get(REPLICAS.name, id) is not None

    async def check(self) -> str | None:
        """For readiness: None once this process has joined."""
        return None if self._joined else "joins the other gateway processes"

    async def run(self) -> None:
        """Beat and look, for ever; joins first."""
        failing = False
        while True:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self.step()
                failing = False
            except (StoreUnavailable, TimeoutError) as error:
                if not failing:
                    log.warning("the store does not answer: limits go on from what is leased", reason=str(error))
                failing = True
            await asyncio.sleep(BEAT_SECONDS)

    async def step(self) -> None:
        """One beat and one look.

        Raises:
            StoreUnavailable: neither counts.
        """
        await self._write()
        others = await self._look()
        now = self._clock.monotonic()
        if self._live:
            self._company_until = max(self._company_until, now + QUIET_SECONDS)
            if self._alone:
                self._alone = False
                await self._write()
        elif not self._alone and now >= self._company_until:
            # Say it, then look again: who has joined in between is seen, and who joins later sees it said.
            self._alone = True
            await self._write()
            await self._look()
            self._alone = not self._live
        if not self._joined:
            waits_for = [process for process in self._live if others[process].body.get("alone")]
            self._joined = not waits_for and (self._alone or bool(self._live) or now >= self._company_until)

    async def leave(self) -> None:
        """Take the entry away."""
        self._joined = self._alone = False
        with contextlib.suppress(StoreUnavailable):
            await self._store.documents.write([Delete(REPLICAS.name, self.id, 0, Any())])

    async def _write(self) -> None:
        began = self._clock.monotonic()
        told = await self._store.now()
        now = self._clock.monotonic()
        self._ahead = told.timestamp() - (began + now) / 2
        self._beat += 1
        body: JSONObject = {
            "beat": self._beat,
            "alone": self._alone,
            "place": self._place,
            "pid": os.getpid(),
            "at": told.timestamp(),
        }
        await self._store.documents.write([Put(REPLICAS.name, self.id, body, self._beat, Any(), told + _FORGET)])
        self._beaten_at = began

    async def _look(self) -> Mapping[str, Document]:
        began = self._clock.monotonic()
        documents = await self._store.documents.query(REPLICAS.name, Query(limit=_MOST))
        others = {document.key: document for document in documents if document.key != self.id}
        self._others = {process: self._seen(process, document, began) for process, document in others.items()}
        gone = {process for process, document in others.items() if self._is_gone(document)}
        self._live = frozenset(
            process
            for process, seen in self._others.items()
            if process not in gone and began - seen.since < DEAD_SECONDS
        )
        for process in gone:
            # It may have spent until its last beat, or a little longer.
            last = cast("float", others[process].body["at"]) + BEAT_SECONDS
            self._company_until = max(self._company_until, last + QUIET_SECONDS - self._ahead)
            await self._store.documents.write([Delete(REPLICAS.name, process, 0, Any())])
        self._looked_at = began
        return others

    def _seen(self, id: str, document: Document, now: float) -> _Seen:
        beat = cast("int", document.body["beat"])
        known = self._others.get(id)
        return known if known is not None and known.beat == beat else _Seen(beat, now)

    def _is_gone(self, document: Document) -> bool:
        """Whether the entry's process ran on this machine, and is no more."""
        if not self._place or document.body.get("place") != self._place:
            return False
        try:
            os.kill(cast("int", document.body["pid"]), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


def _this_place() -> str:
    """The boot and the process namespace in which process ids mean something; empty where the system tells neither."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""
