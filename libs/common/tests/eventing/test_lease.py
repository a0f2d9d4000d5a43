"""Leases: nobody takes one that is held."""

from atrium_common.eventing.lease import LEASES, Lease
from atrium_common.store.documents import Document
from atrium_common.store.memory import MemoryDocuments
from atrium_common.testing.clock import FakeClock


class Slow(MemoryDocuments):
    """Documents of a store that a question takes a while to reach."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.declare([LEASES])
        self.seconds = 0.0
        self._passes = clock.advance

    async def get(self, collection: str, key: str) -> Document | None:
        self._passes(self.seconds)
        return await super().get(collection, key)


async def test_a_challenger_whose_first_look_took_long_waits_the_whole_lease_from_what_it_saw() -> None:
    clock = FakeClock()
    documents = Slow(clock)
    holder, challenger = (Lease(documents, "job", holder=each, seconds=5, clock=clock) for each in ("one", "two"))
    assert await holder.acquire()
    documents.seconds = 6
    assert not await challenger.acquire()
    documents.seconds = 0
    clock.advance(4.9)
    assert not await challenger.acquire()
    clock.advance(0.2)
    assert await challenger.acquire()
