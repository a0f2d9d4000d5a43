"""The bus of one machine: subscribers read the other service's log itself.

There is no copy and no relay: a topic is a service's log, an offset is a position (several messages of one commit
share it, numbered within), a group's progress is a checkpoint in the consumer's own store, and a lease decides which
member of a group reads.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from atrium_common.bus.ports import BusUnavailable, Message, Received, Start
from atrium_common.bus.spool import Spool
from atrium_common.bus.translation import Opener, messages_of
from atrium_common.clock import Clock
from atrium_common.eventing.checkpoint import Checkpoint, StaleCheckpoint
from atrium_common.eventing.lease import Lease
from atrium_common.ids import Ids
from atrium_common.store.commit import Commit
from atrium_common.store.ports import Documents, StoreUnavailable

LEASE_SECONDS = 3.0
PAGE = 200
_OFFSETS_PER_COMMIT = 1000
_WAIT = 1.0


class Readable(Protocol):
    """What the bus reads: a service's log, or the spool of a topic that has none."""

    async def read_log(self, *, after: int, limit: int) -> Sequence[Commit]:
        """See `EventLog.read_log`."""
        ...

    async def tail(self) -> int:
        """See `EventLog.tail`."""
        ...

    async def changed(self, *, after: int, timeout: float) -> bool:
        """See `EventLog.changed`."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """Where a topic's messages come from on this machine."""

    service: str
    log: Readable
    open_sealed: Opener


class LogBus:
    """See `Bus`. Only a spool can be published to: what a service commits is on the bus by being in its log."""

    def __init__(self, sources: Mapping[str, Source], *, documents: Documents, clock: Clock, ids: Ids) -> None:
        self._sources = sources
        self._documents = documents
        self._clock = clock
        self._ids = ids
        self._subscriptions: list[LogSubscription] = []

    async def open(self) -> None:
        """Nothing to connect to: the logs are opened by wiring."""

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """See `Bus.publish`; for topics that are spools."""
        source = self._sources.get(topic)
        if source is None or not isinstance(source.log, Spool):
            raise BusUnavailable(f"{topic} is a log on this machine: commit to it instead of publishing to it")
        with _translated():
            await source.log.append(messages)

    async def heartbeat(self, topic: str, position: int) -> None:
        """See `Bus.heartbeat`; readers see the log's tail themselves."""

    async def subscribe(self, topics: Sequence[str], *, group: str | None, start: Start) -> LogSubscription:
        """See `Bus.subscribe`."""
        readers = [self._reader(topic, group, start) for topic in topics]
        subscription = LogSubscription(readers, clock=self._clock)
        await subscription.begin()
        self._subscriptions.append(subscription)
        return subscription

    async def close(self) -> None:
        """See `Bus.close`."""
        for subscription in self._subscriptions:
            await subscription.close()
        self._subscriptions.clear()

    def _reader(self, topic: str, group: str | None, start: Start) -> _TopicReader:
        source = self._sources.get(topic)
        if source is None:
            raise BusUnavailable(f"no service of this machine publishes {topic}")
        if group is None:
            return _TopicReader(topic, source, start=start, clock=self._clock)
        name = f"{group}:{topic}"
        lease = Lease(self._documents, name, holder=self._ids.new("reader"), seconds=LEASE_SECONDS, clock=self._clock)
        checkpoint = Checkpoint(self._documents, name)
        return _TopicReader(topic, source, start=start, clock=self._clock, lease=lease, checkpoint=checkpoint)


class LogSubscription:
    """See `Subscription`."""

    def __init__(self, readers: Sequence[_TopicReader], *, clock: Clock) -> None:
        self._readers = {reader.topic: reader for reader in readers}
        self._clock = clock

    @property
    def turn(self) -> int:
        """See `Subscription.turn`."""
        return sum(reader.turn for reader in self._readers.values())

    async def begin(self) -> None:
        """Find the place to start from."""
        for reader in self._readers.values():
            await reader.begin()

    async def receive(self, *, limit: int, timeout: float) -> Sequence[Received]:
        """See `Subscription.receive`."""
        deadline = self._clock.monotonic() + timeout
        while True:
            batch: list[Received] = []
            for reader in self._readers.values():
                batch += await reader.take(limit - len(batch))
            remaining = deadline - self._clock.monotonic()
            if batch or remaining <= 0:
                return batch
            await self._news(min(remaining, _WAIT))

    async def commit(self, received: Sequence[Received]) -> None:
        """See `Subscription.commit`."""
        last: dict[str, int] = {}
        for each in received:
            last[each.topic] = max(each.offset, last.get(each.topic, 0))
        for topic, offset in last.items():
            await self._readers[topic].done(offset)

    def current(self, *, within: float) -> bool:
        """See `Subscription.current`."""
        # Asked with every request: a loop, which costs half of what `all` does.
        since = self._clock.monotonic() - within
        for reader in self._readers.values():  # noqa: SIM110 (see above)
            if reader.caught_up_at < since:
                return False
        return True

    async def close(self) -> None:
        """See `Subscription.close`."""
        for reader in self._readers.values():
            await reader.end()

    async def _news(self, timeout: float) -> None:
        waits = [asyncio.ensure_future(reader.changed(timeout)) for reader in self._readers.values()]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


class _TopicReader:
    """Reads one log, alone or for a group."""

    def __init__(
        self,
        topic: str,
        source: Source,
        *,
        start: Start,
        clock: Clock,
        lease: Lease | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.topic = topic
        self.position = 0
        self.turn = 0
        self.caught_up_at = float("-inf")
        self._source = source
        self._start = start
        self._clock = clock
        self._lease = lease
        self._checkpoint = checkpoint
        self._origin = 0
        self._fence = 0
        self._waiting: deque[Received] = deque()

    async def begin(self) -> None:
        """Find the place to start from; a group's own place, where it has one, comes first."""
        with _translated():
            stored = 0 if self._checkpoint is None else await self._checkpoint.load()
            if not stored and self._start == "latest":
                self._origin = await self._source.log.tail()
            self.position = stored or self._origin

    async def take(self, limit: int) -> list[Received]:
        """Up to `limit` messages that come next; none while another member of the group reads."""
        if limit <= 0 or not await self._leading():
            return []
        asked_at = self._clock.monotonic()
        with _translated():
            while not self._waiting:
                commits = await self._source.log.read_log(after=self.position, limit=PAGE)
                for commit in commits:
                    messages = await messages_of(
                        commit, service=self._source.service, open_sealed=self._source.open_sealed
                    )
                    offset = commit.position * _OFFSETS_PER_COMMIT
                    self._waiting.extend(Received(self.topic, 0, offset + n, m) for n, m in enumerate(messages))
                    self.position = commit.position
                if len(commits) < PAGE:
                    self.caught_up_at = asked_at
                    break
        return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]

    async def done(self, offset: int) -> None:
        """Store the group's progress: all commits whose every message is done."""
        if self._checkpoint is None:
            return
        position = offset // _OFFSETS_PER_COMMIT
        if self._waiting and self._waiting[0].offset // _OFFSETS_PER_COMMIT == position:
            position -= 1
        try:
            await self._checkpoint.advance(position, fence=self._fence)
        except StaleCheckpoint:
            self._lease_is_doubtful()
        except StoreUnavailable as error:
            raise BusUnavailable(str(error)) from error

    async def changed(self, timeout: float) -> None:
        """Wait for news in the log, or for the time to look after the lease."""
        if self._lease is not None and not self._fence:
            await asyncio.sleep(min(timeout, LEASE_SECONDS / 10))
            return
        with _translated():
            await self._source.log.changed(after=self.position, timeout=timeout)

    async def end(self) -> None:
        """Hand the lease back."""
        if self._lease is not None:
            with contextlib.suppress(StoreUnavailable):
                await self._lease.release()
            self._fence = 0

    async def _leading(self) -> bool:
        if self._lease is None or self._checkpoint is None:
            return True
        with _translated():
            token = await self._lease.acquire()
            if token is None:
                self._fence = 0
                return False
            if not self._fence:
                # Somebody else may have read on in the meantime: go on from the group's own place.
                self.turn += 1
                self._waiting.clear()
                self.position = await self._checkpoint.load() or self._origin
            self._fence = token.version
        return True

    def _lease_is_doubtful(self) -> None:
        self._fence = 0
        if self._lease is not None:
            self._lease.doubt()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except StoreUnavailable as error:
        raise BusUnavailable(str(error)) from error
