"""Who holds a key, from memory where it is known to be true (design/gateway.md, "Keys")."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, cast

import structlog

from atrium_common.bus.ports import Bus, BusUnavailable, Message, Subscription
from atrium_common.clock import Clock, parse_rfc3339
from atrium_common.errors import InvalidApiKey, NotFound
from atrium_common.jsontypes import JSONObject
from atrium_common.metrics import KEY_CACHE

log = structlog.get_logger("keys")

TOPIC = "tenancy.events"
_KNOWN_SECONDS = 60.0
_DOUBTFUL_SECONDS = 5.0
_UNKNOWN_SECONDS = 5.0
_CURRENT_WITHIN = 1.0
_MOST = 20_000
_MOST_UNKNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A key in a context."""

    digest: str
    workspace_id: str | None
    namespace_id: str | None


@dataclass(frozen=True, slots=True)
class Holder:
    """What tenancy answered about a key in a context, and since when it is known."""

    position: int
    key: JSONObject
    user: JSONObject
    context: JSONObject
    expires_at: datetime | None
    fetched_at: float

    @property
    def tags(self) -> tuple[str, ...]:
        """What may change it: the key, its user, the workspace in context and the key's own."""
        workspace = self.context.get("workspace")
        context_id = workspace["id"] if isinstance(workspace, dict) else None
        return (
            f"key/{self.key['id']}",
            f"user/{self.user['id']}",
            f"workspace/{self.key['workspace_id']}",
            f"workspace/{context_id}",
        )


Resolve: TypeAlias = Callable[[Asked], Awaitable[JSONObject]]


class KeyCache:
    """Resolves keys, remembers the answers, and forgets them as the stream tells."""

    def __init__(self, resolve: Resolve, *, clock: Clock) -> None:
        self._resolve = resolve
        self._clock = clock
        self._holders: OrderedDict[Asked, Holder] = OrderedDict()
        self._by_tag: dict[str, set[Asked]] = {}
        self._unknown: OrderedDict[Asked, float] = OrderedDict()
        self._pending: dict[Asked, asyncio.Future[Holder]] = {}
        self._invalidated: OrderedDict[str, int] = OrderedDict()
        self._subscription: Subscription | None = None

    async def holder(self, asked: Asked) -> Holder:
        """Who holds the key.

        Raises:
            InvalidApiKey: nobody.
            Unavailable: tenancy does not answer, and nothing fresh is known.
        """
        known = self._holders.get(asked)
        now = self._clock.monotonic()
        if known is not None and now - known.fetched_at < self._lifetime():
            KEY_CACHE.labels("memory").inc()
            return known
        if now - self._unknown.get(asked, float("-inf")) < _UNKNOWN_SECONDS:
            KEY_CACHE.labels("unknown").inc()
            raise InvalidApiKey
        pending = self._pending.get(asked)
        if pending is None:
            # One look-up for all who ask meanwhile; it outlives the one that started it.
            pending = asyncio.ensure_future(self._fetch(asked))
            self._pending[asked] = pending
            pending.add_done_callback(lambda done: self._settled(asked, done))
        return await asyncio.shield(pending)

    async def follow(self, bus: Bus) -> None:
        """Forget what the stream says has changed, for ever."""
        subscription = await bus.subscribe([TOPIC], group=None, start="latest")
        # What was learnt before the subscription began may have changed unseen.
        self._holders.clear()
        self._by_tag.clear()
        self._subscription = subscription
        try:
            while True:
                for received in await subscription.receive(limit=500, timeout=1.0):
                    self.invalidate(received.message)
        except BusUnavailable:
            log.warning("the event stream is away: keys are kept for seconds only")
            raise
        finally:
            self._subscription = None
            await subscription.close()

    def invalidate(self, message: Message) -> None:
        """Drop every answer that this event may have changed."""
        for tag in tags_of(message):
            self._invalidated[tag] = message.position
            self._invalidated.move_to_end(tag)
            for asked in self._by_tag.pop(tag, set()):
                self._holders.pop(asked, None)
        if message.type.startswith("api_key."):
            self._unknown.clear()
        while len(self._invalidated) > _MOST:
            self._invalidated.popitem(last=False)

    def _lifetime(self) -> float:
        current = self._subscription is not None and self._subscription.current(within=_CURRENT_WITHIN)
        return _KNOWN_SECONDS if current else _DOUBTFUL_SECONDS

    async def _fetch(self, asked: Asked) -> Holder:
        KEY_CACHE.labels("tenancy").inc()
        while True:
            fetched_at = self._clock.monotonic()
            try:
                answer = await self._resolve(asked)
            except NotFound:
                self._unknown[asked] = fetched_at
                while len(self._unknown) > _MOST_UNKNOWN:
                    self._unknown.popitem(last=False)
                raise InvalidApiKey from None
            holder = _holder(answer, fetched_at)
            if not self._outdated(holder):
                self._remember(asked, holder)
                return holder

    def _outdated(self, holder: Holder) -> bool:
        """Whether something has changed after the position at which the answer was read."""
        return any(self._invalidated.get(tag, 0) > holder.position for tag in holder.tags)

    def _remember(self, asked: Asked, holder: Holder) -> None:
        self._holders[asked] = holder
        for tag in holder.tags:
            self._by_tag.setdefault(tag, set()).add(asked)
        while len(self._holders) > _MOST:
            oldest, dropped = self._holders.popitem(last=False)
            self._untag(oldest, dropped.tags)

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
        case "member" | "team" | "namespace":
            return (f"workspace/{message.workspace_id}", f"user/{attributes.get('user_id')}")
        case _:
            return ()


def _holder(answer: JSONObject, fetched_at: float) -> Holder:
    key = cast("JSONObject", answer["key"])
    expires_at = key.get("expires_at")
    return Holder(
        position=cast("int", answer["position"]),
        key=key,
        user=cast("JSONObject", answer["user"]),
        context=cast("JSONObject", answer["context"]),
        expires_at=parse_rfc3339(expires_at) if isinstance(expires_at, str) else None,
        fetched_at=fetched_at,
    )
