"""Snapshots: the folded states of long streams, kept as documents beside the log and never instead of it.

A snapshot only shortens a load. One that is missing, unreadable or of another shape costs the fold that it would have
saved, and nothing else; all of them can be dropped at any time. Personal values are sealed in them as in the log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import structlog
from pydantic import TypeAdapter

from atrium_common.eventing.sealing import Sealing
from atrium_common.jsontypes import JSON
from atrium_common.store.documents import Any as Whatever
from atrium_common.store.documents import Collection, Delete, Document, Newer, Put
from atrium_common.store.ports import Documents

S = TypeVar("S")

SNAPSHOTS = Collection("snapshots")
PAST = 10
"""Of how many snapshots of a stream one is kept for reading the past."""

log = structlog.get_logger("snapshot")


@dataclass(frozen=True, slots=True)
class Snapshotting(Generic[S]):
    """How the states of one kind of aggregate are snapshotted.

    Attributes:
        schema: the number of the state's shape. Whoever changes the shape, or what `evolve` makes of old events, takes
            the next number: snapshots of other numbers are never read.
        every: a snapshot is due after so many events.
        dump: a state as JSON; personal values as `Personal.marked()`.
        load: what `dump` was given.
    """

    schema: int
    every: int
    dump: Callable[[S], JSON]
    load: Callable[[JSON], S]

    @classmethod
    def of(cls, state: type[S], *, schema: int, every: int = 100) -> Snapshotting[S]:
        """For a state that is a (frozen) dataclass or pydantic model made of such and of plain values.

        `Personal` fields are marked by themselves.
        """
        adapter: TypeAdapter[S] = TypeAdapter(state)
        return cls(schema, every, lambda value: cast("JSON", adapter.dump_python(value, mode="json")),
                   adapter.validate_python)  # fmt: skip

    def due(self, before: int, after: int) -> bool:
        """Whether a stream that went from one version to another wants a new snapshot."""
        return after // self.every > before // self.every


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[S]):
    """A state at a version."""

    state: S
    version: int


class Snapshots:
    """The snapshots of one service: the newest of each stream, and a few of its past."""

    def __init__(self, documents: Documents, sealing: Sealing) -> None:
        self._documents = documents
        self._sealing = sealing

    async def newest(self, stream: str, how: Snapshotting[S], *, at: int | None = None) -> Snapshot[S] | None:
        """The newest snapshot of the stream that is known, not above version `at`; None where there is none."""
        keys = [_key(stream, how)]
        if at is not None:
            keys += [_key(stream, how, slot) for slot in (_slot(how, at), _slot(how, at) - 1) if slot > 0]
        found = await self._documents.get_many(SNAPSHOTS.name, keys)
        for document in sorted(found.values(), key=lambda each: each.version, reverse=True):
            if at is None or document.version <= at:
                return await self._read(stream, how, document)
        return None

    async def writes(self, stream: str, how: Snapshotting[S], state: S, *, before: int, version: int) -> list[Put]:
        """What is to be written to keep this state, where the last snapshot was of version `before`."""
        body = {"state": await self._sealing.seal(how.dump(state))}
        keys = [_key(stream, how)]
        if _slot(how, version) > _slot(how, before):
            keys.append(_key(stream, how, _slot(how, version)))
        return [Put(SNAPSHOTS.name, key, dict(body), version, Newer()) for key in keys]

    async def _read(self, stream: str, how: Snapshotting[S], document: Document) -> Snapshot[S] | None:
        try:
            opened: Any = await self._sealing.open(document.body["state"])
            return Snapshot(how.load(opened), document.version)
        except (LookupError, TypeError, ValueError) as error:
            log.warning("a snapshot is unreadable; the stream is folded instead", stream=stream, error=str(error))
            await self._documents.write([Delete(SNAPSHOTS.name, document.key, 0, Whatever())])
            return None


def _slot(how: Snapshotting[Any], version: int) -> int:
    return version // (how.every * PAST)


def _key(stream: str, how: Snapshotting[Any], slot: int | None = None) -> str:
    return f"{stream}@{how.schema}" if slot is None else f"{stream}@{how.schema}/{slot}"
