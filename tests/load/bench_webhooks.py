"""The dispatcher's figures beside a bare aiohttp client that posts the same signed bodies, in one run.

`PYTHONPATH=. python tests/load/bench_webhooks.py [--events N] [--backlog N] [--seconds S] [--profile]`; `--waiting
1000000` measures instead, embedded, how fast a backlog is drained with so many waiting. With
`ATRIUM_TEST_KAFKA_BOOTSTRAP` and `ATRIUM_TEST_MONGODB_URL` and `--stack kafka+mongodb` on those. The receiver, the
events' source and the engine are a process each: of the engine's, one core is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp
import orjson
import uvloop

from atrium_common.store.ports import Store
from atrium_common.wiring import KERNEL_COLLECTIONS
from atrium_webhooks.domain.signing import signature, standard_signature
from tests.load.webhooks.backlogs import drained, waiting
from tests.load.webhooks.events import SECRET, WORKSPACE, committed, endpoint
from tests.load.webhooks.figures import percentile, say
from tests.load.webhooks.stack import Stack, relay
from tests.load.webhooks.worker import open_engine, process, working

ENDPOINTS = 20


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


async def measure(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        name = os.urandom(4).hex() if options.stack == "kafka+mongodb" else ""
        stack = Stack(Path(folder), name)
        async with process("receiver") as receiver:
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


def main() -> None:
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
