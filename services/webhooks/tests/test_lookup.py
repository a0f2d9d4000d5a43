"""Look-ups of names: those that hang hold up no others."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from threading import Event
from typing import Any

import pytest

from atrium_common.testing.clock import FakeClock
from atrium_webhooks.application.lookup import SystemLookup

HOUR = 3600.0


class Names:
    """The system's resolver: what it says of names, of which those that begin with `hangs` have no answer yet."""

    def __init__(self) -> None:
        self.address = "192.0.2.1"
        self.over = Event()

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        if host.startswith("hangs"):
            self.over.wait(20)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (self.address, port))]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names)
    yield names
    names.over.set()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def lookup(names: Names, clock: FakeClock) -> Iterator[SystemLookup]:
    lookup = SystemLookup(clock, patience=0.02)
    yield lookup
    names.over.set()
    lookup.close()


async def test_a_name_that_hangs_keeps_no_other_from_being_looked_up_however_many_wait_for_it(
    lookup: SystemLookup, names: Names
) -> None:
    waiting = [asyncio.ensure_future(lookup("hangs.example", 443)) for _ in range(70)]
    await asyncio.sleep(0)
    for each in waiting[1:]:
        each.cancel()  # these attempts have run into their deadline
    async with asyncio.timeout(5):
        assert await lookup("fine.example", 443) == ["192.0.2.1"]
    names.over.set()
    assert await waiting[0] == ["192.0.2.1"]


async def all_threads_taken(lookup: SystemLookup) -> list[asyncio.Task[Sequence[str]]]:
    hanging = [asyncio.ensure_future(lookup(f"hangs-{number}.example", 443)) for number in range(200)]
    await asyncio.sleep(0)
    return hanging


async def test_a_name_that_answered_lately_is_where_it_was_while_other_names_that_hang_take_all_threads(
    lookup: SystemLookup, names: Names
) -> None:
    assert await lookup("fine.example", 443) == ["192.0.2.1"]
    hanging = await all_threads_taken(lookup)
    names.address = "192.0.2.2"
    async with asyncio.timeout(5):
        for _ in range(3):
            assert await lookup("fine.example", 443) == ["192.0.2.1"]
    names.over.set()
    await asyncio.gather(*hanging)
    async with asyncio.timeout(5):
        while await lookup("fine.example", 443) != ["192.0.2.2"]:  # as soon as it can be asked, what it says counts
            await asyncio.sleep(0)


async def test_what_a_name_said_an_hour_ago_counts_no_more(
    lookup: SystemLookup, names: Names, clock: FakeClock
) -> None:
    await lookup("fine.example", 443)
    hanging = await all_threads_taken(lookup)
    names.address = "192.0.2.2"
    clock.advance(HOUR)
    waits = asyncio.ensure_future(lookup("fine.example", 443))
    names.over.set()
    assert await waits == ["192.0.2.2"]
    await asyncio.gather(*hanging)


@pytest.mark.usefixtures("names")
async def test_a_name_that_is_gone_is_not_where_it_was(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = SystemLookup(clock)
    await lookup("fine.example", 443)

    def gone(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", gone)
    with pytest.raises(OSError, match="not known"):
        await lookup("fine.example", 443)
    lookup.close()
