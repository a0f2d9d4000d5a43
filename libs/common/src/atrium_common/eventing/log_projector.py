"""Documents made from a whole log: histories and sums that no single aggregate's state could give.

One process at a time projects, under a lease; the checkpoint follows the documents, so that a crash repeats a page and
never skips one. Each document's version is the position of the last commit that is in it, which is how a repeated
commit is known. A projection has two slots: a rebuild fills the one that is not in use, then switches.

Two must never fill one slot: what a document got of a late commit would keep every earlier one out of it. So rebuilds
are one at a time, under a lease of their own, and begin when whoever projects has left the slot that they empty: it
says which one it fills before it looks which is in use, and a rebuild has switched before it looks which is filled.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from atrium_common.clock import Clock
from atrium_common.errors import Unavailable
from atrium_common.eventing.checkpoint import CHECKPOINTS, Checkpoint
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.event import Event
from atrium_common.eventing.lease import Lease
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Commit, EventRecord, StreamEvent
from atrium_common.store.documents import Any, Collection, Delete, Is, Put
from atrium_common.store.ports import Store
from atrium_common.store.stride import Stride
from atrium_common.store.whole import every_document

SLOTS = Collection("projection_slots")
LEASE_SECONDS = 5.0
_PAGE = 500
_EVENTS = 256
"""How many events are taken in at once beside requests, unless one commit has more."""
_PATIENCE = 1.0
_POLL_SECONDS = 0.02
PACE_SECONDS = 0.05
"""How long commits gather before they are projected, unless told otherwise: so that a projection follows a busy log in
pages, and leaves the disk to those who write it."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with its place: of which stream, at which version, in which commit, by whom."""

    id: str
    stream: str
    version: int
    position: int
    at: datetime
    event: Event
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the two sets of collections in which a projection's documents are."""

    name: str

    def collection(self, base: str) -> str:
        """The name of the collection in this slot."""
        return f"{base}_{self.name}"


A, B = Slot("a"), Slot("b")
Apply: TypeAlias = Callable[[Sequence[Happened], Slot], Awaitable[None]]
Hold: TypeAlias = Callable[[], Awaitable[None]]


def in_slots(collection: Collection) -> tuple[Collection, Collection]:
    """The declarations of a projection's collection, one for each slot."""
    return (
        replace(collection, name=A.collection(collection.name)),
        replace(collection, name=B.collection(collection.name)),
    )


class LogProjector:
    """Keeps the documents of one projection."""

    def __init__(
        self,
        name: str,
        apply: Apply,
        *,
        collections: Sequence[Collection],
        types: Iterable[type[Event]],
        store: Store,
        codec: Codec,
        clock: Clock,
        ids: Ids,
        pace: float = PACE_SECONDS,
    ) -> None:
        """`apply` writes what events of these types come to; the collections are named without their slot.

        `pace` is how many seconds commits gather before they are projected, where no reader waits.
        """
        self.name = name
        self._pace = pace
        self._apply = apply
        self._collections = [collection.name for collection in collections]
        self._types = {kind.TYPE for kind in types}
        self._store = store
        self._codec = codec
        self._clock = clock
        holder = ids.new("projector")
        self._lease = Lease(store.documents, f"projection:{name}", holder=holder, seconds=LEASE_SECONDS, clock=clock)
        self._beside = Lease(
            store.documents, f"projection:{name}:beside", holder=holder, seconds=LEASE_SECONDS, clock=clock
        )
        self._followed: Put | None = None
        self._stride = Stride(_PAGE)
        self._advanced = asyncio.Event()
        self._awaited = asyncio.Event()

    async def run(self) -> None:
        """Follow the log for ever."""
        try:
            while True:
                token = await self._lease.acquire()
                if token is None:
                    await asyncio.sleep(_PATIENCE)
                    continue
                await self._lead(fence=token.version)
        finally:
            await self._lease.release()
            await self._leave()

    async def catch_up(self, *, fence: int = 0) -> int:
        """Project up to the log's present tail; the position reached."""
        slot = await self.slot()
        checkpoint = self._checkpoint(slot)
        await checkpoint.load()
        return await self._fill(slot, checkpoint, fence=fence)

    async def slot(self) -> Slot:
        """The slot in use."""
        document = await self._store.documents.get(SLOTS.name, self.name)
        return B if document is not None and document.body["slot"] == B.name else A

    async def current(self, *, seconds: float = 5.0) -> Slot:
        """Wait until everything that was committed before this call is in the documents; the slot to read them in.

        Raises:
            Unavailable: the projection is behind for longer than that.
        """
        tail = await self._store.log.tail()
        deadline = self._clock.monotonic() + seconds
        while True:
            slot = await self.slot()
            if await self._checkpoint(slot).load() >= tail:
                return slot
            self._awaited.set()
            if self._clock.monotonic() >= deadline:
                raise Unavailable("What happened lately is still being counted. Try again shortly.")
            self._advanced.clear()
            await self._until_advanced()

    async def behind(self, *, most: int) -> tuple[Slot, Sequence[Happened]] | None:
        """The slot in use, and what was committed before this call and may not be in its documents yet.

        A document of a later version than an event's position has it. None where that is more than `most` commits.
        """
        slot = await self.slot()
        commits = await self._store.log.read_log(after=await self._checkpoint(slot).load(), limit=most + 1)
        return None if len(commits) > most else (slot, await self._read(commits))

    async def rebuild(self) -> int:
        """Make the documents anew from the first commit on, beside those in use, then switch; the position reached.

        What is committed in the meantime is followed by whoever holds the lease.

        Raises:
            Unavailable: this process was paused for so long that another one has begun to rebuild.
        """
        async with self._alone_beside() as fresh:
            position = await self._make_anew(fresh)
            documents = self._store.documents
            present = await documents.get(SLOTS.name, self.name)
            version = 1 if present is None else present.version + 1
            await documents.write([Put(SLOTS.name, self.name, {"slot": fresh.name}, version, Any())])
        return position

    async def _lead(self, *, fence: int) -> None:
        """Follow the log until the lease wants renewing; then a rebuild may have switched the slots, too."""
        until = self._clock.monotonic() + LEASE_SECONDS / 3
        slot = await self._follow(fence)
        checkpoint = self._checkpoint(slot)
        await checkpoint.load()
        position = await self._fill(slot, checkpoint, fence=fence, until=until)
        while (left := until - self._clock.monotonic()) > 0:
            if await self._store.log.changed(after=position, timeout=min(left, _PATIENCE)):
                await self._gather()
                position = await self._fill(slot, checkpoint, fence=fence, until=until)

    async def _gather(self) -> None:
        """Let more commits come, unless a reader waits for what is there."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pace):
                await self._awaited.wait()
        self._awaited.clear()

    async def differences(self) -> list[tuple[str, str]]:
        """Where the documents in use are not what the log makes of them: which, and how. Leaves the slot as it is.

        What the one side has not reached yet is no difference.

        Raises:
            Unavailable: see `rebuild`.
        """
        async with self._alone_beside() as fresh:
            return await self._differences(fresh)

    async def _differences(self, fresh: Slot) -> list[tuple[str, str]]:
        used = await self.slot()
        reached = await self._checkpoint(used).load()
        made = await self._make_anew(fresh)
        found: list[tuple[str, str]] = []
        for base in self._collections:
            documents = self._store.documents
            wanted = {each.key: each async for each in every_document(documents, fresh.collection(base))}
            async for there in every_document(documents, used.collection(base)):
                right = wanted.pop(there.key, None)
                if there.version > made:
                    continue
                if right is None:
                    found.append((f"{base}/{there.key}", "it belongs to no commit"))
                elif right.version <= reached and (there.version, there.body) != (right.version, right.body):
                    found.append((f"{base}/{there.key}", f"it is not what a rebuild makes of {right.version}"))
            found += [(f"{base}/{key}", "it is missing") for key, each in wanted.items() if each.version <= reached]
            await documents.drop(fresh.collection(base))
        return found

    @contextlib.asynccontextmanager
    async def _alone_beside(self) -> AsyncIterator[Slot]:
        """The slot that is not in use, when nobody else fills it."""
        while await self._beside.acquire() is None:  # noqa: ASYNC110 (it is given back by another process)
            await asyncio.sleep(_POLL_SECONDS)
        try:
            fresh = B if await self.slot() == A else A
            # Whoever has not left it after this time has ended there.
            until = self._clock.monotonic() + 2 * LEASE_SECONDS
            while await self._is_followed(fresh) and self._clock.monotonic() < until:
                await self._hold_beside()
                await asyncio.sleep(_POLL_SECONDS)
            yield fresh
        finally:
            await self._beside.release()

    async def _hold_beside(self) -> None:
        if await self._beside.acquire() is None:
            raise Unavailable(f"Another process has begun to make {self.name} anew. Try again when it is done.")

    async def _make_anew(self, fresh: Slot) -> int:
        """Empty the slot and fill it from the first commit on; the position reached."""
        documents = self._store.documents
        await documents.write([Delete(CHECKPOINTS.name, self._checkpoint(fresh).name, 0, Any())])
        for base in self._collections:
            await documents.drop(fresh.collection(base))
        checkpoint = self._checkpoint(fresh)
        await checkpoint.load()
        return await self._fill(fresh, checkpoint, fence=0, held=self._hold_beside)

    async def _follow(self, fence: int) -> Slot:
        """The slot in use, of which it was said before that this process fills it."""
        slot = await self.slot()
        while True:
            followed = Put(SLOTS.name, self._follower, {"slot": slot.name}, fence, Any())
            if followed != self._followed:
                await self._store.documents.write([followed])
                self._followed = followed
            said, slot = slot, await self.slot()
            if slot == said:
                return slot

    async def _leave(self) -> None:
        """Say that this process fills no slot any more, unless another one does by now."""
        followed, self._followed = self._followed, None
        if followed is not None:
            await self._store.documents.write([Delete(SLOTS.name, self._follower, 0, Is(followed.version))])

    async def _is_followed(self, slot: Slot) -> bool:
        document = await self._store.documents.get(SLOTS.name, self._follower)
        return document is not None and document.body["slot"] == slot.name

    @property
    def _follower(self) -> str:
        return f"{self.name}:followed"

    async def _fill(
        self, slot: Slot, checkpoint: Checkpoint, *, fence: int, until: float = float("inf"), held: Hold | None = None
    ) -> int:
        after = checkpoint.position
        while True:
            if held is not None:
                await held()
            commits = await self._store.log.read_log(after=after, limit=self._stride.limit)
            more = self._stride.took(commits)
            for portion in _portions(commits, _EVENTS) if held is None else filter(None, [commits]):
                happened = await self._read(portion)
                if happened:
                    await self._apply(happened, slot)
                after = portion[-1].position
                await checkpoint.advance(after, fence=fence)
                self._advanced.set()
                await asyncio.sleep(0)
            if not more or self._clock.monotonic() >= until:
                return after

    async def _read(self, commits: Sequence[Commit]) -> list[Happened]:
        stored = [
            StreamEvent(part.stream, version, commit.position, commit.proposal.at, *_parts(record))
            for commit in commits
            for part in commit.proposal.slices
            for version, record in enumerate(part.events, start=part.expected + 1)
            if record.type in self._types
        ]
        events = await self._codec.read(stored)
        actors = {commit.position: commit.proposal.meta.actor for commit in commits}
        return [
            Happened(each.id, each.stream, each.version, each.position, each.at, event, actors[each.position])
            for each, event in zip(stored, events, strict=True)
        ]

    def _checkpoint(self, slot: Slot) -> Checkpoint:
        return Checkpoint(self._store.documents, f"projection:{self.name}:{slot.name}")

    async def _until_advanced(self) -> None:
        # Where another process projects, only its checkpoint tells.
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await self._advanced.wait()
        except TimeoutError:
            return


def _portions(commits: Sequence[Commit], most: int) -> Iterator[Sequence[Commit]]:
    """The commits in portions of so many events, or of one commit that has more."""
    portion: list[Commit] = []
    size = 0
    for commit in commits:
        count = sum(len(part.events) for part in commit.proposal.slices)
        if portion and size + count > most:
            yield portion
            portion, size = [], 0
        portion.append(commit)
        size += count
    if portion:
        yield portion


def _parts(record: EventRecord) -> tuple[str, str, int, JSONObject]:
    return record.id, record.type, record.schema, record.data
