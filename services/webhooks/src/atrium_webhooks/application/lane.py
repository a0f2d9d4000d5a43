"""One endpoint's line, as the process that serves it sees it: what comes next, and when it may begin.

The store has the whole line; here are its head and what is under way. New deliveries join here straight from fan-out
as long as the head is the whole line; beyond that they wait in the store and are read in pages, so that a backlog of
any length costs the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from atrium_common.clock import parse_rfc3339
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Document
from atrium_webhooks.application.shards import shard_of
from atrium_webhooks.domain.delivery import BEHIND_FIRST
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.domain.health import HEALTHY, Health
from atrium_webhooks.domain.pace import Pace

PAGE = 256
"""The most of a line that is held here, new deliveries and retries each."""
_LOW = PAGE // 8
UNSETTLED = 2
"""Attempts that may be under way or, answered, on their way into the store, for each that a receiver may have at once:
so a receiver need not wait for the store, and where a process dies not much more is sent again.
"""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery with its event as kept."""

    document: Document
    kept: JSONObject

    @property
    def in_line(self) -> bool:
        """Whether it has a place in the order of events; manual retries and replays run outside it."""
        return bool(self.document.body["sequence"])

    @property
    def due(self) -> str:
        """Its place in line, or the time for which it waits."""
        return cast("str", self.document.body["due"])

    @property
    def attempts(self) -> int:
        """How many there were."""
        return cast("int", self.document.body["attempts"])

    @property
    def next_attempt_at(self) -> datetime | None:
        """When the next one is planned; None: at once."""
        moment = self.document.body["next_attempt_at"]
        return None if moment is None or not self.attempts else parse_rfc3339(str(moment))


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads of both parts of a line, as read: places in order, and retries by time (None: they were not looked at);
    and whether there are more.
    """

    fresh: Sequence[Waiting] = ()
    retries: Sequence[Waiting] | None = ()
    more_fresh: bool = False
    more_retries: bool = False


class Lane:
    """See the module."""

    def __init__(self, endpoint_id: str, endpoint: Endpoint) -> None:
        self.endpoint_id = endpoint_id
        self.shard = shard_of(endpoint_id)
        self.endpoint = endpoint
        self.health: Health = HEALTHY
        self.successes = 0
        self.failures = 0
        self.last_delivery_at: datetime | None = None
        self.version = 0
        self.fresh: deque[Waiting] = deque()
        self.retries: deque[Waiting] = deque()
        self.flying: dict[str, Waiting] = {}
        self.sending = 0
        self.backlog = 0
        self.retry_at: datetime | None = _LONG_AGO
        self.not_before = 0.0
        self.behind = True
        self.loading = True
        self._changed_while_loading = self._doubted_while_loading = False
        self._settled_while_loading: set[str] = set()
        self._reached = ""  # the last place in line that was read or handed over
        self.pace = _pace(endpoint)

    @property
    def workspace_id(self) -> str:
        """Whose endpoint it is."""
        return self.endpoint.workspace_id

    def refresh(self, endpoint: Endpoint) -> None:
        """See the endpoint as it is now; one that was switched on anew starts with a clean slate."""
        if endpoint.enabled_at != self.endpoint.enabled_at:
            self.health = HEALTHY
        if endpoint.ordered != self.endpoint.ordered:
            self.not_before = 0.0
            self.doubt()
        elif endpoint.is_active and not self.endpoint.is_active:
            self.not_before = 0.0
            self.recheck()
        self.endpoint = endpoint
        pace = _pace(endpoint)
        if (pace and pace.limit) != (self.pace and self.pace.limit):
            self.pace = pace

    def recheck(self) -> None:
        """Others may have written deliveries: look into the store before going on."""
        self.behind = True
        self.retry_at = _LONG_AGO
        self._changed_while_loading = True

    def doubt(self) -> None:
        """What is known here may be out of order: begin nothing of it before the store is read again."""
        self.fresh.clear()
        self.retries.clear()
        self.recheck()
        self._doubted_while_loading = True

    def offer(self, waiting: Waiting) -> None:
        """A new delivery, durable already, straight from fan-out.

        A page may have brought it before: one that is not behind all that is known is not taken, but looked for.
        """
        self.backlog += 1
        if self.behind or self.loading or len(self.fresh) >= PAGE or waiting.due <= self._reached:
            self.behind = self._changed_while_loading = True
            return
        self._reached = waiting.due
        self.fresh.append(waiting)

    def wants_page(self, now: datetime, monotonic: float) -> bool:
        """Whether the store should be asked for more."""
        if self.loading or monotonic < self.not_before:
            return False
        return self.wants_retries(now) or (self.behind and len(self.fresh) < _LOW)

    def wants_retries(self, now: datetime) -> bool:
        """Whether there may be retries in the store whose time has come."""
        return self.retry_at is not None and self.retry_at <= now and len(self.retries) < _LOW

    @property
    def takes_events(self) -> bool:
        """Whether what is in line is still to be sent."""
        return self.endpoint.is_active or self.endpoint.is_held

    def begin_page(self) -> int:
        """A page is being read; how much of the line to read so that what is under way leaves room for more."""
        self.loading = True
        self._changed_while_loading = self._doubted_while_loading = False
        self._settled_while_loading.clear()
        return PAGE + len(self.flying)

    def end_page(self, heads: Heads, *, now: datetime) -> None:
        """The heads of the line, as read."""
        self.loading = False
        if self._doubted_while_loading:
            self.doubt()
            return
        known = self.flying.keys() | self._settled_while_loading
        if heads.retries is not None:
            self.retry_at = None
            self.retries = deque()
            for waiting in self._new(heads.retries, known):
                moment = waiting.next_attempt_at
                if moment is None or moment <= now:
                    self.retries.append(waiting)
                else:
                    self._retry(moment)
        self.fresh = deque()
        self._reached = max(self._reached, *(waiting.due for waiting in heads.fresh), "")
        for waiting in self._new(heads.fresh, known):
            moment = waiting.next_attempt_at
            if moment is not None and moment > now and not self.endpoint.ordered:
                self._retry(moment)  # it kept its place while the endpoint was ordered
            else:
                self.fresh.append(waiting)
        self.behind = self._changed_while_loading or heads.more_fresh
        if heads.more_retries or self._changed_while_loading:
            self._retry(now)

    @property
    def changed_while_loading(self) -> bool:
        """Whether there is more in line than what has been read."""
        return self._changed_while_loading

    def abandon_page(self, *, again_at: float) -> None:
        """The store did not answer; look again then, on the monotonic clock."""
        self.loading = False
        self.pause(again_at)

    def pause(self, until: float) -> None:
        """Something here went wrong: begin nothing before then, on the monotonic clock, and nothing that the store does
        not show then.

        What was sent while a store is lost would all be sent again.
        """
        self.doubt()
        self.not_before = until

    def take(self, now: datetime, monotonic: float) -> Waiting | None:
        """The next delivery that may begin now, counted as under way; None where none may."""
        waiting = self.first(now, monotonic)
        if waiting is not None:
            (self.retries or self.fresh).popleft()
            self.flying[waiting.document.key] = waiting
            self.sending += 1
            if self.pace is not None:
                self.pace.begin(monotonic)
        return waiting

    def first(self, now: datetime, monotonic: float) -> Waiting | None:
        """What `take` would take."""
        if self._is_full() or self._gate(now, monotonic) > 0 or (self.health.is_open and self.flying):
            return None
        if self.retries:
            return self.retries[0]
        if not self.fresh or self._line_is_busy():
            return None
        moment = self.fresh[0].next_attempt_at
        return None if moment is not None and moment > now else self.fresh[0]

    def wait(self, now: datetime, monotonic: float) -> float | None:
        """Seconds until `take` or `wants_page` may say otherwise by time alone; None: never."""
        waits: list[float] = []
        if monotonic < self.not_before:
            return self.not_before - monotonic
        if self.retry_at is not None and not self.loading and len(self.retries) < _LOW:
            waits.append((self.retry_at - now).total_seconds())
        if not self._is_full() and not (self.health.is_open and self.flying):
            gate = self._gate(now, monotonic)
            if self.retries:
                waits.append(gate)
            elif self.fresh and not self._line_is_busy():
                head = self.fresh[0].next_attempt_at
                waits.append(gate if head is None else max(gate, (head - now).total_seconds()))
        return max(0.0, min(waits)) if waits else None

    def answered(self) -> None:
        """The receiver is done with one: it may have the next before what came of this one is stored."""
        self.sending -= 1

    def settled(self, key: str, following: Waiting | None) -> None:
        """The attempt is over, and the delivery as it is now is stored: `following`, where more is planned."""
        self.landed(key)
        if self.loading:
            self._settled_while_loading.add(key)
        if following is None:
            self.backlog = max(0, self.backlog - 1)
            return
        moment = following.next_attempt_at
        if self.endpoint.ordered and following.in_line:
            if self.loading or following.due >= BEHIND_FIRST:
                self.doubt()
            else:
                self.fresh.appendleft(following)
        elif moment is not None:
            if self.loading:
                self._changed_while_loading = True
            self._retry(moment)

    def landed(self, key: str) -> None:
        """The attempt is over."""
        self.flying.pop(key, None)

    def _is_full(self) -> bool:
        most = self.endpoint.concurrency
        return self.sending >= most or len(self.flying) >= most * UNSETTLED

    def _line_is_busy(self) -> bool:
        return self.endpoint.ordered and any(waiting.in_line for waiting in self.flying.values())

    def _gate(self, now: datetime, monotonic: float) -> float:
        """Seconds for which breaker or rate limit hold everything back."""
        if monotonic < self.not_before:
            return self.not_before - monotonic
        wait = 0.0 if self.pace is None else self.pace.wait(monotonic)
        if self.health.probe_at is not None:
            wait = max(wait, (self.health.probe_at - now).total_seconds())
        return wait

    def _retry(self, moment: datetime) -> None:
        self.retry_at = moment if self.retry_at is None else min(self.retry_at, moment)

    @staticmethod
    def _new(found: Iterable[Waiting], known: AbstractSet[str]) -> list[Waiting]:
        return [waiting for waiting in found if waiting.document.key not in known]


def _pace(endpoint: Endpoint) -> Pace | None:
    limit = endpoint.rate_limit
    return None if limit is None else Pace(limit.requests, limit.per_seconds)
