"""A message that can't be handled is parked with its key, holds nobody else up, and is handled when asked for again."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from atrium_common.bus.ports import Bus, Message, Received, Start, Subscription
from atrium_common.errors import GatewayTimeout, Unavailable
from atrium_common.eventing.parking import (
    PARKED_MESSAGES,
    REDRIVES,
    is_requested,
    parked,
    parked_by_reactor,
    request_redrive,
)
from atrium_common.eventing.reactor import Handler, Reactor
from atrium_common.eventing.repository import Contended
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Any, Delete, Put
from atrium_common.store.memory import MemoryStore
from atrium_common.store.ports import StoreUnavailable
from atrium_common.supervisor import Supervisor
from atrium_common.testing.clock import START, FakeClock


class Line:
    """A subscription to what a test puts into it."""

    def __init__(self) -> None:
        self.waiting: list[Received] = []
        self.committed: list[int] = []
        self.turn = 0

    async def receive(self, *, limit: int, timeout: float) -> Sequence[Received]:
        await asyncio.sleep(min(timeout, 0))
        batch, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return batch

    async def commit(self, received: Sequence[Received]) -> None:
        self.committed += [each.offset for each in received]

    def current(self, *, within: float) -> bool:
        return within > 0

    async def close(self) -> None: ...


class OneLineBus:
    def __init__(self, line: Line) -> None:
        self.line = line

    async def open(self) -> None: ...

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        raise AssertionError(topic, messages)

    async def heartbeat(self, topic: str, position: int) -> None: ...

    async def subscribe(self, topics: Sequence[str], *, group: str | None, start: Start) -> Subscription:
        assert topics
        assert group
        assert start
        return self.line

    async def close(self) -> None: ...


def received(number: int, key: str) -> Received:
    at = START + timedelta(seconds=number)
    return Received("t", 0, number, Message(f"evt_{number}", "thing.made", "/s", "thing/1", at, key, {"n": number}))


class World:
    """A reactor that fails on the numbers that are `broken`."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore(clock=self.clock)
        self.store.documents.declare([PARKED_MESSAGES, REDRIVES])
        self.line = Line()
        self.done: list[object] = []
        self.broken: set[object] = set()

    def reactor(self, handle: Handler | None = None) -> Reactor:
        bus: Bus = OneLineBus(self.line)
        return Reactor(
            "r",
            ["t"],
            handle or self.handle,
            bus=bus,
            documents=self.store.documents,
            clock=self.clock,
            retry_seconds=0,
        )

    async def handle(self, message: Message) -> None:
        if message.data["n"] in self.broken:
            raise ValueError(f"{message.data['n']} is broken")
        self.done.append(message.data["n"])

    async def parked(self) -> list[object]:
        return [document.key for document in await parked(self.store.documents, "r")]


@pytest.fixture
def world() -> World:
    return World()


async def test_a_broken_message_is_parked_with_its_key_and_others_flow(world: World) -> None:
    world.broken = {1}
    world.line.waiting = [received(1, "a"), received(2, "b"), received(3, "a"), received(4, "c")]
    await world.reactor().step(world.line)
    assert sorted(world.done, key=str) == [2, 4]
    assert await world.parked() == ["r/evt_1", "r/evt_3"]
    assert world.line.committed == [1, 2, 3, 4]
    ((name, documents),) = (await parked_by_reactor(world.store.documents)).items()
    assert name == "r"
    assert "1 is broken" in str(documents[0].body["reason"])


async def test_what_was_parked_is_redriven_in_order_and_the_key_flows_again(world: World) -> None:
    world.broken = {1}
    reactor = world.reactor()
    world.line.waiting = [received(1, "a"), received(2, "a")]
    await reactor.step(world.line)
    assert await reactor.redrive() == 0
    assert await world.parked() == ["r/evt_1", "r/evt_2"]
    world.broken = set()
    assert await reactor.redrive() == 2
    assert world.done == [1, 2]
    world.line.waiting = [received(3, "a")]
    await reactor.step(world.line)
    assert world.done == [1, 2, 3]
    assert await world.parked() == []


async def test_a_key_that_another_process_has_redriven_flows_again_here(world: World) -> None:
    world.broken = {1}
    here, elsewhere = world.reactor(), world.reactor()
    world.line.waiting = [received(1, "a")]
    await here.step(world.line)
    world.broken = set()
    assert await elsewhere.redrive() == 1
    world.line.waiting = [received(2, "a")]
    await here.step(world.line)
    assert world.done == [1, 2]


async def test_a_consumer_that_is_stuck_is_told_to_be_further_behind_every_second(world: World) -> None:
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def stuck(_: Message) -> None:
        begun.set()
        await let_go.wait()

    reactor = world.reactor(stuck)
    world.line.waiting = [received(0, "a")]
    step = asyncio.create_task(reactor.step(world.line))
    await begun.wait()
    assert _gauge("atrium_consumer_lag_seconds") == 0
    world.clock.advance(90)
    assert _gauge("atrium_consumer_lag_seconds") == 90
    let_go.set()
    await step
    await reactor.step(world.line)
    assert _gauge("atrium_consumer_lag_seconds") == 0


async def test_what_another_process_has_redriven_is_not_told_to_be_parked_here_any_longer(world: World) -> None:
    world.broken = {1}
    world.line.waiting = [received(1, "a")]
    supervisor = Supervisor()
    supervisor.start("r", world.reactor().run)
    async with asyncio.timeout(10):
        while _gauge("atrium_consumer_parked") != 1:
            await asyncio.sleep(0)
        (document,) = await parked(world.store.documents, "r")
        await world.store.documents.write([Delete(PARKED_MESSAGES.name, document.key, 0, Any())])
        while _gauge("atrium_consumer_parked") != 0:
            world.clock.advance(1)
            await asyncio.sleep(0)
    await supervisor.stop()


def _gauge(name: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"reactor": "r"})


async def test_a_request_to_redrive_is_taken_by_whoever_runs_the_reactor(world: World) -> None:
    world.broken = {1}
    world.line.waiting = [received(1, "a")]
    supervisor = Supervisor()
    supervisor.start("r", world.reactor().run)
    async with asyncio.timeout(10):
        while not await world.parked():
            await asyncio.sleep(0)
        world.broken = set()
        await request_redrive(world.store.documents, "r", at=world.clock.now())
        while await is_requested(world.store.documents, "r"):
            world.clock.advance(1)
            await asyncio.sleep(0)
    assert world.done == [1]
    assert await world.parked() == []
    await supervisor.stop()


async def test_of_a_parked_message_only_what_its_handler_reads_is_kept(world: World) -> None:
    world.broken = {1}

    def trim(message: Message) -> Message:
        return replace(message, data={"n": message.data["n"]})

    reactor = Reactor("r", ["t"], world.handle, bus=OneLineBus(world.line), documents=world.store.documents,
                      clock=world.clock, trim=trim, retry_seconds=0)  # fmt: skip
    first = received(1, "a")
    world.line.waiting = [replace(first, message=replace(first.message, data={"n": 1, "name": "Jane Doe"}))]
    await reactor.step(world.line)
    (kept,) = await parked(world.store.documents, "r")
    assert "Jane" not in str(kept.body)
    world.broken = set()
    assert await reactor.redrive() == 1


async def test_what_a_parked_message_says_of_a_person_is_handled_later_and_forgotten_with_the_person(
    world: World,
) -> None:
    told: list[object] = []

    async def handle(message: Message) -> None:
        if message.data["n"] in world.broken:
            raise ValueError("broken")
        told.append(message.data["name"])

    world.store.documents.declare([SUBJECT_KEYS])
    vault = Vault(world.store.documents, MasterKeys({"k": bytes(32)}), clock=world.clock)
    reactor = Reactor("r", ["t"], handle, bus=OneLineBus(world.line), documents=world.store.documents,
                      clock=world.clock, sealing=vault, retry_seconds=0)  # fmt: skip
    world.broken = {1, 2}
    for number, subject in ((1, "usr_1"), (2, "usr_2")):
        first = received(number, subject)
        data: JSONObject = {"n": number, "name": "Jane Doe"}
        message = replace(first.message, data=data, personal={"/name": subject})
        world.line.waiting.append(replace(first, message=message))
    await reactor.step(world.line)
    assert "Jane" not in str([each.body for each in await parked(world.store.documents, "r")])
    await vault.forget("usr_2")
    world.broken = set()
    assert await reactor.redrive() == 2
    assert told == ["Jane Doe", None]


@pytest.mark.parametrize("away", [StoreUnavailable("away"), Unavailable("away"), GatewayTimeout(), Contended("c")])
async def test_what_is_away_parks_nothing(world: World, away: Exception) -> None:
    answers: list[Exception | None] = [away, away, None]

    async def handle(message: Message) -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        world.done.append(message.data["n"])

    reactor = Reactor("r", ["t"], handle, bus=OneLineBus(world.line), documents=world.store.documents,
                      clock=world.clock, retry_seconds=0)  # fmt: skip
    world.line.waiting = [received(1, "a")]
    await reactor.step(world.line)
    assert world.done == [1]
    assert await world.parked() == []


async def test_what_another_process_has_parked_holds_its_key_back_here_once_its_line_is_ours(world: World) -> None:
    here, elsewhere = world.reactor(), world.reactor()
    world.line.waiting = [received(1, "b")]
    await here.step(world.line)
    world.broken = {2}
    world.line.waiting = [received(2, "a")]
    await elsewhere.step(world.line)
    world.line.turn += 1
    world.line.waiting = [received(3, "a"), received(4, "b")]
    await here.step(world.line)
    assert world.done == [1, 4]
    assert await world.parked() == ["r/evt_2", "r/evt_3"]


async def test_parked_messages_of_a_key_are_redriven_in_its_order_whatever_clocks_have_said(world: World) -> None:
    world.broken = {1, 2}
    here, behind = world.reactor(), FakeClock()
    elsewhere = Reactor("r", ["t"], world.handle, bus=OneLineBus(world.line), documents=world.store.documents,
                        clock=behind, retry_seconds=0)  # fmt: skip
    world.clock.advance(60)
    world.line.waiting = [received(1, "a")]
    await here.step(world.line)
    world.line.waiting = [received(2, "a"), received(3, "a")]
    await elsewhere.step(world.line)
    world.broken = set()
    assert await here.redrive() == 3
    assert world.done == [1, 2, 3]


async def test_a_key_is_held_back_however_many_messages_are_parked(world: World) -> None:
    world.store.documents.declare([PARKED_MESSAGES])
    many = [
        Put(PARKED_MESSAGES.name, f"r/old_{n}", {"reactor": "r", "key": f"t/{n}", "at": "2000", "offset": n}, 1, Any())
        for n in range(10_001)
    ]
    await world.store.documents.write(many)
    world.line.waiting = [received(20_000, "10000"), received(20_001, "else")]
    await world.reactor().step(world.line)
    assert world.done == [20_001]
    (listed,) = (await parked_by_reactor(world.store.documents)).values()
    assert len(listed) == 10_002
    assert listed[0].key == "r/old_0"


async def test_nothing_is_handled_behind_the_back_of_a_reactor_that_has_failed(world: World) -> None:
    begun, over = asyncio.Event(), asyncio.Event()

    async def handle(message: Message) -> None:
        if message.key == "slow":
            begun.set()
            await over.wait()
            world.done.append(message.data["n"])
            return
        await begun.wait()
        raise ValueError("broken")

    def unfit(message: Message) -> Message:
        raise LookupError(message.id)

    reactor = Reactor("r", ["t"], handle, bus=OneLineBus(world.line), documents=world.store.documents,
                      clock=world.clock, trim=unfit, retry_seconds=0)  # fmt: skip
    world.line.waiting = [received(1, "slow"), received(2, "a")]
    step = asyncio.create_task(reactor.step(world.line))
    await begun.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not step.done()
    over.set()
    with pytest.raises(LookupError):
        await step
    assert world.done == [1]
    assert world.line.committed == []


async def test_a_message_that_can_not_be_prepared_is_parked_and_the_rest_of_its_batch_is_not(world: World) -> None:
    prepared: list[object] = []

    async def before(messages: Sequence[Message]) -> None:
        numbers = [message.data["n"] for message in messages]
        if world.broken.intersection(numbers):
            raise KeyError("object")
        prepared.extend(numbers)

    reactor = Reactor("r", ["t"], world.handle, bus=OneLineBus(world.line), documents=world.store.documents,
                      clock=world.clock, before=before, retry_seconds=0)  # fmt: skip
    world.broken = {2}
    world.line.waiting = [received(1, "a"), received(2, "b"), received(3, "b"), received(4, "c")]
    await reactor.step(world.line)
    assert (world.done, prepared) == ([1, 4], [1, 4])
    assert await world.parked() == ["r/evt_2", "r/evt_3"]
    world.broken = set()
    assert await reactor.redrive() == 2
    assert prepared == [1, 4, 2, 3]
