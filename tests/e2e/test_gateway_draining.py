"""Gateways that are restarted one by one under load lose no request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from atrium_local.ports import free_port
from tests.e2e.replica import Replica
from tests.e2e.suite import Platform

# Some hundred requests a second: what starts meanwhile must get to its turn.
_PACE = 0.03


@pytest.fixture
def environment(platform: Platform) -> Mapping[str, str]:
    """The settings of the shared suite."""
    return platform.environment


@dataclass
class _Load:
    """Requests over connections that are kept, and over new ones."""

    port: int
    key: str
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    answered: int = 0
    lost: list[str] = field(default_factory=list)

    async def kept(self) -> None:
        """One connection for as long as the server keeps it."""
        while not self.ending.is_set():
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            closing = False
            while not closing and not self.ending.is_set():
                closing = await self._ask(reader, writer, "GET /api/v1/user HTTP/1.1", "")
                await asyncio.sleep(_PACE)
            writer.close()

    async def anew(self, number: int) -> None:
        """A connection for each request, which writes."""
        count = 0
        while not self.ending.is_set():
            count += 1
            body = json.dumps({"name": f"N {number} {count}"})
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            await self._ask(reader, writer, "POST /api/v1/namespaces HTTP/1.1", body)
            writer.close()
            await asyncio.sleep(_PACE)

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str, body: str) -> bool:
        content = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        writer.write(f"{line}\r\nHost: a\r\nAuthorization: Bearer {self.key}\r\n{content}\r\n{body}".encode())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(int(each[15:]) for each in head.splitlines() if each.lower().startswith("content-length:"))
            await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError) as error:
            # A kept connection may end between two requests, as HTTP has it: only what was begun is lost.
            begun = not isinstance(error, asyncio.IncompleteReadError) or bool(error.partial)
            self.lost.append(f"{line}: {error!r}" if begun or body else f"{line}: closed unanswered")
            return True
        status = int(head.split()[1])
        self.answered += 1
        if status not in {200, 201, 429}:
            self.lost.append(f"{line}: {status}")
        return "connection: close" in head.lower()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
async def test_gateways_that_share_a_port_are_restarted_one_by_one_under_load_without_a_lost_request(
    platform: Platform, environment: Mapping[str, str]
) -> None:
    port = free_port()
    running = [Replica(platform.directory, environment, port=port) for _ in range(2)]
    try:
        for each in running:
            each.ready()
        load = _Load(port, platform.key)
        tasks = [asyncio.create_task(load.kept()) for _ in range(4)]
        tasks += [asyncio.create_task(load.anew(number)) for number in range(4)]
        for old in list(running):
            new = Replica(platform.directory, environment, port=port)
            running.append(new)
            await asyncio.to_thread(new.ready)
            before = load.answered
            assert await asyncio.to_thread(old.end) == 0
            async with asyncio.timeout(20):
                while load.answered < before + 50:
                    await asyncio.sleep(0.02)
        load.ending.set()
        await asyncio.gather(*tasks)
        assert load.lost == []
    finally:
        for each in running:
            each.end()
