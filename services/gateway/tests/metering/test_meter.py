import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from atrium_common.bus.log import LogBus, Source
from atrium_common.bus.ports import BusUnavailable, Message, Start, Subscription
from atrium_common.bus.spool import Spool
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSON
from atrium_common.store.documents import Query
from atrium_common.store.ports import Store
from atrium_common.testing.clock import FakeClock
from atrium_common.testing.faults import Fuse, Killed
from atrium_gateway.metering.meter import TOPIC, TOTALS, UsageMeter
from atrium_gateway.replicas import DEAD_SECONDS, Replicas


@dataclass
class Stream:
    """A bus that keeps what was published, and counts as consumers do: the highest of each id."""

    published: list[Message] = field(default_factory=list)
    down: bool = False

    async def open(self) -> None: ...

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        assert topic == TOPIC
        if self.down:
            raise BusUnavailable("down")
        self.published += messages

    async def heartbeat(self, topic: str, position: int) -> None: ...

    async def subscribe(self, topics: Sequence[str], *, group: str | None, start: Start) -> Subscription:
        raise AssertionError(topics, group, start)

    async def close(self) -> None: ...

    @property
    def counted(self) -> int:
        return counted(self.published)


def counted(messages: Sequence[Message]) -> int:
    highest: dict[str, int] = {}
    for message in messages:
        usage = cast("Any", message.data)["object"]
        highest[usage["id"]] = max(usage["attributes"]["requests"], highest.get(usage["id"], 0))
    return sum(highest.values())


async def start(store: Store, bus: Any, clock: FakeClock) -> UsageMeter:
    replicas = Replicas(store, clock=clock, ids=TimeOrderedIds(clock=clock), place="")
    await replicas.step()
    return UsageMeter(store.documents, bus, replicas, clock=clock)


def use(meter: UsageMeter, times: int = 1, *, key: str = "key_1", cost: int = 1) -> None:
    for _ in range(times):
        meter.count(key_id=key, workspace_id="wks_1", namespace_id=None, livemode=True, cost=cost)


async def test_what_is_counted_is_told_as_absolute_totals(store: Store, clock: FakeClock) -> None:
    stream = Stream()
    meter = await start(store, stream, clock)
    use(meter, 3)
    await meter.flush()
    use(meter, 2, cost=10)
    await meter.flush()
    await meter.flush()
    assert [cast("Any", each.data)["object"]["attributes"]["requests"] for each in stream.published] == [3, 23]
    message = stream.published[-1]
    minute = int(clock.now().timestamp() // 60)
    usage = cast("Any", message.data)["object"]
    assert (message.type, message.key, message.subject) == ("usage.counted", "wks_1", "usage/key_1")
    assert usage["id"].startswith(f"key_1/wks_1/-/{minute}/gw_")
    assert usage["type"] == "usage"
    assert {**usage["attributes"], "worker": "w"} == {
        "key_id": "key_1", "workspace_id": "wks_1", "namespace_id": None, "livemode": True, "minute": minute,
        "worker": "w", "requests": 23,
    }  # fmt: skip


async def test_every_minute_has_its_own_total_and_what_is_over_and_told_is_let_go(
    store: Store, clock: FakeClock
) -> None:
    stream = Stream()
    meter = await start(store, stream, clock)
    for _ in range(3):
        use(meter, 2)
        await meter.flush()
        clock.advance(60)
    await meter.flush()
    assert stream.counted == 6
    assert len(stream.published) == 3
    assert not meter._totals
    assert await store.documents.count(TOTALS.name) == 0


async def test_while_the_stream_is_away_nothing_is_lost(store: Store, clock: FakeClock) -> None:
    stream = Stream(down=True)
    meter = await start(store, stream, clock)
    for _ in range(3):
        use(meter, 5)
        await meter.flush()
        clock.advance(60)
    stream.down = False
    await meter.flush()
    assert stream.counted == 15


async def test_while_the_stream_is_away_for_long_the_store_keeps_what_waits(store: Store, clock: FakeClock) -> None:
    stream = Stream(down=True)
    replicas = Replicas(store, clock=clock, ids=TimeOrderedIds(clock=clock), place="")
    await replicas.step()
    meter = UsageMeter(store.documents, stream, replicas, clock=clock, most_waiting=10)
    for _ in range(20):
        for number in range(3):
            use(meter, key=f"key_{number}")
        await meter.flush()
        clock.advance(60)
    assert len(meter._waiting) <= 13
    stream.down = False
    use(meter)
    await meter.flush()
    assert stream.counted == 61
    clock.advance(60)
    await meter.flush()
    assert stream.counted == 61
    assert await store.documents.query(TOTALS.name, Query()) == []


async def test_what_a_killed_process_has_written_down_is_told_by_another(store: Store, clock: FakeClock) -> None:
    stream = Stream(down=True)
    killed = await start(store, stream, clock)
    use(killed, 5)
    await killed.flush()
    use(killed, 7)  # lost: less than a flush ago
    stream.down = False
    other = await start(store, stream, clock)
    assert await other.adopt() == 0, "it may still be alive"
    for _ in range(math.ceil(DEAD_SECONDS)):
        clock.advance(1)
        await other._replicas.step()
    assert await other.adopt() == 1
    assert await other.adopt() == 0
    assert stream.counted == 5


async def test_killed_at_any_call_nothing_written_down_is_lost_and_nothing_counts_twice(clock: FakeClock) -> None:
    from atrium_common.store.memory import MemoryStore
    from atrium_gateway.stateful import COLLECTIONS

    at, died = 0, True
    while died:
        at += 1
        died = False
        store, stream = MemoryStore(clock=clock), Stream()
        await store.open(COLLECTIONS)
        fuse = Fuse(at)
        meter = await start(store, fuse.guard(stream), clock)
        meter._documents = fuse.guard(store.documents)
        made = written = 0
        try:
            for _ in range(2):
                use(meter, 4)
                made += 4
                await meter.flush()
                written = made
                clock.advance(60)
            await meter.flush()
        except Killed:
            died = True
        clock.advance(10)
        other = await start(store, stream, clock)
        for _ in range(math.ceil(DEAD_SECONDS)):
            clock.advance(1)
            await other._replicas.step()
        await other.adopt()
        assert written <= stream.counted <= made, at
    assert at > 8


async def in_the_clear(value: JSON) -> JSON:
    return value


async def test_on_one_machine_the_stream_is_a_spool_that_a_group_reads_to_its_end(
    store: Store, clock: FakeClock
) -> None:
    spool = Spool(TOPIC, store.documents, clock=clock)
    ids = TimeOrderedIds(clock=clock)
    bus = LogBus({TOPIC: Source("gateway", spool, in_the_clear)}, documents=store.documents, clock=clock, ids=ids)
    first, second = await start(store, bus, clock), await start(store, bus, clock)
    subscription = await bus.subscribe([TOPIC], group=None, start="earliest")
    got: list[Message] = []
    for _ in range(4):
        use(first, 3)
        use(second, 4)
        await first.flush()
        await second.flush()
        while batch := await subscription.receive(limit=100, timeout=0):
            got += [each.message for each in batch]
        clock.advance(60)
    assert counted(got) == 28
    assert {message.workspace_id for message in got} == {"wks_1"}
    assert got[0].livemode is True


async def test_a_spool_keeps_its_messages_for_two_days_and_its_positions_for_ever(
    store: Store, clock: FakeClock
) -> None:
    spool = Spool(TOPIC, store.documents, clock=clock)
    message = Message("evt_1", "usage.counted", "/gateway", "usage/key_1", clock.now(), "wks_1", {})
    for _ in range(3):
        await spool.append([message])
    assert [commit.position for commit in await spool.read_log(after=1, limit=10)] == [2, 3]
    clock.advance(2 * 24 * 3600)
    assert not await spool.read_log(after=0, limit=10)
    assert await Spool(TOPIC, store.documents, clock=clock).tail() == 3
    await spool.append([message])
    assert [commit.position for commit in await spool.read_log(after=0, limit=10)] == [4]


async def test_racing_processes_leave_no_gap_in_the_spool(store: Store, clock: FakeClock) -> None:
    import asyncio

    spools = [Spool(TOPIC, store.documents, clock=clock) for _ in range(4)]
    message = Message("evt_1", "usage.counted", "/gateway", "usage/key_1", clock.now(), "wks_1", {})
    await asyncio.gather(*(spool.append([message]) for spool in spools for _ in range(5)))
    assert [commit.position for commit in await spools[0].read_log(after=0, limit=100)] == list(range(1, 21))
    assert await store.documents.query("spool", Query(limit=1))
    with pytest.raises(BusUnavailable):
        await LogBus({}, documents=store.documents, clock=clock, ids=TimeOrderedIds()).publish(TOPIC, [message])
