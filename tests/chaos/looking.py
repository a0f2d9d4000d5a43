"""After the fire: waits until everything has settled, then looks at everything that the checker wants to know."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import orjson

from atrium_common.bus.translation import messages_of
from atrium_common.settings import Settings
from atrium_local.following import published
from atrium_local.operated import opened
from tests.chaos.fleet import environment_of
from tests.chaos.launched import NEWER
from tests.chaos.observed import Fact, Observed, Row, Sent, Told, Used, fact_of
from tests.chaos.receiver import Receiver
from tests.chaos.story import FEATURE, Story, Tenant

_PAGE = 500
_STREAM_SECONDS = 30.0
SETTLE_SECONDS = 90.0


async def settle(story: Story) -> tuple[float, str]:
    """Wait until no delivery is under way any more, for so long at most; how long it took, and for which one."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    last = ""
    for tenant in story.tenants:
        path = await _deliveries(story, tenant)
        while loop.time() - began < SETTLE_SECONDS:
            waiting = [
                each
                for status in ("pending", "retrying")
                for each in await story.client.listed(f"{path}?status={status}", key=tenant.key)
            ]
            if not waiting:
                break
            last = " ".join(str(waiting[0][name]) for name in ("id", "status", "attempts", "next_attempt_at"))
            await asyncio.sleep(0.5)
    return loop.time() - began, last


async def observe(story: Story, receiver: Receiver) -> Observed:
    """Look at everything."""
    client, tenants = story.client, story.tenants
    with environment_of(client.fleet.environment):
        logged, used_in_log = await _logs(tenants)
        streamed = await _stream({fact.id for fact in logged})
    audit = await asyncio.to_thread(_audit, client.fleet.environment)
    return Observed(
        tenants={tenant.name: tenant.workspace for tenant in tenants},
        workspaces=[
            Row(each["id"], each["name"])
            for each in await client.listed("workspaces", key=story.operator)
            if each["name"].startswith("made ")
        ],
        namespaces={
            tenant.name: [
                Row(each["id"], each["name"], int(each["settings"].get("n", 0)))
                for each in await client.listed("namespaces", key=tenant.key)
            ]
            for tenant in tenants
        },
        used={
            tenant.name: Used(await _summary(story, tenant), used_in_log[tenant.workspace], tenant.limit)
            for tenant in tenants
        },
        events={
            tenant.name: [
                Told(each["id"], str(each["data"]["n"])) for each in await client.listed("events", key=tenant.key)
            ]
            for tenant in tenants
        },
        deliveries=[
            Sent(each["id"], tenant.name, each["event_id"], each["event_type"], each["status"])
            for tenant in tenants
            for each in await client.listed(await _deliveries(story, tenant), key=tenant.key)
        ],
        receipts=list(receiver.receipts),
        logged=logged,
        streamed=streamed,
        keys={
            door.name: {id_: await client.opens(door, key) for tenant in tenants for id_, key in tenant.keys.items()}
            for door in client.doors()
        },
        audit=audit,
    )


async def _deliveries(story: Story, tenant: Tenant) -> str:
    (endpoint,) = await story.client.listed("webhooks", key=tenant.key)
    return f"webhooks/{endpoint['id']}/deliveries"


async def _summary(story: Story, tenant: Tenant) -> int:
    door = story.client.doors()[0]
    _, body = await story.client.once("GET", f"{door.url}/api/v1/entitlements/summary", key=tenant.key)
    return int(body["data"]["entitlements"][FEATURE]["used"])


async def _logs(tenants: list[Tenant]) -> tuple[list[Fact], Counter[str]]:
    """Every public event of every log, and the usage that the entitlements log's events add up to by workspace."""
    facts: list[Fact] = []
    used: Counter[str] = Counter()
    accounts = {f"account/{tenant.workspace}": tenant.workspace for tenant in tenants}
    async with opened(Settings()) as stores:
        for name, service in stores.items():
            after = 0
            while commits := await service.store.log.read_log(after=after, limit=_PAGE):
                for commit in commits:
                    messages = await messages_of(commit, service=name, open_sealed=service.vault.open)
                    facts += map(fact_of, messages)
                    for part in commit.proposal.slices:
                        for event in part.events:
                            counted = event.type == "usage.recorded" and event.data["feature"] == FEATURE
                            if counted and part.stream in accounts:
                                used[accounts[part.stream]] += int(event.data["quantity"])  # type: ignore[arg-type]
                after = commits[-1].position
    return facts, used


async def _stream(expected: set[str]) -> list[Fact]:
    """What a subscriber from the start gets, until it has had all that the logs hold, or nothing comes any more."""
    found: list[Fact] = []
    missing = set(expected)
    source = published(Settings(), from_start=True)
    try:
        async with asyncio.timeout(_STREAM_SECONDS):
            async for message in source:
                found.append(fact_of(message))
                missing.discard(message.id)
                if not missing:
                    break
    except TimeoutError:
        pass
    finally:
        await source.aclose()
    return found


def _audit(environment: dict[str, str]) -> list[str]:
    command = [sys.executable, "-m", "tests.chaos.launched", "admin", "check", "--json"]
    done = subprocess.run(
        command, env={**os.environ, **environment, NEWER: "1"}, capture_output=True, timeout=90, check=False
    )
    try:
        told: dict[str, Any] = orjson.loads(done.stdout)
    except orjson.JSONDecodeError:
        return [f"the audit itself failed: {done.stderr.decode()[-500:]}"]
    return [f"{each['service']} {each['kind']} {each['where']}: {each['what']}" for each in told["findings"]]
