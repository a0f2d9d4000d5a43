"""Entitlements' figures, printed beside what they should be: the service's process, a hot account, a rebuild."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import uvloop

from atrium_common.clock import SystemClock
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.snapshot import SNAPSHOTS
from atrium_common.eventing.transaction import Command
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.store.commit import EventRecord, Meta, Proposal, Slice
from atrium_common.store.sqlite import SqliteStore
from atrium_entitlements import rows
from atrium_entitlements.application.engine import Engine
from atrium_entitlements.domain.account import Account, evolve
from atrium_entitlements.domain.catalogue import Feature, FixedCatalogue, PackageVersion
from atrium_entitlements.domain.events import AccountOpened, Debit, UsageRecorded
from atrium_entitlements.domain.holder import Holder, Level
from services.entitlements.tests.replicas import SIGNER, WORKSPACE, Replica, operator_of, replicas

CONNECTIONS, REQUESTS, WARM = 32, 10_000, 500
PACE, PACED = 500, 5_000
HOT, WAITING = 40_000, 512
ACCOUNTS, EVENTS, GROUP = 100_000, 1_000_000, 250
NOW = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
CALLER = operator_of(WORKSPACE, expires_at=time.time() + 3600)


def say(what: str, figure: str, wanted: str) -> None:
    print(f"{what:<60}{figure:>14}   (wanted {wanted})")


class Unchanging(FixedCatalogue):
    """A catalogue that needs no refreshing."""

    async def refresh(self) -> None:
        """Nothing is new."""

    async def then(self, _: datetime) -> Unchanging:
        """It was always so."""
        return self


async def timed(
    requests: int, one: Callable[[int], Awaitable[None]], *, a_second: float = float("inf")
) -> tuple[float, list[float]]:
    """So many requests on 32 connections, so many a second at most; the rate, and every latency in ms, sorted."""
    numbers = iter(range(requests))
    latencies: list[float] = []

    async def connection() -> None:
        for number in numbers:
            await asyncio.sleep(max(0.0, began + number / a_second - time.perf_counter()))
            started = time.perf_counter()
            await one(number)
            latencies.append((time.perf_counter() - started) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return requests / (time.perf_counter() - began), sorted(latencies)


class RawClient:
    """Requests over keep-alive connections, at little cost: the client shares the machine with the service."""

    def __init__(self, replica: Replica) -> None:
        self._host, _, port = replica.base.removeprefix("http://").partition(":")
        self._port = int(port)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._token = SIGNER.sign(CALLER)

    async def call(self, method: str, path: str, body: object = None, command: str = "") -> None:
        if not self._idle:
            self._idle.append(await asyncio.open_connection(self._host, self._port))
        reader, writer = self._idle.pop()
        content = b"" if body is None else orjson.dumps(body)
        head = (
            f"{method} /api/v1/{path} HTTP/1.1\r\nHost: x\r\nX-Principal: {self._token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        )
        if command:
            head += f"X-Command-ID: {command}\r\n"
        writer.write(f"{head}\r\n".encode() + content)
        answered = await reader.readuntil(b"\r\n\r\n")
        length = int(answered.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        got = await reader.readexactly(length)
        assert answered.startswith(b"HTTP/1.1 200"), got
        self._idle.append((reader, writer))


async def service(folder: Path) -> None:
    async with replicas(folder, {}, 1) as running:
        (replica,) = running.running
        boost = {"feature": "seats", "type": "add_limit", "quantity": 10**9, "workspace_id": "wks_1"}
        status, made = await replica.call("POST", "boosts", boost)
        assert status == 201, made
        client = RawClient(replica)
        uses = itertools.count()

        async def check(_: int) -> None:
            await client.call("GET", "entitlements/check?feature=seats")

        async def enforce(number: int) -> None:
            use = {"feature": "seats", "quantity": 1, "enforce": True}
            await client.call("POST", "entitlements/usage", use, f"use-{next(uses)}-{number}")

        await timed(WARM, check)
        for name, one, wanted in (
            ("checks", check, "p99 < 2 ms"),
            ("enforced uses of one account", enforce, "p99 < 10 ms"),
        ):
            rate, _ = await timed(REQUESTS, one)
            say(f"{name} a second, one process, {CONNECTIONS} connections", f"{rate:,.0f}", "as many as HTTP allows")
            _, latencies = await timed(PACED, one, a_second=PACE)
            p50, p99 = latencies[len(latencies) // 2], latencies[-len(latencies) // 100]
            say(f"{name}, p50 / p99 at {PACE} a second", f"{p50:.2f} / {p99:.2f} ms", wanted)


async def opened(folder: Path) -> tuple[SqliteStore, Repository, TimeOrderedIds]:
    clock = SystemClock()
    ids = TimeOrderedIds(clock=clock)
    store = SqliteStore(folder / "store.db")
    await store.open([SUBJECT_KEYS, SNAPSHOTS])
    vault = Vault(store.documents, MasterKeys.parse("k:" + "A" * 43 + "="), clock=clock)
    codec = Codec(EventRegistry(rows.EVENTS), vault)
    return store, Repository(store, codec=codec, ids=ids, deciders=[rows.ACCOUNT]), ids


async def hot_account(folder: Path) -> None:
    store, repository, ids = await opened(folder)
    feature = Feature("feat_1", "calls", "Calls", "limit", "monthly")
    plan = PackageVersion("pkg_1", "tier.pro", "Pro", {"calls": 10**9}, tier="pro")
    engine = Engine.over(repository, store.log, Unchanging([feature], [plan]), ids)
    levels = (Level("namespace", "ns_1"), Level("workspace", "wks_1"), Level("tier", "wks_1", "pro"))
    holder = Holder("namespace", "ns_1", levels, "pro", "UTC", True, "wks_1", "ns_1")
    numbers = iter(range(HOT))

    async def client() -> None:
        for number in numbers:
            command = Command(f"hot{number}", datetime.now(UTC), Meta("key/key_1"))
            await engine.using.record(command, holder, "calls", 1, enforce=True)

    began, busy = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client() for _ in range(WAITING)))
    elapsed, busy = time.perf_counter() - began, time.process_time() - busy
    commits = await store.log.tail()
    say("enforced units of work a second on a hot account, merged", f"{HOT / elapsed:,.0f}", "5,000")
    say("the same per second of processor time", f"{HOT / busy:,.0f}", "for comparison")
    say("units of work in a commit", f"{HOT / commits:,.0f}", "as many as wait")
    summary = await engine.asking.summary(holder, at=datetime.now(UTC))
    assert summary["calls"]["used"] == HOT  # type: ignore[index, call-overload]
    await store.close()


def history() -> Iterator[Proposal]:
    """The log of many accounts with ten uses each, as merged commits leave it."""
    cycle = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    first = AccountOpened(anchor=cycle[0], zone="UTC", at=NOW)
    versions = dict.fromkeys(range(ACCOUNTS), 0)
    made = itertools.count()
    while (number := next(made)) < EVENTS // GROUP:
        slices = []
        for offset in range(GROUP):
            account = (number * GROUP + offset) % ACCOUNTS
            version = versions[account]
            at = NOW + timedelta(minutes=version)
            use = UsageRecorded(
                feature="calls",
                quantity=1,
                occurred_at=at,
                used=max(1, version),
                debits=(Debit(feature="calls", start=cycle[0], end=cycle[1]),),
                at=at,
            )
            events: list[Event] = [use] if version else [first, use]
            records = tuple(
                EventRecord(f"evt_{number}_{offset}_{part}", event.TYPE, event.SCHEMA, event.model_dump(mode="json"))
                for part, event in enumerate(events)
            )
            slices.append(Slice(f"account/ns_{account}", version, records))
            versions[account] = version + len(events)
        yield Proposal(f"cmd_{number}", NOW, tuple(slices))


async def rebuild(folder: Path) -> None:
    store, _, _ = await opened(folder)
    proposals = history()
    while batch := list(itertools.islice(proposals, 20)):
        await asyncio.gather(*(store.log.append(proposal) for proposal in batch))
    registry = EventRegistry(rows.EVENTS)
    accounts: dict[str, Account] = {}
    events = after = 0
    began, busy = time.perf_counter(), time.process_time()
    while commits := await store.log.read_log(after=after, limit=200):
        for commit in commits:
            for part in commit.proposal.slices:
                for record in part.events:
                    event = registry.read(record.type, record.schema, record.data)
                    accounts[part.stream] = evolve(accounts.get(part.stream), event)
                    events += 1
        after = commits[-1].position
    elapsed, busy = time.perf_counter() - began, time.process_time() - busy
    assert len(accounts) == ACCOUNTS
    say(f"{len(accounts):,} accounts with {events:,} events rebuilt", f"{elapsed:.1f} s", "< 60 s")
    say("the same in processor time", f"{busy:.1f} s", "for comparison")
    await store.close()


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for part in (service, hot_account, rebuild):
            directory = Path(folder) / part.__name__
            directory.mkdir()
            await part(directory)


if __name__ == "__main__":
    uvloop.run(main())
