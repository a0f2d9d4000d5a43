"""One run: the suite on one stack, the story's load, the drills in an order by chance, and what the checker says."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.balancer import Balancer
from tests.chaos.client import TRY_SECONDS, Client
from tests.chaos.drills import DRILLS, FIRST, OF_SERVERS, Drill, Ground
from tests.chaos.fleet import Fleet
from tests.chaos.journal import Journal, State
from tests.chaos.looking import observe, settle
from tests.chaos.network import Network, inside, network
from tests.chaos.receiver import Receiver
from tests.chaos.reconciling import Finding, reconcile
from tests.chaos.story import KINDS, Story
from tests.infra.kafka import KAFKAS_SESSION_SECONDS, KafkaBroker
from tests.infra.mongo import MongoServer

STACKS = ("embedded", "kafka+mongodb")
SETTINGS = {
    # Failures last no longer than a drill and what comes after it.
    "ATRIUM_WEBHOOKS_RETRY_SCHEDULE": "0,0.5,1,2,3,5,8,8,8,8,8",
    "ATRIUM_WEBHOOKS_BREAKER_PROBE_SECONDS": "2",
    "ATRIUM_WEBHOOKS_ALLOWED_NETWORKS": "127.0.0.0/8,10.77.0.0/24",
    "ATRIUM_UNAUTHENTICATED_PER_MINUTE": "100000",
}
DISK_MIB = 96
SAMPLED = 3
STRICT_TRY_SECONDS = 30.0
PACES = {"embedded": 1.0, "kafka+mongodb": 1.5}
RECOVERY_SECONDS = 60.0
_QUIET_BEFORE = 1.0


@dataclass(frozen=True, slots=True)
class Recovery:
    """How one drill went: seconds from the fault's end until every kind of request and a new webhook went well."""

    drill: str
    held: float
    answers: float | None
    webhooks: float | None
    failures: int
    notes: str = ""


@dataclass
class Report:
    """What a run has shown."""

    stack: str
    seed: int
    recoveries: list[Recovery] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        slow = [each for each in self.recoveries if each.answers is None or each.webhooks is None]
        return not self.findings and not slow


async def burn(stack: str, seed: int, directory: Path, drills: Sequence[Drill] = (FIRST, *DRILLS)) -> Report:
    """Run the drills against the suite on this stack, and reconcile."""
    report = Report(stack, seed)
    with network() as net:
        async with (
            grounds(stack, seed, directory, net) as ground,
            telling(ground, seed, pace=PACES[stack]) as (story, receiver),
        ):
            fitting = [drill for drill in drills if drill.needs(ground)]
            report.not_run = [drill.name for drill in drills if not drill.needs(ground)]
            first = [drill for drill in fitting if drill is FIRST]
            rest = [drill for drill in fitting if drill is not FIRST]
            if ground.kafka is not None:
                # Everything takes longer there: of what the other stack goes through too, a few by chance.
                of_both = [drill for drill in rest if drill not in OF_SERVERS]
                left_out = ground.chances.sample(of_both, max(0, len(of_both) - SAMPLED))
                rest = [drill for drill in rest if drill not in left_out]
                report.not_run += [f"{drill.name} (by chance)" for drill in left_out]
            ground.chances.shuffle(rest)
            for drill in (*first, *rest):
                recovery = await _through(drill, ground, story, receiver)
                report.recoveries.append(recovery)
                print(_line(recovery), flush=True)
                story.check()
                if recovery.answers is None:
                    break
            await story.end()
            settling, waited_for = await settle(story)
            observed = await observe(story, receiver)
            entries = list(story.client.journal.entries.values())
            report.findings = reconcile(entries, observed)
            for recovery in report.recoveries:
                if recovery.drill == FIRST.name and recovery.failures:
                    report.findings.append(Finding("refused", FIRST.name, f"{recovery.failures} requests failed"))
            states = Counter(str(entry.state) for entry in entries)
            attempts = Counter(receipt.delivery_id for receipt in observed.receipts)
            report.figures = {
                "requests": dict(states),
                "tries that failed": sum(story.client.failures.values()),
                "public events": len(observed.logged),
                "on the stream": len(observed.streamed),
                "deliveries": len(observed.deliveries),
                "attempts received": len(observed.receipts),
                "deliveries received more than once": sum(count > 1 for count in attempts.values()),
                "settled after (s)": round(settling, 1),
                "the last to settle": waited_for,
                "asked without a final word": states[State.ASKED],
            }
            if report.findings:
                (directory / "logs").write_text(ground.fleet.log_tail(20_000))
    return report


@contextlib.asynccontextmanager
async def grounds(stack: str, seed: int, directory: Path, net: Network) -> AsyncIterator[Ground]:
    """The suite on this stack, with everything that the drills need."""
    chances = random.Random(seed)
    async with contextlib.AsyncExitStack() as closing:
        fleet = Fleet(directory, net, SETTINGS)
        ground = Ground(fleet, chances)
        if stack == "embedded" and inside():
            closing.enter_context(_small_disk(fleet.data))
            ground.disk = fleet.data
        elif stack != "embedded":
            ground.kafka = KafkaBroker(host=net.hub, session_seconds=KAFKAS_SESSION_SECONDS)
            closing.callback(ground.kafka.close)
            ground.mongo = MongoServer()
            closing.callback(ground.mongo.close)
            await asyncio.gather(
                asyncio.to_thread(ground.kafka.process.start), asyncio.to_thread(ground.mongo.process.start)
            )
            port = int(ground.mongo.url.rpartition(":")[2])
            door = Balancer(net.hub, net.hub_port(), lambda: [("127.0.0.1", port)])
            ground.mongo_door = await closing.enter_async_context(door)
            name = os.urandom(4).hex()
            fleet.settings |= {
                "ATRIUM_MONGODB_URL": f"mongodb://{door.host}:{door.port}",
                "ATRIUM_MONGODB_PREFIX": f"fire_{name}_",
                "ATRIUM_KAFKA_BOOTSTRAP": ground.kafka.bootstrap,
                "ATRIUM_KAFKA_PARTITIONS": "3",
            }
        await closing.enter_async_context(fleet.running())
        yield ground


@contextlib.asynccontextmanager
async def telling(ground: Ground, seed: int, *, pace: float = 1.0) -> AsyncIterator[tuple[Story, Receiver]]:
    fleet = ground.fleet
    journal = Journal(fleet.directory / "journal.jsonl")
    receiver = Receiver(fleet.network.hub, fleet.network.hub_port(), seed=seed)
    async with receiver, Client(fleet, journal) as client:
        story = Story(client, receiver, seed=seed, pace=pace)
        await story.prepare()
        story.begin()
        yield story, receiver


async def _through(drill: Drill, ground: Ground, story: Story, receiver: Receiver) -> Recovery:
    await asyncio.sleep(_QUIET_BEFORE)
    ground.notes.clear()
    failures = sum(story.client.failures.values())
    before = Counter(story.client.failures)
    began = time.monotonic()
    # Slow is not failed, where the processes that start take the machine from the others.
    story.client.try_seconds = STRICT_TRY_SECONDS if drill.strict else TRY_SECONDS
    await drill.run(ground)
    ended = time.monotonic()
    answers = await _until(lambda: _all_answer(story, ended), ended)
    webhooks = await _until(lambda: _a_new_event_has_arrived(story, receiver, ended), ended) if answers else None
    failed = sum(story.client.failures.values()) - failures
    if drill.strict and failed:
        ground.note(str(dict(Counter(story.client.failures) - before)))
    return Recovery(drill.name, ended - began, answers, webhooks, failed, "; ".join(ground.notes))


async def _until(holds: object, since: float) -> float | None:
    assert callable(holds)
    while not holds():
        if time.monotonic() - since > RECOVERY_SECONDS:
            return None
        await asyncio.sleep(0.1)
    return time.monotonic() - since


def _all_answer(story: Story, since: float) -> bool:
    """Every kind of request that was begun since has gone well, and each gateway has answered."""
    journal = story.client.journal
    good = {kind: list(journal.since(since, kind)) for kind in KINDS}
    doors = {entry.door for entries in good.values() for entry in entries}
    return all(good.values()) and doors >= {door.name for door in story.client.doors()}


def _a_new_event_has_arrived(story: Story, receiver: Receiver, since: float) -> bool:
    new = {entry.id for entry in story.client.journal.since(since, "event")}
    return any(receipt.event_id in new for receipt in reversed(receiver.receipts) if receipt.at > since)


@contextlib.contextmanager
def _small_disk(path: Path) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(path)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def _line(recovery: Recovery) -> str:
    def seconds(value: float | None) -> str:
        return "   never" if value is None else f"{value:6.1f} s"

    return (
        f"  {recovery.drill:<46} held {recovery.held:4.1f} s  answers {seconds(recovery.answers)}"
        f"  webhooks {seconds(recovery.webhooks)}  failed tries {recovery.failures:4}  {recovery.notes}"
    )
