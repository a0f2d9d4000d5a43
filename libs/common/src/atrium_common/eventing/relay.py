"""From the log to the bus: a subscriber with a checkpoint, so that nothing need be marked as sent.

One process at a time relays, by lease; a crash or a change of hands repeats messages, and never skips one.
"""

from __future__ import annotations

import asyncio

from atrium_common.bus.ports import Bus, Message
from atrium_common.bus.translation import Opener, messages_of
from atrium_common.clock import Clock
from atrium_common.eventing.checkpoint import Checkpoint
from atrium_common.eventing.lease import Lease, Token
from atrium_common.ids import Ids
from atrium_common.metrics import RELAY_LAG, RELAYED
from atrium_common.store.ports import Documents, EventLog
from atrium_common.store.stride import Stride

LEASE_SECONDS = 5.0
HEARTBEAT_SECONDS = 0.5
_PAGE = 200


class GapInLog(Exception):
    """The log answered positions that do not follow each other: the line stops rather than skip a commit."""


class Relay:
    """Publishes what a service's log commits."""

    def __init__(
        self,
        *,
        service: str,
        topic: str,
        log: EventLog,
        documents: Documents,
        bus: Bus,
        open_sealed: Opener,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._service = service
        self._topic = topic
        self._log = log
        self._bus = bus
        self._open_sealed = open_sealed
        self._clock = clock
        name = f"relay:{topic}"
        self._lease = Lease(documents, name, holder=ids.new("relay"), seconds=LEASE_SECONDS, clock=clock)
        self._checkpoint = Checkpoint(documents, name)
        self._stride = Stride(_PAGE)
        self._more = False

    async def run(self) -> None:
        """Relay for ever; a failed send raises, and the supervisor starts again from the checkpoint."""
        try:
            while True:
                token = await self._lease.acquire()
                if token is None:
                    RELAY_LAG.labels(self._topic).set(0)  # whoever relays tells of it
                    await asyncio.sleep(LEASE_SECONDS / 10)
                    continue
                await self.resume()
                await self._lead(token)
        finally:
            await self._lease.release()

    async def resume(self) -> None:
        """Go on from where the last relay of this log has stored that it is."""
        await self._checkpoint.load()

    async def step(self, token: Token) -> int:
        """Publish one page; the number of commits."""
        after = self._checkpoint.position
        commits = await self._log.read_log(after=after, limit=self._stride.limit)
        self._more = self._stride.took(commits)
        messages: list[Message] = []
        for number, commit in enumerate(commits, start=after + 1):
            if commit.position != number:
                raise GapInLog(f"{self._topic}: position {commit.position} follows {number - 1}")
            messages += await messages_of(commit, service=self._service, open_sealed=self._open_sealed)
        if messages:
            await self._bus.publish(self._topic, messages)
            RELAYED.labels(self._topic).inc(len(messages))
        if commits:
            await self._checkpoint.advance(commits[-1].position, fence=token.version)
        return len(commits)

    async def _lead(self, token: Token) -> None:
        leading: Token | None = token
        beat_at = measure_at = self._clock.monotonic()
        news = True
        while leading is not None:
            # Before anything is sent: a stream that takes nothing is when the lag must be told.
            if self._clock.monotonic() >= measure_at:
                RELAY_LAG.labels(self._topic).set(await self._log.tail() - self._checkpoint.position)
                measure_at = self._clock.monotonic() + HEARTBEAT_SECONDS
            count = await self.step(leading) if news else 0
            now = self._clock.monotonic()
            if now >= beat_at and not self._more:
                await self._bus.heartbeat(self._topic, self._checkpoint.position)
                beat_at = now + HEARTBEAT_SECONDS
            leading = await self._lease.acquire()
            if not count:
                news = await self._log.changed(after=self._checkpoint.position, timeout=max(0.01, beat_at - now))
