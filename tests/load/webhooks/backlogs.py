"""Backlogs of one endpoint: made in seconds, and how fast they are drained."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

import orjson

from atrium_common.store.documents import Any as AnyVersion
from atrium_common.store.documents import Put
from atrium_common.store.ports import Store
from atrium_webhooks import rows
from atrium_webhooks.domain.delivery import delivery_id, new_delivery
from tests.load.webhooks.events import WORKSPACE, endpoint
from tests.load.webhooks.figures import say
from tests.load.webhooks.stack import Stack
from tests.load.webhooks.worker import open_engine, working

PILED_EVENTS = 10_000


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
