"""What a process knows of its log's newest commits, so that questions can be answered from memory.

States in here are exact as of the head that was confirmed last: one look at the log's tail, shared by everybody who
waits for it, and none at all for a process that is alone on its store (`presence`).
"""

from __future__ import annotations

import contextlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from atrium_common.eventing.decider import Loaded
from atrium_common.single_flight import SingleFlight
from atrium_common.store.commit import Commit
from atrium_common.store.ports import EventLog
from atrium_common.store.stride import Stride

SIZE = 50_000
"""How many states are kept at most; the least recently used go first."""
_PAGE = 200
_FAR = 2_000
"""Further behind than this, everything is forgotten instead of reading what has changed."""


@dataclass(slots=True, eq=False)
class _Reading:
    """A load under way, spoilt by any commit to its stream that is heard of meanwhile."""

    spoilt: bool = False


class Head:
    """The exact states that a process has in memory."""

    def __init__(self, log: EventLog, *, alone: Callable[[], int | None] = lambda: None, size: int = SIZE) -> None:
        """`alone` gives the number of the present time of being alone on the store, or None; see `Presence.alone`."""
        self._log = log
        self._looked_alone: int | None = None
        self._unsure = False
        self._doubts = 0
        self._alone = alone
        self._size = size
        self._position: int | None = None
        self._own: set[int] = set()
        self._states: OrderedDict[str, Loaded[Any]] = OrderedDict()
        self._readings: dict[str, list[_Reading]] = {}
        self._appending: Counter[str] = Counter()
        self._stride = Stride(_PAGE)
        self._look = SingleFlight(self._looked)

    async def confirm(self) -> None:
        """See every commit that was made before this call; calls that wait at the same time share one look.

        Raises:
            StoreUnavailable: the store cannot say.
        """
        if self.is_certain:  # what others have committed before they left has been seen once
            return
        await self._look.answer()

    @property
    def is_certain(self) -> bool:
        """Whether the states in memory are those of now, without a look: nobody else can commit."""
        alone = self._alone()
        return alone is not None and alone == self._looked_alone

    def get(self, stream: str) -> Loaded[Any] | None:
        """The state of the stream as of the confirmed head; None where it is not in memory."""
        loaded = self._states.get(stream)
        if loaded is not None:
            self._states.move_to_end(stream)
        return loaded

    @contextlib.contextmanager
    def reading(self, stream: str) -> Iterator[Callable[[Loaded[Any]], None]]:
        """Around a load: call what this gives with what was loaded, to keep it if nothing came in between."""
        reading = _Reading()
        self._readings.setdefault(stream, []).append(reading)

        def keep(loaded: Loaded[Any]) -> None:
            known = self._states.get(stream)
            older = known is not None and known.version > loaded.version
            if not reading.spoilt and not older and self._position is not None:
                self._put(stream, loaded)

        try:
            yield keep
        finally:
            self._readings[stream].remove(reading)
            if not self._readings[stream]:
                del self._readings[stream]

    @contextlib.contextmanager
    def appending(self, streams: Collection[str]) -> Iterator[None]:
        """Around an append up to `committed`: meanwhile the log may be ahead of the states of these streams."""
        self._appending.update(streams)
        try:
            yield
        finally:
            self._appending.subtract(streams)
            for stream in streams:
                if not self._appending[stream]:
                    del self._appending[stream]

    def is_appending(self, stream: str) -> bool:
        """Whether this process is appending to the stream: its commit may be in the log and not be known here yet."""
        return stream in self._appending

    def committed(self, commit: Commit, states: Mapping[str, Loaded[Any]]) -> None:
        """This process has made the commit, which has left its streams in these states."""
        self._unsure = False  # what was given up before is behind this commit, or will never be
        for stream in states:
            self._spoil(stream)
        # Where nobody has asked yet nothing is kept; and what has been passed over already may have been followed by
        # others' commits to the stream.
        if self._position is None or commit.position <= self._position:
            return
        for stream, loaded in states.items():
            known = self._states.get(stream)
            if known is None or known.version < loaded.version:
                self._put(stream, loaded)
        self._own.add(commit.position)
        self._advance()

    def doubt(self) -> None:
        """An append was given up that may still be done: until another one has been, nothing here is certain."""
        self._unsure = True
        self._doubts += 1
        self._looked_alone = None

    def forget(self, stream: str) -> None:
        """The state in memory has lost a race."""
        self._spoil(stream)
        self._states.pop(stream, None)

    async def _looked(self) -> None:
        alone, doubts = self._alone(), self._doubts
        await self._catch_up(await self._log.tail())
        self._looked_alone = None if self._unsure or doubts != self._doubts else alone

    async def _catch_up(self, tail: int) -> None:
        if self._position is None or tail - self._position > _FAR:
            for stream in [*self._states, *self._readings]:
                self.forget(stream)
            self._position = max(tail, self._position or 0)
            self._own = {position for position in self._own if position > self._position}
        while self._position < tail:
            commits = await self._log.read_log(after=self._position, limit=self._stride.limit)
            self._stride.took(commits)
            for commit in commits:
                if commit.position in self._own or commit.position <= self._position:
                    continue
                for stream, version in commit.versions.items():
                    self._spoil(stream)
                    known = self._states.get(stream)
                    if known is None or known.version < version:
                        self.forget(stream)
            if not commits:
                return
            self._position = max(self._position, commits[-1].position)
            self._advance()

    def _advance(self) -> None:
        """Pass over what this process has committed itself."""
        if self._position is None:
            return
        while self._position + 1 in self._own:
            self._position += 1
            self._own.discard(self._position)
        if len(self._own) > _FAR:
            self._own = {position for position in self._own if position > self._position}

    def _spoil(self, stream: str) -> None:
        for reading in self._readings.get(stream, ()):
            reading.spoilt = True

    def _put(self, stream: str, loaded: Loaded[Any]) -> None:
        self._states[stream] = loaded
        self._states.move_to_end(stream)
        while len(self._states) > self._size:
            self._states.popitem(last=False)
