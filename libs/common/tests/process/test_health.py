from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from atrium_common.http.health import Readiness, admin_app
from atrium_common.metrics import HTTP_REQUESTS


async def fine() -> str | None:
    return None


async def away() -> str | None:
    return "no broker answers"


async def broken() -> str | None:
    raise ConnectionError("refused")


@asynccontextmanager
async def admin(readiness: Readiness) -> AsyncIterator[aiohttp.ClientSession]:
    runner = web.AppRunner(admin_app(readiness), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
        yield session
    await runner.cleanup()


async def test_a_service_is_ready_when_every_check_is_content() -> None:
    async with admin(Readiness({"store": fine})) as session, session.get("/readyz") as answer:
        assert answer.status == 200
        assert await answer.json() == {"ready": True, "reasons": {}, "degraded": {}, "failing_tasks": {}}


async def test_a_service_that_is_not_ready_says_why_by_check() -> None:
    readiness = Readiness({"store": fine, "bus": away, "cache": broken})
    async with admin(readiness) as session, session.get("/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["reasons"] == {"bus": "no broker answers", "cache": "refused"}


async def test_a_check_that_hangs_is_a_reason_and_keeps_nobody() -> None:
    async def hang() -> str | None:
        await asyncio.Event().wait()
        return None

    async with asyncio.timeout(4):
        assert await Readiness({"a": hang, "b": hang}).reasons() == {
            "a": "no answer within 2 s", "b": "no answer within 2 s"
        }  # fmt: skip


async def test_a_draining_process_is_not_ready_but_alive() -> None:
    readiness = Readiness({"store": fine})
    readiness.draining = True
    async with admin(readiness) as session:
        async with session.get("/readyz") as answer:
            assert (answer.status, (await answer.json())["reasons"]) == (503, {"drain": "the process is ending"})
        async with session.get("/healthz") as answer:
            assert answer.status == 200


async def test_tasks_that_wait_to_be_started_again_are_told_without_refusing_requests() -> None:
    readiness = Readiness({"store": fine}, failing=lambda: {"relay": "BusUnavailable: away"})
    async with admin(readiness) as session, session.get("/readyz") as answer:
        assert answer.status == 200
        assert (await answer.json())["failing_tasks"] == {"relay": "BusUnavailable: away"}


async def test_metrics_are_shown_as_prometheus_reads_them() -> None:
    HTTP_REQUESTS.of("svc", "GET", "/x/{id}", 200).add(0.01)
    async with admin(Readiness({})) as session, session.get("/metrics") as answer:
        text = await answer.text()
    assert 'atrium_http_requests_total{method="GET",route="/x/{id}",service="svc",status="200"}' in text
    assert answer.headers["Content-Type"].startswith("text/plain")


async def test_a_question_is_answered_by_the_checks_that_it_began_with_also_while_others_take_their_place() -> None:
    async def starting() -> str | None:
        readiness.replace({})
        return "not yet"

    readiness = Readiness({"start": starting})
    assert await readiness.reasons() == {"start": "not yet"}
    assert await readiness.reasons() == {}
