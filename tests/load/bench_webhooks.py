"""The dispatcher's figures beside a bare aiohttp client that posts the same signed bodies, in one run.

`python tests/load/bench_webhooks.py [--events N] [--backlog N] [--seconds S] [--profile]`; `--waiting 1000000`
measures instead, embedded, how fast a backlog is drained with so many waiting. With
`ATRIUM_TEST_KAFKA_BOOTSTRAP` and `ATRIUM_TEST_MONGODB_URL` and `--stack kafka+mongodb` on those. The receiver, the
events' source and the engine are a process each: of the engine's, one core is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, cast

import aiohttp
import orjson
import uvloop

from atrium_common.bus.kafka import KafkaBus
from atrium_common.bus.log import LogBus, Source
from atrium_common.bus.ports import Bus
from atrium_common.clock import SystemClock
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.reactor import Reactor
from atrium_common.eventing.relay import Relay
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.process import search_seldom
from atrium_common.store.commit import EventRecord, Proposal, Publication, Slice
from atrium_common.store.documents import Any as AnyVersion
from atrium_common.store.documents import Put
from atrium_common.store.mongo import MongoStore
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from atrium_common.wiring import KERNEL_COLLECTIONS
from atrium_webhooks import rows
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import new_credentials
from atrium_webhooks.domain.delivery import delivery_id, new_delivery
from atrium_webhooks.domain.signing import signature, standard_signature
from atrium_webhooks.engine import Engine, engine
from atrium_webhooks.settings import WebhooksSettings

TOPIC = "tenancy.events"
WORKSPACE = "wks_bench"
ENDPOINTS = 20
SECRET = "whsec_" + "A" * 43 + "="
SEALING = MasterKeys({"k": bytes(32)})
PILED_EVENTS = 10_000
TIMED = re.compile(rb'"t":([0-9.]+)')


@dataclass(frozen=True, slots=True)
class Stack:
    """Where everything is kept, and how it travels."""

    directory: Path
    name: str = ""

    @property
    def is_embedded(self) -> bool:
        return not self.name

    def store(self, service: str) -> Store:
        if self.is_embedded:
            return SqliteStore(self.directory / f"{service}.db")
        return MongoStore(os.environ["ATRIUM_TEST_MONGODB_URL"], database=f"bench_{self.name}_{service}")

    async def bus(self, source: Store, documents: Any) -> Bus:
        clock = SystemClock()
        if self.is_embedded:
            vault = Vault(source.documents, SEALING, clock=clock)
            return LogBus(
                {TOPIC: Source("tenancy", source.log, vault.open)},
                documents=documents, clock=clock, ids=TimeOrderedIds(),
            )  # fmt: skip
        bus = KafkaBus(
            os.environ["ATRIUM_TEST_KAFKA_BOOTSTRAP"], topics=[TOPIC], prefix=f"bench.{self.name}.",
            partitions=3, clock=clock,
        )  # fmt: skip
        await bus.open()
        return bus


def say(what: str, figure: str, wanted: str = "") -> None:
    print(f"{what:<66}{figure:>16}   {wanted}", flush=True)


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


class Receiver(asyncio.Protocol):
    """Answers 204 to whole requests as fast as it can; neighbours get no answer once they have been told to hang."""

    hanging: ClassVar[bool] = False
    counts: ClassVar[dict[bytes, int]] = {}
    latencies: ClassVar[list[float]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            found = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            length = int(found[1]) if found else 0
            if len(self.buffer) < end + 4 + length:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + length], self.buffer[end + 4 + length :]
            self.answer(head.split(b" ", 2)[1], body)

    def answer(self, path: bytes, body: bytes) -> None:
        if path.startswith(b"/stats"):
            told = orjson.dumps({"latencies": self.latencies, "received": sum(self.counts.values())})
            self.latencies.clear()
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))
            return
        is_neighbour = path.startswith(b"/neighbour")
        if path.startswith(b"/hang"):
            Receiver.hanging = True
        if is_neighbour and self.hanging:
            return
        self.counts[path] = self.counts.get(path, 0) + 1
        timed = TIMED.search(body)
        if timed and float(timed[1]) and not is_neighbour:
            self.latencies.append((time.monotonic() - float(timed[1])) * 1000)
        self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


async def receive(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def open_engine(stack: Stack) -> tuple[Engine, Reactor, Store, Repository]:
    store, source = stack.store("webhooks"), stack.store("tenancy")
    await store.open([*KERNEL_COLLECTIONS, *rows.COLLECTIONS])
    await source.open(KERNEL_COLLECTIONS)
    clock, ids = SystemClock(), TimeOrderedIds()
    vault = Vault(store.documents, SEALING, clock=clock)
    codec = Codec(EventRegistry(rows.EVENTS), vault)
    repository = Repository(store, codec=codec, ids=ids, deciders=rows.DECIDERS)
    told: dict[str, Any] = {"webhooks_allowed_networks": "127.0.0.0/8"}
    made = engine(WebhooksSettings(**told), store, repository, vault=vault, clock=clock, ids=ids)
    reactor = Reactor(
        "webhooks.fan_out",
        (TOPIC,),
        made.fan_out.handle,
        bus=await stack.bus(source, store.documents),
        documents=store.documents,
        clock=clock,
        before=made.fan_out.before,
    )
    return made, reactor, store, repository


async def work(stack: Stack, *, profile: bool) -> None:
    """The engine's process: says every hundredth of a second how many deliveries have been recorded."""
    made, reactor, _, _ = await open_engine(stack)
    search_seldom()  # as every service does
    jobs = [asyncio.create_task(made.dispatcher.run()), asyncio.create_task(reactor.run())]
    profiler = cProfile.Profile() if profile else None
    if profiler:
        profiler.enable()
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ending.set)
    last = -1
    while not ending.is_set():
        number = sum(lane.successes for lane in list(made.dispatcher._lanes.values()))
        if number != last:
            print(orjson.dumps([time.monotonic(), number, time.process_time()]).decode(), flush=True)
            last = number
        await asyncio.sleep(0.01)
    if profiler:
        profiler.disable()
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(45)
    for job in jobs:
        job.cancel()
    await asyncio.gather(*jobs, return_exceptions=True)
    await made.sender.close()
    sys.stdout.flush()
    os._exit(0)


class Worked:
    """The engine's process, from outside."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.seen: list[tuple[float, int, float]] = []

    async def until(self, number: int, seconds: float = 600) -> float:
        """When so many were recorded."""
        assert self.process.stdout is not None
        async with asyncio.timeout(seconds):
            while not self.seen or self.seen[-1][1] < number:
                line = await self.process.stdout.readline()
                assert line, "the engine has ended"
                if line.startswith(b"["):  # and no word of the log
                    moment, count, cpu = orjson.loads(line)
                    self.seen.append((moment, count, cpu))
        return self.seen[-1][0]

    def between(self, low: int, high: int) -> tuple[float, float]:
        """Deliveries a second from the low-th to the high-th, and the engine's CPU seconds for each thousand."""
        start = next(each for each in self.seen if each[1] >= low)
        end = next(each for each in self.seen if each[1] >= high)
        number = max(1, end[1] - start[1])
        return number / max(1e-9, end[0] - start[0]), (end[2] - start[2]) / number * 1000


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    made = await asyncio.create_subprocess_exec(
        sys.executable, __file__, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield made
    finally:
        assert made.stdin is not None
        made.stdin.write(b"\n")
        try:
            await asyncio.wait_for(made.wait(), 3 if arguments[0] == "receive" else 20)
        except TimeoutError:
            made.kill()
            await made.wait()


@asynccontextmanager
async def working(stack: Stack, *, profile: bool = False) -> AsyncIterator[Worked]:
    arguments = ["work", str(stack.directory), stack.name or "-", *(["--profile"] if profile else [])]
    async with process(*arguments) as made:
        yield Worked(made)


def committed(number: int, *, timed: bool) -> Proposal:
    data: JSONObject = {
        "object": {
            "id": f"ns_{number:026}",
            "type": "namespace",
            "attributes": {"name": "Acme Corporation", "slug": "acme-corp", "description": "x" * 120, "n": number},
        },
        "t": round(time.monotonic(), 6) if timed else 0.0,
    }
    published = Publication(
        type="namespace.created", data=data, key=WORKSPACE, workspace_ids=(WORKSPACE,), livemode=None,
        workspace_id=WORKSPACE,
    )  # fmt: skip
    unique = f"{number:010}{os.urandom(4).hex()}"
    record = EventRecord(f"evt_{unique}", "namespace.created", 1, {"n": number}, published)
    return Proposal(f"c{unique}", datetime.now(UTC), (Slice(f"namespace/{unique}", 0, (record,)),), outcome={})


async def endpoint(repository: Repository, url: str) -> str:
    endpoint_id = repository.ids.new("wh")
    settings = domain.EndpointSettings(url=url, events=("namespace.*",))
    created = domain.WebhookCreated(
        workspace_id=WORKSPACE,
        settings=settings,
        credentials=new_credentials(endpoint_id, secret=SECRET, randomness=os.urandom),
        is_active=True,
        livemode=True,
        at=datetime.now(UTC),
    )

    async def decide(tx: Transaction) -> JSONObject:
        await tx.emit(rows.ENDPOINT, endpoint_id, created)
        return {}

    await repository.transact(Command(repository.ids.new("cmd"), datetime.now(UTC)), decide)
    return endpoint_id


async def bare(url: str, seconds: float) -> tuple[float, float]:
    """Posts a second and CPU seconds for each thousand, of a plain ClientSession that sends the same."""
    body = orjson.dumps(
        {"id": "evt_bare", "type": "namespace.created", "created_at": "2026-01-01T00:00:00.000Z",
         "workspace_id": WORKSPACE, "livemode": True,
         "data": {"object": {"id": f"ns_{0:026}", "type": "namespace", "attributes": {
             "name": "Acme Corporation", "slug": "acme-corp", "description": "x" * 120, "n": 1}}, "t": 0.0}}
    )  # fmt: skip
    done = 0
    ending = time.monotonic() + seconds

    async def post(session: aiohttp.ClientSession) -> None:
        nonlocal done
        while time.monotonic() < ending:
            now = int(time.time())
            headers = {
                "Content-Type": "application/json", "User-Agent": "Atrium-Webhooks/1", "X-Webhook-ID": "evt_bare",
                "X-Webhook-Event": "namespace.created", "X-Webhook-Delivery": "del_bare", "X-Webhook-Attempt": "1",
                "X-Webhook-Timestamp": str(now), "X-Webhook-Signature": signature(SECRET, body),
                "webhook-id": "evt_bare", "webhook-timestamp": str(now),
                "webhook-signature": standard_signature([SECRET], message_id="evt_bare", timestamp=now, body=body),
            }  # fmt: skip
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                await answer.read()
                assert answer.status == 204
            done += 1

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        began, used = time.monotonic(), time.process_time()
        await asyncio.gather(*(post(session) for _ in range(ENDPOINTS * 5)))
        return done / (time.monotonic() - began), (time.process_time() - used) / done * 1000


async def paced(source: Store, base: str, *, rate: int, seconds: float, start: int) -> list[float]:
    """The latencies, from before the commit to the receipt, of events at this rate."""
    began = time.monotonic()
    tasks = []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(source.log.append(committed(start + number, timed=True))))
    await asyncio.gather(*tasks)
    await asyncio.sleep(2)
    async with aiohttp.ClientSession() as session, session.get(f"{base}/stats") as answer:
        return list((await answer.json(content_type=None))["latencies"])


async def backlog(store: Store, endpoint_id: str, number: int, *, events_alone: bool = False) -> None:
    """So many deliveries in the line of one endpoint, as if nobody had sent for long; or their events alone."""
    event = {
        "type": "namespace.created", "time": "2026-01-01T00:00:00+00:00", "created_at": "2026-01-01T00:00:00.000Z",
        "workspace_id": WORKSPACE, "workspace_ids": [WORKSPACE], "livemode": None, "received_at": "",
        "subjects": [], "endpoints": [], "data": '{"t":0.0}', "attributes": {"traceparent": ""},
    }  # fmt: skip
    puts: list[Put] = []
    for n in range(number):
        event_id = f"evt_{n:026}"
        body = new_delivery(
            event_id=event_id, event_type="namespace.created", event_time="2026-01-01T00:00:00.000Z",
            endpoint_id=endpoint_id, workspace_id=WORKSPACE, livemode=True, sequence=n + 1,
            now="2026-01-01T00:00:00.000Z",
        )  # fmt: skip
        puts.append(Put(rows.EVENTS_SEEN.name, event_id, dict(event), 1, AnyVersion()))  # type: ignore[arg-type]
        if not events_alone:
            puts.append(Put(rows.DELIVERIES.name, delivery_id(event_id, endpoint_id), body, 1, AnyVersion()))
        if len(puts) >= 2000 or n == number - 1:
            await store.documents.write(puts)
            puts.clear()


async def measure(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        name = os.urandom(4).hex() if options.stack == "kafka+mongodb" else ""
        stack = Stack(Path(folder), name)
        async with process("receive") as receiver:
            assert receiver.stdout is not None
            base = f"http://127.0.0.1:{int(await receiver.stdout.readline())}"
            if options.waiting:
                await waiting(stack, base, options.waiting, options.seconds)
            else:
                await measured(stack, base, options)


async def measured(stack: Stack, base: str, options: argparse.Namespace) -> None:
    _, _, _, repository = await open_engine(stack)
    source = stack.store("tenancy")
    await source.open(KERNEL_COLLECTIONS)
    relaying = await relay(stack, source)
    for number in range(ENDPOINTS):
        await endpoint(repository, f"{base}/{number}")
    events = -(-options.events // ENDPOINTS)
    total = events * ENDPOINTS
    for start in range(0, events, 200):
        proposals = [committed(number, timed=False) for number in range(start, min(start + 200, events))]
        await asyncio.gather(*(source.log.append(proposal) for proposal in proposals))
    say("stack", "embedded" if stack.is_embedded else "Kafka + MongoDB")
    first, used = await bare(f"{base}/bare", options.seconds)
    say("bare aiohttp POSTs a second, before", f"{first:,.0f}")
    async with working(stack, profile=options.profile) as worked:
        await worked.until(total)
    second, again = await bare(f"{base}/bare", options.seconds)
    rate, cpu = worked.between(total // 10, total - total // 20)
    plain = statistics.mean([first, second])
    say("bare aiohttp POSTs a second, after", f"{second:,.0f}")
    say(f"deliveries a second, committed → recorded ({total:,})", f"{rate:,.0f}", f"{rate / plain:.2f} of bare (½)")
    own = statistics.mean([used, again])
    say("CPU of the bare client for each POST", f"{own * 1000:,.0f} µs")
    say("CPU of the engine for each delivery", f"{cpu * 1000:,.0f} µs", f"{cpu / own:.2f} times bare (2)")
    for number in range(ENDPOINTS):
        await endpoint(repository, f"{base}/neighbour/{number}")
    async with working(stack) as worked:
        await asyncio.sleep(4)
        calm = await paced(source, base, rate=100 // ENDPOINTS, seconds=options.seconds, start=10**6)
        wanted = "< 150 ms" if stack.is_embedded else "< 300 ms"
        say(
            f"event → receipt, 100 deliveries/s, as many to {ENDPOINTS} neighbours: p50",
            f"{percentile(calm, 0.5):.1f} ms",
        )
        say("the same: p99", f"{percentile(calm, 0.99):.1f} ms", wanted)
        async with aiohttp.ClientSession() as session, session.get(f"{base}/hang") as answer:
            assert answer.status == 204
        await paced(source, base, rate=100 // ENDPOINTS, seconds=2, start=2 * 10**6)
        beside = await paced(source, base, rate=100 // ENDPOINTS, seconds=options.seconds, start=3 * 10**6)
        ratio = percentile(beside, 0.99) / percentile(calm, 0.99)
        say("the same while the neighbours hang: p50", f"{percentile(beside, 0.5):.1f} ms")
        say(
            "the same while the neighbours hang: p99",
            f"{percentile(beside, 0.99):.1f} ms",
            f"{ratio:.2f} times (1.25)",
        )
    if relaying is not None:
        relaying.cancel()
    alone = Stack(stack.directory / "backlog", stack.name and f"{stack.name}b")
    alone.directory.mkdir()
    await drained(alone, base, options.backlog)


def piled_up(directory: Path, endpoint_id: str, number: int) -> None:
    """So many deliveries in the line of one endpoint, of ten thousand events, written by SQL: a million in seconds."""
    body = new_delivery(
        event_id="EVENT", event_type="namespace.created", event_time="2026-01-01T00:00:00.000Z",
        endpoint_id=endpoint_id, workspace_id=WORKSPACE, livemode=True, sequence=1, now="2026-01-01T00:00:00.000Z",
    )  # fmt: skip
    place = "printf('0#%017d', n)"
    text = orjson.dumps(body | {"due": "DUE"}).decode()
    filled = f"replace(replace(:body, 'EVENT', printf('evt_%026d', n % {PILED_EVENTS})), 'DUE', {place})"
    with sqlite3.connect(directory / "webhooks.db") as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < :number)"  # noqa: S608
            " INSERT INTO d_deliveries (key, version, expires_at, body)"
            f" SELECT printf('del_%028d', n), 1, NULL, {filled} FROM t",
            {"number": number, "body": text},
        )


async def waiting(stack: Stack, base: str, number: int, seconds: float) -> None:
    """How fast a backlog is drained for a while, with 10,000 and with so many waiting."""
    figures: list[tuple[float, float]] = []
    for length in (10_000, number):
        alone = Stack(stack.directory / f"waiting{length}", stack.name)
        alone.directory.mkdir()
        made, _, store, repository = await open_engine(alone)
        endpoint_id = await endpoint(repository, f"{base}/waiting")
        await backlog(store, endpoint_id, PILED_EVENTS, events_alone=True)
        await made.sender.close()
        await store.close()
        began = time.monotonic()
        await asyncio.to_thread(piled_up, alone.directory, endpoint_id, length)
        say(f"a backlog of {length:,}: made by SQL", f"{time.monotonic() - began:.1f} s")
        async with working(alone) as worked:
            start = await worked.until(1000)
            while worked.seen[-1][0] - start < seconds and worked.seen[-1][1] < length - 100:
                await worked.until(worked.seen[-1][1] + 1)
            figures.append(worked.between(1000, worked.seen[-1][1]))
        rate, cpu = figures[-1]
        say("the same: drained a second", f"{rate:,.0f}")
        say("the same: CPU for each delivery", f"{cpu * 1000:,.0f} µs")
    (few, _), (many, _) = figures
    say(f"drained a second with {number:,} waiting beside 10,000", f"{many / few:.2f}", "1.00")


async def drained(stack: Stack, base: str, number: int) -> None:
    """A backlog of one endpoint, from its first tenth to its last."""
    _, _, store, repository = await open_engine(stack)
    endpoint_id = await endpoint(repository, f"{base}/backlog")
    await backlog(store, endpoint_id, number)
    async with working(stack) as worked:
        await worked.until(number)
    tenth = max(1, number // 10)
    early, early_cpu = worked.between(tenth // 2, tenth + tenth // 2)
    late, late_cpu = worked.between(number - tenth - tenth // 2, number - tenth // 2)
    say(f"a backlog of {number:,}: deliveries a second, 1st and last tenth", f"{early:,.0f} {late:,.0f}")
    say("the same: CPU for each delivery", f"{early_cpu * 1000:,.0f} {late_cpu * 1000:,.0f} µs", "constant")


async def relay(stack: Stack, source: Store) -> asyncio.Task[None] | None:
    if stack.is_embedded:
        return None
    clock = SystemClock()
    made = Relay(
        service="tenancy",
        topic=TOPIC,
        log=source.log,
        documents=source.documents,
        bus=await stack.bus(source, source.documents),
        open_sealed=Vault(source.documents, SEALING, clock=clock).open,
        clock=clock,
        ids=TimeOrderedIds(),
    )
    return asyncio.create_task(made.run())


def main() -> None:
    if sys.argv[1:2] == ["receive"]:
        uvloop.run(receive(0))
        return
    if sys.argv[1:2] == ["work"]:
        stack = Stack(Path(sys.argv[2]), sys.argv[3].strip("-"))
        uvloop.run(work(stack, profile="--profile" in sys.argv))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="deliveries of the first measurement")
    parser.add_argument("--backlog", type=int, default=20_000)
    parser.add_argument("--waiting", type=int, default=0, help="only this: drain a while with so many waiting")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--stack", choices=("embedded", "kafka+mongodb"), default="embedded")
    parser.add_argument("--profile", action="store_true", help="what the engine spends its time on, to stderr")
    uvloop.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
