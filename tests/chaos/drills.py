"""What goes wrong: each drill begins a fault, holds it, and ends it; how long everything then takes is measured."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.balancer import Balancer
from tests.chaos.fleet import SERVICES, Fleet, Member
from tests.chaos.launched import set_ahead
from tests.chaos.network import Apart
from tests.infra.kafka import KafkaBroker
from tests.infra.mongo import MongoServer

LEASE_AND_MORE = 7.0
"""Longer than a lease of the relay, the projector or a dispatcher's line: others take over meanwhile."""


@dataclass
class Ground:
    """What the drills may lay hands on."""

    fleet: Fleet
    chances: random.Random
    disk: Path | None = None
    """The small file system of the data directory, where it has one."""
    kafka: KafkaBroker | None = None
    mongo: MongoServer | None = None
    mongo_door: Balancer | None = None
    notes: list[str] = field(default_factory=list)

    def one(self, *services: str) -> Member:
        """A process of one of these services, by chance."""
        return self.chances.choice([member for service in services for member in self.fleet.of(service)])

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass(frozen=True, slots=True)
class Drill:
    """A fault with its name. `strict`: no request may fail meanwhile, not even one that is sent again."""

    name: str
    run: Callable[[Ground], Awaitable[None]]
    needs: Callable[[Ground], bool] = lambda _: True
    strict: bool = False


async def kill_one_of_two(ground: Ground) -> None:
    for victim in (ground.one("tenancy"), ground.one("webhooks"), ground.one("entitlements")):
        victim.tell(signal.SIGKILL)
        ground.note(victim.name)
        await asyncio.sleep(0.5)


async def kill_both(ground: Ground) -> None:
    service = ground.chances.choice(SERVICES[:3])
    ground.note(service)
    for victim in ground.fleet.of(service):
        victim.tell(signal.SIGKILL)


async def kill_a_gateway(ground: Ground) -> None:
    victim = ground.one("gateway")
    ground.note(victim.name)
    victim.tell(signal.SIGKILL)


async def pause(ground: Ground, *services: str, seconds: float = LEASE_AND_MORE) -> None:
    victim = ground.one(*services)
    ground.note(victim.name)
    victim.tell(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    victim.tell(signal.SIGCONT)


async def cut_off(ground: Ground, *services: str, seconds: float = LEASE_AND_MORE) -> None:
    place = (victim := ground.one(*services)).place
    assert isinstance(place, Apart)
    ground.note(victim.name)
    place.cut()
    try:
        await asyncio.sleep(seconds)
    finally:
        place.join()


async def jump_clocks(ground: Ground) -> None:
    """Every process's wall clock to another time, up to two minutes before or after."""
    for member in ground.fleet.members.values():
        set_ahead(member.clock, ground.chances.uniform(-120, 120))
    await asyncio.sleep(5)
    for member in ground.fleet.members.values():
        set_ahead(member.clock, 0)


async def fill_the_disk(ground: Ground) -> None:
    assert ground.disk is not None
    filler = ground.disk / "filler"
    await asyncio.to_thread(_fill, filler)
    try:
        for _ in range(10):
            await asyncio.sleep(0.5)
            await asyncio.to_thread(_fill, filler)
    finally:
        filler.unlink()


async def limit_memory(ground: Ground) -> None:
    """One process of each service gets no more memory than it has."""
    victims = [ground.one(service) for service in SERVICES]
    ground.note(", ".join(victim.name for victim in victims))
    pids = [victim.pid for victim in victims]
    before = {}
    for pid in pids:
        before[pid] = resource.prlimit(pid, resource.RLIMIT_AS)
        size = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.prlimit(pid, resource.RLIMIT_AS, (size + (1 << 20), before[pid][1]))
    await asyncio.sleep(5)
    for pid in pids:
        try:
            resource.prlimit(pid, resource.RLIMIT_AS, before[pid])
        except ProcessLookupError:
            ground.note(f"{pid} has died of it")


async def kill_kafka(ground: Ground) -> None:
    assert ground.kafka is not None
    ground.kafka.process.kill()
    await asyncio.sleep(2)
    await asyncio.to_thread(ground.kafka.process.start)


async def pause_kafka(ground: Ground) -> None:
    assert ground.kafka is not None
    ground.kafka.process.pause()
    await asyncio.sleep(LEASE_AND_MORE)
    ground.kafka.process.resume()


async def kill_mongo(ground: Ground) -> None:
    assert ground.mongo is not None
    ground.mongo.process.kill()
    await asyncio.sleep(2)
    await asyncio.to_thread(ground.mongo.process.start)


async def pause_mongo(ground: Ground) -> None:
    assert ground.mongo is not None
    ground.mongo.process.pause()
    await asyncio.sleep(LEASE_AND_MORE)
    ground.mongo.process.resume()


async def break_connections_to_mongo(ground: Ground) -> None:
    assert ground.mongo_door is not None
    for _ in range(6):
        ground.mongo_door.reset()
        await asyncio.sleep(0.3)
    ground.mongo_door.refuse(True)
    await asyncio.sleep(2)
    ground.mongo_door.refuse(False)


async def roll_to_a_newer_version(ground: Ground) -> None:
    """Each process is replaced by one of a newer version, one at a time: services first, then the gateways."""
    fleet = ground.fleet
    for service in SERVICES:
        for old in fleet.of(service):
            name = f"{old.name}-newer"
            fleet.add(service, name, newer=True)
            await fleet.until_ready(name)
            code = await fleet.retire(old)
            assert code == 0, f"{old.name} ended with {code}"


def _apart(ground: Ground) -> bool:
    return ground.fleet.network.cuts


OF_PROCESSES = (
    Drill("kill -9 one of two of each service", kill_one_of_two),
    Drill("kill -9 both processes of a service", kill_both),
    Drill("kill -9 a gateway", kill_a_gateway),
    Drill("pause tenancy for longer than its leases", lambda ground: pause(ground, "tenancy")),
    Drill("pause webhooks for longer than its leases", lambda ground: pause(ground, "webhooks")),
    Drill("pause entitlements", lambda ground: pause(ground, "entitlements")),
    Drill("pause a gateway", lambda ground: pause(ground, "gateway", seconds=4)),
    Drill("cut a service off", lambda ground: cut_off(ground, *SERVICES[:3]), _apart),
    Drill("cut a gateway off", lambda ground: cut_off(ground, "gateway"), _apart),
    Drill("jump every clock", jump_clocks),
    Drill("limit memory", limit_memory),
    Drill("fill the disk", fill_the_disk, lambda ground: ground.disk is not None),
)
OF_SERVERS = (
    Drill("kill -9 Kafka and start it again", kill_kafka, lambda ground: ground.kafka is not None),
    Drill("pause Kafka", pause_kafka, lambda ground: ground.kafka is not None),
    Drill("kill -9 the store's server and start it again", kill_mongo, lambda ground: ground.mongo is not None),
    Drill("pause the store's server", pause_mongo, lambda ground: ground.mongo is not None),
    Drill("break the connections to the store", break_connections_to_mongo, lambda ground: ground.mongo is not None),
)
DRILLS = (*OF_PROCESSES, *OF_SERVERS)
FIRST = Drill("roll every process to a newer version", roll_to_a_newer_version, strict=True)
"""Comes first: no request may fail meanwhile, not even for what an earlier drill has left."""


def _fill(path: Path) -> None:
    """Write until the disk is full."""
    block = b"\0" * 65536
    with path.open("ab", buffering=0) as file:
        for size in (65536, 512, 1):
            try:
                while True:
                    if file.write(block[:size]) < size:
                        break
            except OSError:
                continue
