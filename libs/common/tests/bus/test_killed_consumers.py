"""Promise 10: any redelivery, rebalance or kill between effect and commit: each effect once, in order of its key."""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from atrium_common.bus.kafka import KafkaBus
from atrium_common.clock import SystemClock
from atrium_common.eventing.checkpoint import CHECKPOINTS
from atrium_common.eventing.lease import LEASES
from atrium_common.eventing.relay import Relay
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSON
from atrium_common.store.commit import EventRecord, Proposal, Publication, Slice
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from atrium_common.store.whole import every_commit
from atrium_common.supervisor import Supervisor

TOPIC = "tenancy.events"
COUNT, KEYS = 36, 4
CLOCK = SystemClock()


async def in_the_clear(value: JSON) -> JSON:
    return value


@dataclass
class Stage:
    """A publisher, and how a consumer process reaches it."""

    kind: str
    address: str
    prefix: str
    publisher: Store
    own: Path

    async def publish(self) -> list[str]:
        committed = []
        for number in range(COUNT):
            key = f"wks_{number % KEYS}"
            public = Publication("thing.made", {"n": number}, key, (key,))
            record = EventRecord(f"evt_{number:03}", "thing.made", 1, {}, public)
            proposal = Proposal(uuid.uuid4().hex, CLOCK.now(), (Slice(f"thing/{number}", 0, (record,)),))
            await self.publisher.log.append(proposal)
            committed.append(record.id)
        return committed

    async def consume(self, die_at: int) -> asyncio.subprocess.Process:
        script = Path(__file__).with_name("consumer.py")
        return await asyncio.create_subprocess_exec(
            sys.executable, str(script), self.kind, self.address, self.prefix, str(self.own), str(die_at),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def effects(self) -> list[str]:
        store = SqliteStore(self.own)
        await store.open([])
        had = [
            str(record.data["of"])
            async for commit in every_commit(store.log)
            for part in commit.proposal.slices
            for record in part.events
        ]
        await store.close()
        return had


@pytest.fixture(params=["log", pytest.param("kafka", marks=pytest.mark.kafka)])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    publisher = SqliteStore(tmp_path / "tenancy.db")
    await publisher.open([LEASES, CHECKPOINTS])
    if request.param == "log":
        yield Stage("log", str(tmp_path / "tenancy.db"), "", publisher, tmp_path / "own.db")
        await publisher.close()
        return
    address, prefix = request.getfixturevalue("kafka_bootstrap"), f"{uuid.uuid4().hex[:8]}."
    bus = KafkaBus(address, topics=[TOPIC], clock=CLOCK, prefix=prefix, partitions=3)
    await bus.open()
    relay = Relay(
        service="tenancy",
        topic=TOPIC,
        log=publisher.log,
        documents=publisher.documents,
        bus=bus,
        open_sealed=in_the_clear,
        clock=CLOCK,
        ids=TimeOrderedIds(),
    )
    supervisor = Supervisor()
    supervisor.start("relay", relay.run)
    yield Stage("kafka", address, prefix, publisher, tmp_path / "own.db")
    await supervisor.stop()
    await bus.close()
    await publisher.close()


@pytest.mark.timeout(240)
async def test_a_consumer_killed_between_effect_and_commit_has_each_effect_once_and_in_order(stage: Stage) -> None:
    committed = await stage.publish()
    handled: list[str] = []
    for die_at in (3, 5):
        consumer = await stage.consume(die_at)
        assert consumer.stdout is not None
        handled += (await consumer.stdout.read()).decode().split()
        assert await consumer.wait() == -9
    last = await stage.consume(0)
    assert last.stdout is not None
    async with asyncio.timeout(120):
        while set(handled) != set(committed):
            handled.append((await last.stdout.readline()).decode().strip())
    last.kill()
    await last.wait()
    effects = await stage.effects()
    assert sorted(effects) == committed
    assert len(handled) > len(committed)
    for key in range(KEYS):
        mine = [each for each in effects if int(each[4:]) % KEYS == key]
        assert mine == sorted(mine)


@pytest.mark.timeout(240)
async def test_several_members_of_a_group_that_are_killed_in_turn_have_each_effect_once(stage: Stage) -> None:
    members = [await stage.consume(die_at) for die_at in (4, 7, 0)]
    committed = await stage.publish()
    async with asyncio.timeout(150):
        while sorted(await stage.effects()) != committed:
            await asyncio.sleep(0.2)
    for member in members:
        if member.returncode is None:
            member.kill()
        await member.wait()
    assert sorted(await stage.effects()) == committed
