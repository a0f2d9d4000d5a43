"""Who holds a key, from memory where it is known to be true (design/gateway.md, "Keys").

What is remembered is dropped by the events that change it, kept 60 s at most, and 5 s while the event stream is not
known to be current. A refusal is never answered from memory alone: it is asked for again, so that what a write has just
allowed works at once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeAlias, cast

import structlog

from atrium_common.bus.ports import Bus, BusUnavailable, Message, Subscription
from atrium_common.clock import Clock
from atrium_common.errors import ConcurrentLimitExceeded, InvalidApiKey, NotFound
from atrium_common.jsontypes import JSONObject
from atrium_common.metrics import KEY_CACHE, KEY_CACHE_BYTES, REVOCATION_SECONDS
from atrium_gateway.holder import Asked, Holder, holder_of

log = structlog.get_logger("keys")

TOPIC = "tenancy.events"
_KNOWN_SECONDS = 60.0
_DOUBTFUL_SECONDS = 5.0
_UNKNOWN_SECONDS = 5.0
_PATIENCE = 1.0
"""How often a stream on which nothing comes is looked at."""
_CURRENT_WITHIN = 2 * _PATIENCE
MOST_BYTES = 48 * 1024 * 1024
_MOST_UNKNOWN = 10_000
_MOST_INVALIDATED = 20_000
# A key that is refused again and again is asked for so many times at once, and then so many times a second.
_CONFIRMED_AT_ONCE = 10
_CONFIRMED_A_SECOND = 5.0
# So many contexts that refuse it a key may try at once, and then so many a second.
_REFUSED_AT_ONCE = 60
_REFUSED_A_SECOND = 1.0

Resolve: TypeAlias = Callable[[Asked], Awaitable[JSONObject]]


class KeyCache:
    """Resolves keys, remembers the answers, and forgets them as the stream tells."""

    def __init__(self, resolve: Resolve, *, clock: Clock, most_bytes: int = MOST_BYTES) -> None:
        self._resolve = resolve
        self._clock = clock
        self._most_bytes = most_bytes
        self._bytes = 0
        self._holders: OrderedDict[Asked, Holder] = OrderedDict()
        self._by_tag: dict[str, set[Asked]] = {}
        self._unknown: OrderedDict[bytes, float] = OrderedDict()
        self._pending: dict[Asked, asyncio.Future[Holder]] = {}
        self._invalidated: OrderedDict[str, int] = OrderedDict()
        # Invalidations up to here may have been forgotten: what was read before can't be judged any more.
        self._floor = 0
        self._epoch = 0
        # What was changed through this gateway, and since when; what was read before `_since` can't be judged.
        self._forgotten: OrderedDict[str, int] = OrderedDict()
        self._since = 0
        self._revived = 0
        self._subscription: Subscription | None = None
        self._confirmations = _Rationed(_CONFIRMED_AT_ONCE, _CONFIRMED_A_SECOND)
        self._refusals = _Rationed(_REFUSED_AT_ONCE, _REFUSED_A_SECOND)
        # Told to the metric now and then: a hit costs next to nothing.
        self._from_memory = 0

    def known(self, asked: Asked) -> Holder | None:
        """Who holds the key, where that is known; without waiting."""
        holder = self._holders.get(asked)
        if holder is None:
            return None
        age = self._clock.monotonic() - holder.fetched_at
        if age >= _DOUBTFUL_SECONDS and age >= self._lifetime():
            return None
        self._from_memory += 1
        return holder

    def is_unknown(self, asked: Asked) -> bool:
        """Whether it is known that nobody holds the key."""
        return self._clock.monotonic() - self._unknown.get(asked.digest, float("-inf")) < _UNKNOWN_SECONDS

    async def holder(self, asked: Asked) -> Holder:
        """Who holds the key.

        Raises:
            InvalidApiKey: nobody.
            ConcurrentLimitExceeded: the context is not known, and too many have refused the key of late.
            Unavailable: tenancy does not answer, and nothing fresh is known.
        """
        known = self.known(asked)
        if known is not None:
            return known
        if self.is_unknown(asked):
            KEY_CACHE.labels("unknown").inc()
            raise InvalidApiKey
        own = asked.workspace_id is None and asked.namespace_id is None
        # Who tries contexts at random must neither keep tenancy busy, nor have all others' keys forgotten.
        if not own and self._refusals.left(asked.digest, self._clock.monotonic()) < 1:
            raise ConcurrentLimitExceeded
        return await self._look_up(asked)

    async def confirmed(self, holder: Holder, *, since: float) -> Holder:
        """The holder as it is now, before it is refused; the same one where it was read after `since`.

        Raises:
            InvalidApiKey: there is none any more.
            Unavailable: tenancy does not answer.
        """
        now = self._clock.monotonic()
        if holder.fetched_at >= since or self._confirmations.left(holder.asked.digest, now) < 1:
            return holder
        self._confirmations.take(holder.asked.digest, now)
        return await self._look_up(holder.asked)

    async def follow(self, bus: Bus) -> None:
        """Forget what the stream says has changed, for ever."""
        subscription = await bus.subscribe([TOPIC], group=None, start="latest")
        # What was learnt before the subscription began, or is on its way, may have changed unseen.
        self._epoch += 1
        self._since = self._epoch
        self._holders.clear()
        self._by_tag.clear()
        self._bytes = 0
        self._subscription = subscription
        try:
            while True:
                for received in await subscription.receive(limit=500, timeout=_PATIENCE):
                    self.invalidate(received.message)
                hits, self._from_memory = self._from_memory, 0
                KEY_CACHE.labels("memory").inc(hits)
        except BusUnavailable:
            log.warning("the event stream is away: keys are kept for seconds only")
            raise
        finally:
            self._subscription = None
            await subscription.close()

    def invalidate(self, message: Message) -> None:
        """Drop every answer that this event may have changed."""
        tags = tags_of(message)
        for tag in tags:
            # The stream may bring older events again behind newer ones.
            self._invalidated[tag] = max(message.position, self._invalidated.get(tag, 0))
            self._invalidated.move_to_end(tag)
            for asked in self._by_tag.pop(tag, set()):
                self._drop(asked)
        if message.type.startswith("api_key.") or message.type == "workspace.restored":
            # A new key, or one that its workspace's deletion had closed.
            self._unknown.clear()
            self._revived += 1
        while len(self._invalidated) > _MOST_INVALIDATED:
            _, position = self._invalidated.popitem(last=False)
            self._floor = max(self._floor, position)
        if tags:
            REVOCATION_SECONDS.observe(max(0.0, (self._clock.now() - message.time).total_seconds()))

    def forget(self, tags: Iterable[str]) -> None:
        """Drop what a write through this gateway has just changed, before its answer is heard of.

        So the next request, on whatever service, is made with facts at least as new as that write; the stream tells it
        to the other gateways.
        """
        for tag in tags:
            # Answers about it that are under way may have been read before.
            self._epoch += 1
            self._forgotten[tag] = self._epoch
            self._forgotten.move_to_end(tag)
            for asked in self._by_tag.pop(tag, set()):
                self._drop(asked)
            if tag.startswith("workspace/"):
                # It may have been restored, and its keys with it.
                self._unknown.clear()
                self._revived += 1
        while len(self._forgotten) > _MOST_INVALIDATED:
            _, self._since = self._forgotten.popitem(last=False)

    def _lifetime(self) -> float:
        current = self._subscription is not None and self._subscription.current(within=_CURRENT_WITHIN)
        return _KNOWN_SECONDS if current else _DOUBTFUL_SECONDS

    async def _look_up(self, asked: Asked) -> Holder:
        pending = self._pending.get(asked)
        if pending is None:
            # One look-up for all who ask meanwhile; it outlives the one that started it.
            pending = asyncio.ensure_future(self._fetch(asked))
            self._pending[asked] = pending
            pending.add_done_callback(lambda done: self._settled(asked, done))
        return await asyncio.shield(pending)

    async def _fetch(self, asked: Asked) -> Holder:
        KEY_CACHE.labels("tenancy").inc()
        while True:
            epoch, revived, fetched_at = self._epoch, self._revived, self._clock.monotonic()
            try:
                answer = await self._resolve(asked)
            except NotFound:
                self._drop(asked)
                if revived == self._revived:
                    # Else it may have been read before the key was there (again), and is not remembered.
                    self._unknown[asked.digest] = fetched_at
                while len(self._unknown) > _MOST_UNKNOWN:
                    self._unknown.popitem(last=False)
                raise InvalidApiKey from None
            holder = holder_of(answer, asked, fetched_at=fetched_at)
            if not (self._overtaken(holder, epoch) or self._outdated(holder)):
                if holder.refused is not None and self.known(asked) is None:
                    self._refusals.take(asked.digest, fetched_at)
                self._remember(holder)
                return holder

    def _overtaken(self, holder: Holder, epoch: int) -> bool:
        """Whether a write through this gateway has changed something since the answer was asked for."""
        return epoch < self._since or any(self._forgotten.get(tag, 0) > epoch for tag in holder.tags)

    def _outdated(self, holder: Holder) -> bool:
        """Whether something has changed after the position at which the answer was read."""
        return holder.position < self._floor or any(
            self._invalidated.get(tag, 0) > holder.position for tag in holder.tags
        )

    def _remember(self, holder: Holder) -> None:
        self._drop(holder.asked)
        self._holders[holder.asked] = holder
        self._bytes += holder.size
        for tag in holder.tags:
            self._by_tag.setdefault(tag, set()).add(holder.asked)
        while self._bytes > self._most_bytes and len(self._holders) > 1:
            self._drop(next(iter(self._holders)))
        KEY_CACHE_BYTES.set(self._bytes)

    def _drop(self, asked: Asked) -> None:
        holder = self._holders.pop(asked, None)
        if holder is None:
            return
        self._bytes -= holder.size
        self._untag(asked, holder.tags)

    def _untag(self, asked: Asked, tags: Iterable[str]) -> None:
        for tag in tags:
            tagged = self._by_tag.get(tag)
            if tagged is not None:
                tagged.discard(asked)
                if not tagged:
                    del self._by_tag[tag]

    def _settled(self, asked: Asked, done: asyncio.Future[Holder]) -> None:
        self._pending.pop(asked, None)
        if not done.cancelled():
            done.exception()  # taken by whoever asked; here only so that it does not count as unseen


class _Rationed:
    """What each key (its digest) has so many times at once, and then so many times a second."""

    def __init__(self, at_once: int, a_second: float) -> None:
        self._at_once = at_once
        self._a_second = a_second
        self._left: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def left(self, digest: bytes, now: float) -> float:
        """How many times it still has it; below 0 where it had too many of those that were under way at once."""
        left, at = self._left.get(digest, (float(self._at_once), now))
        return min(self._at_once, left + (now - at) * self._a_second)

    def take(self, digest: bytes, now: float) -> None:
        """It has it once."""
        self._left[digest] = (self.left(digest, now) - 1, now)
        self._left.move_to_end(digest)
        while len(self._left) > _MOST_UNKNOWN:
            self._left.popitem(last=False)


def tags_of(message: Message) -> Sequence[str]:
    """What an event of tenancy changes."""
    kind = message.type.partition(".")[0]
    resource = cast("JSONObject", message.data.get("object") or {})
    attributes = cast("JSONObject", resource.get("attributes") or {})
    match kind:
        case "api_key":
            return (f"key/{resource.get('id')}",)
        case "workspace":
            return (f"workspace/{resource.get('id')}",)
        case "user":
            return (f"user/{resource.get('id')}",)
        case "namespace":
            return (f"namespace/{resource.get('id')}",)
        case "member" | "team" | "invitation":
            return (f"workspace/{message.workspace_id}", f"user/{attributes.get('user_id')}")
        case _:
            return ()
