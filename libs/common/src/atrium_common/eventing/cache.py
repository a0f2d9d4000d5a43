"""Folded states of streams that were used lately, so that a load reads only what has been added since."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from atrium_common.eventing.decider import Loaded


class StateCache:
    """A bounded map from stream to its newest known state; the least recently used goes first.

    A cached state may be behind the log, never ahead of it: the loader always reads the tail of the stream.
    """

    __slots__ = ("_size", "_states")

    def __init__(self, *, size: int = 4096) -> None:
        self._size = size
        self._states: OrderedDict[str, Loaded[Any]] = OrderedDict()

    def get(self, stream: str) -> Loaded[Any] | None:
        """The newest known state of the stream, or None."""
        loaded = self._states.get(stream)
        if loaded is not None:
            self._states.move_to_end(stream)
        return loaded

    def put(self, stream: str, loaded: Loaded[Any]) -> None:
        """Remember a state, unless a newer one is known."""
        known = self._states.get(stream)
        if known is not None and known.version > loaded.version:
            return
        self._states[stream] = loaded
        self._states.move_to_end(stream)
        while len(self._states) > self._size:
            self._states.popitem(last=False)

    def drop(self, stream: str) -> None:
        """Forget the stream's state (a lost race, an erasure)."""
        self._states.pop(stream, None)

    def clear(self) -> None:
        """Forget everything."""
        self._states.clear()
