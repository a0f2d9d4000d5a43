"""What the gateway's own steps cost a request, without any socket: CPU µs, and where they go (`--profile`)."""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import uvloop
from pydantic import SecretStr

from atrium_common.api_keys import generate
from atrium_common.wiring import compose
from atrium_gateway import wiring
from atrium_gateway.http1.connection import Connection
from atrium_gateway.http1.front import Front
from atrium_gateway.settings import GatewaySettings
from atrium_gateway.stateful import COLLECTIONS
from tests.load import bench_gateway
from tests.load.peers import origin


class _Sink:
    """A transport that takes everything."""

    def write(self, data: bytes) -> None:
        self.written = data

    def get_extra_info(self, _: str) -> Any:
        return ("127.0.0.1", 1)

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass

    abort = close


async def _main(*, profile: bool, count: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        environment = bench_gateway._gateway_environment(Path(directory), 1)
        given: dict[str, Any] = {name.removeprefix("ATRIUM_").lower(): value for name, value in environment.items()}
        for name in ("principal_keys", "sealing_keys", "lookup_key"):
            given[name] = SecretStr(given[name])
        parts, closers = await compose("gateway", GatewaySettings(**given), COLLECTIONS)
        service = await wiring.build(parts)
        front = cast("Front", service.server)
        gateway = cast("Any", front.handle).__self__
        steps = gateway._steps

        async def resolve(_: object) -> Any:
            return origin._HOLDER

        steps.keys._resolve = resolve
        jobs = [asyncio.create_task(cast("Any", job())) for job in service.jobs.values()]
        await asyncio.sleep(0.5)
        # Services answer through a real connection object of the pool whose transport is a sink.
        pool = steps.forwarding._transport._pools["tenancy"]
        key = generate("live")
        request = (
            f"GET /api/v1/workspaces/wks_1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n"
            "Accept: application/json\r\nUser-Agent: bench/1\r\nAccept-Encoding: gzip\r\n\r\n"
        ).encode()
        from atrium_gateway.http1.pool import _Connection

        behind = _Connection(pool)
        behind.connection_made(cast("Any", _Sink()))
        pool.release(behind)
        client = Connection(front)
        sink = _Sink()
        client.connection_made(cast("Any", sink))

        async def once() -> None:
            sink.written = b""
            client.data_received(request)
            while not sink.written:
                if behind._reading is not None:
                    behind.data_received(origin._PLAIN)
                await asyncio.sleep(0)

        for _ in range(200):
            await once()
        assert b"200 OK" in sink.written, sink.written
        profiler = cProfile.Profile()
        if profile:
            profiler.enable()
        began = time.process_time()
        for _ in range(count):
            await once()
        took = time.process_time() - began
        profiler.disable()
        print(f"{took / count * 1e6:.1f} µs CPU a request, sockets left aside")
        if profile:
            pstats.Stats(profiler).sort_stats("tottime").print_stats(35)
        for job in jobs:
            job.cancel()
        for close in [*service.closers, *closers]:
            await close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--count", type=int, default=20_000)
    options = parser.parse_args()
    uvloop.run(_main(profile=options.profile, count=options.count))
