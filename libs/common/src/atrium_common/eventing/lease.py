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
        self._renew_at = float("-inf")

    async def acquire(self) -> Token | None:
        """Take the lease or hold on to it; None while somebody else has it.

        It is renewed when a third of its time is over, so that this may be asked as often as one likes.
        """
        now = self._clock.monotonic()
        held = self._token
        if held is not None and now < self._renew_at:
            return held
        if held is not None and (renewed := await self._write(now, held.version + 1, Is(held.version))) is not None:
            return renewed
        document = await self._documents.get(LEASES.name, self.name)
        if document is None:
            return await self._write(now, 1, Absent())
        free = document.body.get("holder") in ("", self.holder)  # its own where a renewal's answer was lost
        if not free and not self._lapsed(document.version, now):
            return None
        return await self._write(now, document.version + 1, Is(document.version))

    def doubt(self) -> None:
        """Somebody else seems to have it: `acquire` is to ask."""
        self._renew_at = float("-inf")

    async def release(self) -> None:
        """Give the lease back, if it is still held, so that the next need not wait."""
        token, self._token = self._token, None
        if token is not None:
            body = {"holder": ""}
            put = Put(LEASES.name, self.name, dict(body), token.version + 1, Is(token.version))
            await self._documents.write([put])

    def _lapsed(self, version: int, now: float) -> bool:
        if self._seen is None or self._seen[0] != version:
            self._seen = (version, self._clock.monotonic())  # the answer may have been long on its way
            return False
        return now - self._seen[1] > self.seconds

    async def _write(self, now: float, version: int, guard: Absent | Is) -> Token | None:
        put = Put(LEASES.name, self.name, {"holder": self.holder}, version, guard)
        (done,) = await self._documents.write([put])
        self._token = Token(self.name, self.holder, version) if done else None
        self._renew_at = now + self.seconds / 3
        return self._token
