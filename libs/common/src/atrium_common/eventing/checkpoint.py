"""Checkpoints: how far a reader of a log is. They never go back, and a stale holder can't move them."""

from __future__ import annotations

from atrium_common.store.documents import Absent, Collection, Is, Put
from atrium_common.store.ports import Documents

CHECKPOINTS = Collection("checkpoints")


class StaleCheckpoint(Exception):
    """Somebody with a newer fencing token has moved this checkpoint."""


class Checkpoint:
    """One reader's position in one log."""

    def __init__(self, documents: Documents, name: str) -> None:
        self.name = name
        self._documents = documents
        self._version = 0
        self._fence = 0
        self.position = 0

    async def load(self) -> int:
        """The stored position; 0 where there is none yet."""
        document = await self._documents.get(CHECKPOINTS.name, self.name)
        if document is not None:
            self._version = document.version
            self.position = _integer(document.body.get("position"))
            self._fence = _integer(document.body.get("fence"))
        return self.position

    async def advance(self, position: int, *, fence: int = 0) -> None:
        """Store a later position; an earlier one changes nothing.

        Raises:
            StaleCheckpoint: another holder has stored under a newer token, or in between.
        """
        if position <= self.position and self._version:
            return
        if fence < self._fence:
            raise StaleCheckpoint(self.name)
        guard = Is(self._version) if self._version else Absent()
        put = Put(CHECKPOINTS.name, self.name, {"position": position, "fence": fence}, self._version + 1, guard)
        (done,) = await self._documents.write([put])
        if not done:
            raise StaleCheckpoint(self.name)
        self._version += 1
        self._fence = fence
        self.position = position


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0
