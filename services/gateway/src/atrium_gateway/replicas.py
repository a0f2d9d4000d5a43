"""Which gateway processes are alive, as each of them sees it, and the clock that they share: the store's.

Every process keeps an entry with a beat that counts up. An entry whose beat stands still for `DEAD_SECONDS` on the
observer's own monotonic clock, or whose process is gone from this very machine, belongs to a dead one; no two
machines' clocks are compared.

A process that is alone may keep in memory what it would otherwise share through the store. It says so in its entry
before it does, and looks again after saying so; who joins writes its entry before it looks. So of two, at least one
sees the other, and the one that joins waits until nobody has been alone for a second: by then every burst that was
spent alone is full again.

Entries carry bells too: a process that is short of something rings for it, and the others, who look at the entries all
the time anyway, hear that with their next look.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
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
# For how long a bell can be heard: some looks of everybody, slow ones too; of so many things at a time; and how long
# those who ring take breath.
_RINGS_SECONDS = 3.0
_MOST_RUNG = 200
_BREATH = 0.05


@dataclass(slots=True)
class _Seen:
    """What is known of another process's entry: its beat, since when it stands there, and the last bell heard."""

    beat: int
    since: float
    heard: int = 0


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
        self._ready = False
        self._looked_at = float("-inf")
        self._beaten_at = float("-inf")
        self._company_until = float("-inf")
        # From when on nothing that another spent as the only one can still matter.
        self._shared_at = clock.monotonic() + QUIET_SECONDS
        self._hears: Callable[[str], None] = lambda _: None
        self._rings: dict[str, tuple[int, float]] = {}
        self._rung = 0
        self._hurry = asyncio.Event()
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

    def listen(self, hears: Callable[[str], None]) -> None:
        """Have `hears` told of what the others ring for."""
        self._hears = hears

    def ring(self, what: str) -> None:
        """Let the others know, with their next look, that this process is short of `what`."""
        if len(self._rings) < _MOST_RUNG:
            self._rung += 1
            self._rings[what] = (self._rung, self._clock.monotonic())
            self._hurry.set()

    async def check(self) -> str | None:
        """For readiness: None once this process has joined; joining anew, it serves what needs no store."""
        return None if self._ready else "joins the other gateway processes"

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
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._hurry.wait()
                    await asyncio.sleep(_BREATH)

    async def step(self) -> None:
        """One beat and one look.

        Raises:
            StoreUnavailable: neither counts.
        """
        began = self._clock.monotonic()
        if self._joined and began - self._beaten_at >= MEMBER_SECONDS:
            # It may have been taken for dead, and another be alone by now: it joins anew.
            self._joined = self._alone = False
            self._shared_at = began + QUIET_SECONDS
        await self._write(alone=self._alone)
        others = await self._look()
        now = self._clock.monotonic()
        if self._live:
            self._company_until = max(self._company_until, now + QUIET_SECONDS)
            if self._alone:
                self._alone = False
                await self._write(alone=False)
        elif not self._alone and now >= self._company_until:
            # Say it, then look again: who has joined in between is seen, and who joins later sees it said.
            await self._write(alone=True)
            others = await self._look()
            self._alone = not self._live
        if not self._joined:
            if not self._live or any(others[process].body.get("alone") for process in self._live):
                self._shared_at = now + QUIET_SECONDS
            self._joined = self._alone or now >= (self._shared_at if self._live else self._company_until)
            self._ready = self._ready or self._joined

    async def leave(self) -> None:
        """Take the entry away."""
        self._joined = self._ready = self._alone = False
        with contextlib.suppress(StoreUnavailable):
            await self._store.documents.write([Delete(REPLICAS.name, self.id, 0, Any())])

    async def _write(self, *, alone: bool) -> None:
        began = self._clock.monotonic()
        self._hurry.clear()
        self._rings = {what: rung for what, rung in self._rings.items() if began - rung[1] < _RINGS_SECONDS}
        told = await self._store.now()
        now = self._clock.monotonic()
        self._ahead = told.timestamp() - (began + now) / 2
        self._beat += 1
        body: JSONObject = {
            "beat": self._beat,
            "alone": alone,
            "place": self._place,
            "pid": os.getpid(),
            "at": told.timestamp(),
            "rings": {what: number for what, (number, _) in self._rings.items()},
        }
        await self._store.documents.write([Put(REPLICAS.name, self.id, body, self._beat, Any(), told + _FORGET)])
        self._beaten_at = began

    async def _look(self) -> Mapping[str, Document]:
        began = self._clock.monotonic()
        documents = await self._store.documents.query(REPLICAS.name, Query(limit=_MOST))
        others = {document.key: document for document in documents if document.key != self.id}
        self._others = {process: self._seen(process, document, began) for process, document in others.items()}
        for process, document in others.items():
            self._hear(process, document)
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
        if known is None:
            return _Seen(beat, now)
        return known if known.beat == beat else _Seen(beat, now, known.heard)

    def _hear(self, process: str, document: Document) -> None:
        """Tell of every bell in the entry that was not there before."""
        rings = cast("Mapping[str, int]", document.body.get("rings") or {})
        seen = self._others[process]
        for what, number in rings.items():
            if number > seen.heard:
                self._hears(what)
        seen.heard = max([seen.heard, *rings.values()])

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
