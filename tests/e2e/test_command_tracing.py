"""One trace from the client's request to the webhook's receiver, recorded by every part on its way."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.suite import Receiver, Suite

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A span as a collector gets it."""

    service: str
    name: str
    id: str
    parent: str
    attributes: dict[str, str]


@dataclass
class Collector:
    """Takes traces by OTLP/HTTP."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)

    def spans(self, trace: str) -> list[Recorded]:
        """The spans of this trace that have come so far."""
        return [
            Recorded(
                next(each.value.string_value for each in part.resource.attributes if each.key == "service.name"),
                span.name,
                span.span_id.hex(),
                span.parent_span_id.hex(),
                {each.key: str(each.value.string_value or each.value.int_value) for each in span.attributes},
            )
            for body in self.bodies
            for part in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in part.scope_spans
            for span in scope.spans
            if span.trace_id.hex() == trace
        ]

    async def span(self, service: str, name: str) -> Recorded:
        """The span of this name, once it has come."""
        async with asyncio.timeout(30):
            while True:
                for each in self.spans(TRACE):
                    if (each.service, each.name) == (service, name):
                        return each
                await asyncio.sleep(0.05)


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector = Collector()

    async def take(request: web.Request) -> web.Response:
        collector.bodies.append(await request.read())
        return web.Response(content_type="application/x-protobuf")

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield collector
    await runner.cleanup()


async def test_one_trace_goes_from_the_request_to_the_webhook(stack: dict[str, str], directory: Path) -> None:
    async with collecting() as collector, Receiver() as receiver:
        settings = {
            **stack,
            "ATRIUM_OTLP_ENDPOINT": collector.url,
            "ATRIUM_TRUSTED_PROXIES": "127.0.0.0/8",
            "ATRIUM_LOG_EVERY": "1",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        suite = Suite(directory / f"traced-{os.urandom(4).hex()}", settings)
        suite.start()
        try:
            async with suite:
                tenant = await suite.tenant()
                wanted = {"url": receiver.url, "events": ["namespace.created"]}
                await suite.created("webhooks", wanted, key=tenant.key)
                sent = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
                await suite.created("namespaces", {"name": "Traced"}, key=tenant.key, headers=sent)
                gateway = await collector.span("atrium-gateway", "POST /api/v1/namespaces")
                tenancy = await collector.span("atrium-tenancy", "POST /api/v1/namespaces")
                consumer = await collector.span("atrium-webhooks", "webhooks.fan_out namespace.created")
                delivery = await collector.span("atrium-webhooks", "deliver namespace.created")
        finally:
            suite.stop()
        assert [gateway.parent, tenancy.parent, consumer.parent, delivery.parent] == [
            PARENT, gateway.id, tenancy.id, consumer.id
        ]  # fmt: skip
        assert gateway.attributes["http.response.status_code"] == "201"
        (headers,) = [headers for headers, body in receiver.got if json.loads(body)["type"] == "namespace.created"]
        assert headers["traceparent"] == f"00-{TRACE}-{delivery.id}-01"
        lines = [json.loads(line) for line in suite.log().splitlines() if TRACE in line]
        assert {line["service"] for line in lines} >= {"gateway", "tenancy"}
        assert all(line["trace_id"] == TRACE for line in lines)
        assert not any(key.encode() in body for body in collector.bodies for key in (suite.key, tenant.key))


def test_nothing_of_what_records_is_loaded_until_it_is_asked_for() -> None:
    program = (
        "import sys, atrium_gateway.wiring, atrium_tenancy.wiring, atrium_webhooks.wiring, atrium_common.process\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
