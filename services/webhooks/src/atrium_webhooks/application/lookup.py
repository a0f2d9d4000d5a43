"""The addresses of receivers' names: asked of the system's resolver, so that names that hang hold up no others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

from atrium_common.clock import Clock

_LOOKUPS_AT_ONCE = 64
_PATIENCE_SECONDS = 1.0
_KNOWN_SECONDS = 3600.0
_KNOWN_NAMES = 10_000

Lookup: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host; raises OSError where there are none."""

_Name: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A look-up that runs, or waits for a thread."""

    answer: asyncio.Future[list[str]]
    at: float


@dataclass(frozen=True, slots=True)
class _Known:
    """What a name's last look-up found."""

    addresses: Sequence[str]
    at: float


class SystemLookup:
    """Asks the system's resolver, in threads of its own: names that hang hold up no other work of the process.

    Who asks for a name that is being looked up waits for the same answer, so that a name that hangs takes one thread
    however many deliveries wait for it. A thread can't be taken back from a name, so that many that hang can take them
    all: a name that answered within the last hour and does not within a second now is taken to be where it was (serving
    stale, RFC 8767). The look-up goes on, and the next one to ask finds what it found.
    """

    def __init__(self, clock: Clock, *, patience: float = _PATIENCE_SECONDS) -> None:
        """`patience` is how long a name that is known may take, in seconds."""
        self._time = clock.monotonic
        self._patience = patience
        self._threads = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, thread_name_prefix="lookup")
        self._asked: dict[_Name, _Asked] = {}
        self._known: dict[_Name, _Known] = {}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """See `Lookup`."""
        name = (host, port)
        asked = self._asked.get(name) or self._ask(name)
        known = self._known.get(name)
        if known is not None and self._time() - known.at < _KNOWN_SECONDS:
            await asyncio.wait({asked.answer}, timeout=max(0.0, asked.at + self._patience - self._time()))
            if not asked.answer.done():
                return known.addresses
        return await asyncio.shield(asked.answer)

    def _ask(self, name: _Name) -> _Asked:
        answer = asyncio.get_running_loop().run_in_executor(self._threads, _addresses, *name)
        self._asked[name] = asked = _Asked(answer, self._time())
        answer.add_done_callback(lambda done: self._answered(name, done))
        return asked

    def _answered(self, name: _Name, done: asyncio.Future[list[str]]) -> None:
        del self._asked[name]
        # Of one that failed there may be nobody left who wants to hear.
        if not done.cancelled() and done.exception() is None:
            self._known.pop(name, None)  # the one that was looked up longest ago is the first to be forgotten
            self._known[name] = _Known(done.result(), self._time())
            if len(self._known) > _KNOWN_NAMES:
                del self._known[next(iter(self._known))]

    def close(self) -> None:
        """Wait for nothing."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))
