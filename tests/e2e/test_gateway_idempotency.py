"""Idempotency keys through the gateway: one effect, the same bytes, whoever is killed when."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.suite import Platform, Suite, Tenant

pytestmark = pytest.mark.timeout(150)

Raw = tuple[int, Mapping[str, str], bytes]


async def send(platform: Platform, tenant: Tenant, body: object, key: str, *, path: str = "namespaces") -> Raw:
    """A POST with an idempotency key, and its answer as bytes."""
    assert platform._session is not None
    headers = {"Authorization": f"Bearer {tenant.key}", "Idempotency-Key": key}
    async with platform._session.post(f"{platform.base}/api/v1/{path}", json=body, headers=headers) as answer:
        return answer.status, answer.headers, await answer.read()


async def names(platform: Platform, tenant: Tenant, search: str) -> list[str]:
    listed = await platform.call("GET", f"namespaces?per_page=100&search={search}", key=tenant.key)
    return [namespace["name"] for namespace in listed.data]


async def test_the_same_request_again_gets_the_same_bytes_and_says_so(platform: Platform) -> None:
    tenant = await platform.tenant()
    for path, body, status in [
        ("namespaces", {"name": "Same"}, 201),
        ("api-keys", {"name": "secret", "scopes": ["*:read"]}, 201),
        ("namespaces", {"name": ""}, 422),
        ("namespaces/ns_none/entitlements/check", {"feature": "storage"}, 404),
    ]:
        first = await send(platform, tenant, body, f"same-{path}-{status}", path=path)
        again = await send(platform, tenant, body, f"same-{path}-{status}", path=path)
        assert first[0] == again[0] == status
        assert first[2] == again[2], "a one-time secret and the first request_id included"
        for name in ("Content-Type", "Location", "ETag"):
            assert first[1].get(name) == again[1].get(name)
        assert "Idempotent-Replayed" not in first[1]
        assert again[1]["Idempotent-Replayed"] == "true"
        assert first[1]["X-Request-ID"] != again[1]["X-Request-ID"]
        assert int(again[1]["X-RateLimit-Remaining"]) < int(first[1]["X-RateLimit-Remaining"]), "a replay costs too"
    assert await names(platform, tenant, "Same") == ["Same"]


async def test_200_concurrent_requests_with_one_key_have_one_effect(platform: Platform) -> None:
    tenant = await platform.tenant()
    answers = await asyncio.gather(*(send(platform, tenant, {"name": "Together"}, "together") for _ in range(200)))
    assert {status for status, _, _ in answers} <= {201, 409, 429}
    for status, headers, body in answers:
        if status == 409:
            assert b"IDEMPOTENCY_IN_PROGRESS" in body
            assert headers["Retry-After"] == "1"
    last = await send(platform, tenant, {"name": "Together"}, "together")
    assert {body for status, _, body in (*answers, last) if status == 201} == {last[2]}
    assert await names(platform, tenant, "Together") == ["Together"]


async def test_another_request_under_the_same_key_is_refused(platform: Platform) -> None:
    tenant, other = await platform.tenant(), await platform.tenant()
    assert (await send(platform, tenant, {"name": "One"}, "reused"))[0] == 201
    for body, path in [({"name": "Two"}, "namespaces"), ({"name": "One"}, "namespaces?fields=id"), ({}, "webhooks")]:
        refused = await send(platform, tenant, body, "reused", path=path)
        assert refused[0] == 422
        assert b"IDEMPOTENCY_KEY_REUSED" in refused[2]
    assert (await send(platform, other, {"name": "One"}, "reused"))[0] == 201, "the scope is the API key"


async def test_a_client_that_hangs_up_does_not_stop_its_write(platform: Platform) -> None:
    tenant = await platform.tenant()
    for number in range(5):
        sending = asyncio.create_task(send(platform, tenant, {"name": f"Gone {number}"}, f"gone-{number}"))
        await asyncio.sleep(0.002 * number)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    for number in range(5):
        async with asyncio.timeout(20):
            while (await send(platform, tenant, {"name": f"Gone {number}"}, f"gone-{number}"))[0] != 201:
                await asyncio.sleep(0.05)
    assert sorted(await names(platform, tenant, "Gone")) == [f"Gone {number}" for number in range(5)]


async def test_kill_9_of_gateway_and_service_at_any_moment_and_a_retry_have_one_effect_and_the_same_bytes(
    suite: Suite,
) -> None:
    tenant = await suite.tenant()
    moments = random.Random(4)
    kept: dict[str, set[bytes]] = {}
    ending = asyncio.Event()

    async def write(worker: int) -> None:
        number = 0
        while not ending.is_set():
            number += 1
            key = f"killed-{worker}-{number}"
            while True:
                try:
                    status, _, body = await send(suite, tenant, {"name": f"Killed {worker} {number}"}, key)
                except (OSError, aiohttp.ClientError):
                    status = 0
                if status == 201:
                    kept.setdefault(key, set()).add(body)
                    break
                assert status in {0, 409, 429, 502, 503, 504}, (status, body)
                await asyncio.sleep(0.05)

    writers = [asyncio.create_task(write(worker)) for worker in range(4)]
    for name in ("gateway", "tenancy", "gateway", "tenancy"):
        await asyncio.sleep(0.5 + moments.random() / 2)
        await suite.replaced(name)
    begun = len(kept)
    async with asyncio.timeout(60):
        while len(kept) < begun + 8:
            await asyncio.sleep(0.05)
    ending.set()
    await asyncio.gather(*writers)
    for key, bodies in kept.items():
        worker, number = key.split("-")[1:]
        while (again := await send(suite, tenant, {"name": f"Killed {worker} {number}"}, key))[0] == 429:
            await asyncio.sleep(0.2)
        assert again[0] == 201
        assert {*bodies, again[2]} == bodies
    stored: list[str] = []
    url: str | None = f"{suite.base}/api/v1/namespaces?per_page=100&search=Killed"
    while url:
        page = await suite.call("GET", url, key=tenant.key)
        stored += [namespace["name"] for namespace in page.data]
        url = page.body["links"]["next"]
    assert len(stored) == len(set(stored)) == len(kept)


async def test_a_saved_answer_outlives_the_gateway_and_stands_sealed_in_its_files(directory: Path) -> None:
    running = Suite(directory / os.urandom(4).hex(), {})
    running.start()
    async with running:
        tenant = await running.tenant()
        first = await send(running, tenant, {"name": "k", "scopes": ["*:read"]}, "sealed", path="api-keys")
        os.kill(int((running.directory / "run" / "gateway.pid").read_text()), signal.SIGKILL)
        again = first[:1] + first[1:2] + (b"",)
        async with asyncio.timeout(30):
            while again[2] == b"" or again[0] == 503:
                with contextlib.suppress(OSError, aiohttp.ClientError):
                    again = await send(running, tenant, {"name": "k", "scopes": ["*:read"]}, "sealed", path="api-keys")
                await asyncio.sleep(0.05)
        assert again[2] == first[2], again
        secret = first[2].partition(b"sk_live_")[2][:32]
        assert len(secret) == 32
        for path in running.directory.glob("gateway.db*"):
            assert secret not in path.read_bytes(), path
    running.stop()
