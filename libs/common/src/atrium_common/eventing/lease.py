"""Leases: one process at a time does a job, and a token fences off the one before."""

from __future__ import annotations

from dataclasses import dataclass

from atrium_common.clock import Clock
from atrium_common.store.documents import Absent, Collection, Is, Put
from atrium_common.store.ports import Documents

LEASES = Collection("leases")


@dataclass(frozen=True, slots=True)
class Token:
    """Proof of a lease: the holder and the document's version, which grows with every change of hands."""

    name: str
    holder: str
    version: int


class Lease:
    """One holder's way to a named lease.

    Expiry is judged by the challenger on its own monotonic clock: a lease that it has seen unchanged for its whole
    length has lapsed. No two machines' clocks are ever compared.
    """

    def __init__(self, documents: Documents, name: str, *, holder: str, seconds: float, clock: Clock) -> None:
        self.name = name
        self.holder = holder
        self.seconds = seconds
        self._documents = documents
        self._clock = clock
        self._seen: tuple[int, float] | None = None
        self._token: Token | None = None

    async def acquire(self) -> Token | None:
        """Take or renew the lease; None while somebody else holds it."""
        now = self._clock.monotonic()
        document = await self._documents.get(LEASES.name, self.name)
        if document is None:
            return await self._write(1, Absent())
        mine = self._token is not None and document.version == self._token.version
        free = document.body.get("holder") == ""
        if not mine and not free and not self._lapsed(document.version, now):
            self._token = None
            return None
        return await self._write(document.version + 1, Is(document.version))

    async def release(self) -> None:
        """Give the lease back, if it is still held, so that the next need not wait."""
        token, self._token = self._token, None
        if token is not None:
            body = {"holder": ""}
            put = Put(LEASES.name, self.name, dict(body), token.version + 1, Is(token.version))
            await self._documents.write([put])

    def _lapsed(self, version: int, now: float) -> bool:
        if self._seen is None or self._seen[0] != version:
            self._seen = (version, now)
            return False
        return now - self._seen[1] > self.seconds

    async def _write(self, version: int, guard: Absent | Is) -> Token | None:
        put = Put(LEASES.name, self.name, {"holder": self.holder}, version, guard)
        (done,) = await self._documents.write([put])
        self._token = Token(self.name, self.holder, version) if done else None
        return self._token
