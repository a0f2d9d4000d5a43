"""Look-ups of names: one that hangs holds up no other."""

import asyncio
import socket
from threading import Event
from typing import Any

import pytest

from atrium_webhooks.application.connecting import SystemLookup


async def test_a_name_that_hangs_keeps_no_other_from_being_looked_up_however_many_wait_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = Event()

    def resolved(host: str, port: int, **_: Any) -> list[Any]:
        if host == "hangs.example":
            over.wait(20)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    lookup = SystemLookup()
    waiting = [asyncio.ensure_future(lookup("hangs.example", 443)) for _ in range(70)]
    try:
        await asyncio.sleep(0)
        for each in waiting[1:]:
            each.cancel()  # these attempts have run into their deadline
        async with asyncio.timeout(5):
            assert await lookup("fine.example", 443) == ["192.0.2.1"]
        over.set()
        assert await waiting[0] == ["192.0.2.1"]
    finally:
        over.set()
        lookup.close()
