"""Limits where a process was paused, or the store answers late."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace

import pytest

from atrium_common.errors import RateLimited
from atrium_common.store.documents import Any, Delete, Put
from atrium_common.store.memory import MemoryDocuments, MemoryStore
from atrium_common.store.ports import StoreUnavailable
from atrium_common.testing.clock import FakeClock
from atrium_gateway.limits.ledger import Ledger, Share
from atrium_gateway.limits.settlement import LEDGERS
from services.gateway.tests.limits.gateways import COLLECTIONS, Gateways, Interleaved, Unreliable, allowance, passed

KEY = allowance(100_000, 50)


class Late(MemoryDocuments):
    """Documents whose writes of ledgers take a while, or are done and not answered."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.seconds = 0.0
        self.loses = False
        self.may_write = asyncio.Event()
        self.may_write.set()
        self._monotonic = clock.monotonic

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        if writes[0].collection != LEDGERS.name:
            return await super().write(writes)
        until = self._monotonic() + self.seconds
        while self._monotonic() < until:
            await asyncio.sleep(0)
        await self.may_write.wait()
        done = await super().write(writes)
        if self.loses:
            raise StoreUnavailable("the answer is lost")
        return done


@pytest.fixture
def documents(clock: FakeClock) -> Late:
    return Late(clock)


@pytest.fixture
async def gateways(clock: FakeClock, documents: Late) -> Gateways:
    store = MemoryStore(clock=clock)
    store.documents = documents
    await store.open(COLLECTIONS)
    return Gateways(store, clock)


async def test_who_comes_back_from_a_pause_joins_anew_before_it_shares(gateways: Gateways) -> None:
    await gateways.start(2)
    paused, other = gateways.processes
    await paused.spend(KEY)
    gateways.processes = [other]
    await gateways.pass_time(20)
    assert other.replicas.alone(gateways.clock.monotonic())
    assert passed([await other.spend(KEY) for _ in range(60)]) == 50
    await paused.replicas.step()
    assert not paused.replicas.member(gateways.clock.monotonic())
    assert await paused.replicas.check() is None, "what needs no store is served all the same"
    gateways.processes = [other, paused]
    await gateways.pass_time(1.5)
    assert paused.replicas.member(gateways.clock.monotonic())


async def test_nobody_is_alone_before_it_has_said_so_and_looked_again(gateways: Gateways) -> None:
    store = Interleaved(gateways.store)
    one = Gateways(store, gateways.clock).add()
    seen: list[bool] = []

    async def look() -> None:
        seen.append(one.replicas.alone(gateways.clock.monotonic()))

    store.before_write = {2: look}
    await one.replicas.step()
    assert seen == [False]


async def test_a_store_that_is_slow_with_each_write_stops_nobody(gateways: Gateways, documents: Late) -> None:
    await gateways.start(2)
    one = gateways.processes[0]
    documents.seconds = 2.0
    async with gateways.flowing():
        began = gateways.clock.monotonic()
        spending = asyncio.create_task(one.spend(KEY))
        while not spending.done() and gateways.clock.monotonic() - began < 30:
            await asyncio.sleep(0)
        assert spending.done()
    await spending


async def test_parts_that_were_given_back_refill_here_no_more_though_the_answer_is_lost(
    gateways: Gateways, documents: Late
) -> None:
    await gateways.start(2)
    one, other = gateways.processes
    await one.spend(KEY)
    await other.spend(KEY)
    found = await documents.get(LEDGERS.name, "key_1")
    assert found is not None
    ledger = Ledger.of(found.body)
    until = int(gateways.clock.now().timestamp() * 1000) + 1500
    short = replace(ledger, shares={**ledger.shares, other.replicas.id: Share(25, until, 50)})
    await documents.write([Put(LEDGERS.name, "key_1", short.body(), found.version + 1, Any())])
    account = one.limiter._accounts["key_1"]
    account.ledger = None
    gateways.clock.advance(1.1)
    documents.loses = True
    one.limiter._settling(account, KEY, gateways.clock.monotonic())
    assert account.settling is not None
    await asyncio.wait([account.settling])
    found = await documents.get(LEDGERS.name, "key_1")
    assert found is not None
    assert account.bucket.capacity <= Ledger.of(found.body).shares[one.replicas.id].parts


async def test_an_hour_that_ends_during_a_slow_settlement_owes_what_passed_in_it(
    gateways: Gateways, documents: Late
) -> None:
    await gateways.start()
    (one,) = gateways.processes
    await one.spend(KEY)
    account = one.limiter._accounts["key_1"]
    account.debt = 7  # let pass while the store was away
    documents.may_write.clear()
    one.limiter._settling(account, KEY, gateways.clock.monotonic())
    for _ in range(3):
        await asyncio.sleep(0)
    gateways.clock.advance(account.ends - gateways.clock.monotonic() + 1)
    one.limiter._lost(StoreUnavailable("slow"))
    for _ in range(3):
        with contextlib.suppress(RateLimited):
            one.limiter._spend_degraded(account, KEY, 1, gateways.clock.monotonic())
    documents.may_write.set()
    assert account.settling is not None
    await asyncio.wait([account.settling])
    assert account.debt >= 0


async def test_a_new_hour_has_its_safe_share_while_the_store_is_away(gateways: Gateways) -> None:
    store = Unreliable(gateways.store)
    away = Gateways(store, gateways.clock, patient=True)
    await away.start()
    (one,) = away.processes
    unseen = allowance(100_000, 50, key="key_2")
    assert passed([await one.spend(KEY)]) == 1
    store.failing = 10**9
    one.limiter._lost(StoreUnavailable("away"))
    gateways.clock.advance(one.limiter._accounts["key_1"].ends + 1 - gateways.clock.monotonic())
    for each in (KEY, unseen):
        await one.spend(each)  # its part of the burst begins empty
    gateways.clock.advance(1)
    assert passed([await one.spend(unseen) for _ in range(5)]) == 5
    assert passed([await one.spend(KEY) for _ in range(5)]) == 5
