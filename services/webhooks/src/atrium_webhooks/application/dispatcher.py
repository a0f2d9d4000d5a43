"""From lines to attempts: each endpoint's line is served by the process that holds its shard, in turns.

Fan-out hands new deliveries over here once they are stored, so that the usual one costs one insert and one update. What
others write to a line, or write for a shard that is held elsewhere, is told by a wake, a document of the endpoint's id.
A settlement is written over the version that was sent and no other; if this process dies, whoever takes its shards
finds in the store what was not settled.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Coroutine, Iterable, Iterator
from datetime import timedelta
from typing import Any

import structlog

from atrium_common.clock import Clock, parse_rfc3339, rfc3339
from atrium_common.jsontypes import JSONObject
from atrium_common.metrics import (
    DELIVERIES_IN_FLIGHT,
    DELIVERY_ATTEMPTS,
    DELIVERY_SECONDS,
)
from atrium_common.store.documents import Delete, Document, Is, Put, Query
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_webhooks.application.attempt import Attempt, Attempts
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.application.discipline import Discipline
from atrium_webhooks.application.gauges import tell
from atrium_webhooks.application.lane import Lane, Waiting
from atrium_webhooks.application.line import Line
from atrium_webhooks.application.rota import Rota
from atrium_webhooks.application.settling import Settler
from atrium_webhooks.application.shards import Shards, shard_of
from atrium_webhooks.application.traffic import Traffic
from atrium_webhooks.application.wakes import Wakes
from atrium_webhooks.domain.delivery import Status, attempted
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.domain.health import HEALTHY, Patience, failed, is_given_up
from atrium_webhooks.domain.schedule import GONE
from atrium_webhooks.rows import DELIVERIES, LANES

log = structlog.get_logger("dispatcher")

_LANES_AT_ONCE = 500
_RECHECK_SECONDS = 300.0
"""Every line is looked at in the store at least this often, whatever was said or not said about it."""
_PAGES_AT_ONCE = 16
_AFTER_A_FAULT = timedelta(seconds=1)


class Dispatcher:
    """Sends what is due."""

    def __init__(
        self,
        *,
        documents: Documents,
        directory: Directory,
        attempts: Attempts,
        discipline: Discipline,
        shards: Shards,
        line: Line,
        patience: Patience,
        in_flight: int,
        drain_seconds: float,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self._directory = directory
        self._attempts = attempts
        self._discipline = discipline
        self._shards = shards
        self._line = line
        self._patience = patience
        self._in_flight = in_flight
        self._drain_seconds = drain_seconds
        self._clock = clock
        self._settler = Settler(documents)
        self._wakes = Wakes(documents)
        self._traffic = Traffic(documents)
        self._rota = Rota(in_flight)
        self._lanes: dict[str, Lane] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy: Counter[int] = Counter()
        self._pages = asyncio.Semaphore(_PAGES_AT_ONCE)
        self._landed = asyncio.Event()
        self._running = False
        self._turning = False

    async def wake(self, endpoint_ids: Collection[str]) -> None:
        """Deliveries of these endpoints have been written, or are due sooner than they were."""
        elsewhere = []
        for endpoint_id in endpoint_ids:
            lane = self._lanes.get(endpoint_id)
            if lane is not None and self._shards.holds(lane.shard):
                lane.recheck()
                self._ready(lane)
            else:
                elsewhere.append(endpoint_id)
        await self._wakes.leave(elsewhere)

    def offer(self, endpoint_id: str, document: Document, kept: JSONObject) -> bool:
        """Take a new delivery, stored already, straight into its line; False where it is not served here."""
        lane = self._lanes.get(endpoint_id)
        if lane is None or not self._shards.holds(lane.shard):
            return False
        lane.offer(Waiting(document, kept))
        self._ready(lane)
        return True

    async def test(self, endpoint: Endpoint, delivery: Document) -> JSONObject:
        """Make the one attempt of a test delivery now, outside every line; what came of it."""
        waiting = Waiting(delivery, await self._line.kept(delivery))
        attempt = await self._attempts.make(endpoint, waiting)
        status: Status = "success" if attempt.succeeded else "failed"
        body = attempted(
            delivery.body, entry=attempt.entry, status=status, due=None, next_attempt_at=None, at=attempt.at
        )
        await self._settler.write(_put(delivery, body))
        answer: JSONObject = {
            "success": attempt.succeeded,
            "status_code": attempt.sent.status,
            "response_time_ms": round(attempt.sent.total),
        }
        return answer if attempt.sent.error is None else {**answer, "error": attempt.sent.error}

    async def run(self) -> None:
        """Serve the shards that fall to this process, for ever; on cancellation finish the attempts under way."""
        await self._directory.catch_up()
        self._directory.watch(self._changed)
        self._running = True
        helpers = [
            asyncio.create_task(work, name=f"dispatcher {name}")
            for name, work in {
                "shards": self._shards.run(self),
                "directory": self._directory.follow(),
                "traffic": self._traffic.run(),
                "wakes": self._wakes.heed(lambda each: self._shards.holds(shard_of(each)), self._hear),
                "rechecks": self._recheck(),
                "gauges": tell(lambda: list(self._lanes.values()), self._clock),
            }.items()
        ]
        try:
            done, _ = await asyncio.wait(helpers, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            self._running = False
            # The shards are held until nothing of them is under way: nobody else sends it again.
            await self._land()
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            self.left({lane.shard for lane in self._lanes.values()})

    def taken(self, shards: Collection[int]) -> None:
        """See `Served`."""
        gained = set(shards)
        lanes = [
            self._lanes.setdefault(endpoint_id, Lane(endpoint_id, endpoint))
            for endpoint_id, endpoint in self._directory.endpoints.items()
            if shard_of(endpoint_id) in gained
        ]
        self._spawn(self._take_over(lanes, gained))

    def left(self, shards: Collection[int]) -> None:
        """See `Served`."""
        for endpoint_id in [each for each, lane in self._lanes.items() if lane.shard in shards]:
            del self._lanes[endpoint_id]
            self._set_timer(endpoint_id, None)

    def resumed(self) -> None:
        """See `Served`."""
        for lane in self._lanes.values():
            self._ready(lane)

    def busy(self) -> Collection[int]:
        """See `Served`."""
        return self._busy.keys()

    def _changed(self, endpoint_id: str, endpoint: Endpoint) -> None:
        lane = self._lanes.get(endpoint_id)
        if lane is not None:
            lane.refresh(endpoint)
            self._ready(lane)
        elif endpoint.deleted_at is None and self._shards.holds(shard_of(endpoint_id)):
            self._lanes[endpoint_id] = Lane(endpoint_id, endpoint)
            self._spawn(self._take_over([self._lanes[endpoint_id]], ()))

    async def _take_over(self, lanes: list[Lane], shards: Collection[int]) -> None:
        """Go on where whoever served these lines before has stopped."""
        while True:
            try:
                await self._traffic.restore(lanes)
                if shards:
                    await self._clear_up(shards)
            except StoreUnavailable as error:
                log.warning("lines are not taken over yet", reason=str(error))
                await asyncio.sleep(_AFTER_A_FAULT.total_seconds())
                continue
            break
        for lane in lanes:
            lane.loading = False
            self._ready(lane)

    async def _clear_up(self, shards: Collection[int]) -> None:
        """Give up the lines of endpoints that were deleted while nobody served them."""
        after: tuple[str, ...] | None = None
        while page := await self._documents.query(LANES.name, Query(after=after, limit=_LANES_AT_ONCE)):
            for document in page:
                if shard_of(document.key) in shards and self._directory.get(document.key) is None:
                    while found := await self._line.unfinished(document.key):
                        await self._line.cancel(found)
                    await self._documents.write([Delete(LANES.name, document.key, 0, Is(document.version))])
            after = (page[-1].key,)

    def _ready(self, lane: Lane) -> None:
        """Something may begin in this lane."""
        self._rota.add(lane)
        if not self._turning:
            self._turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._turning = False
        self._rota.turn(self._start)
        DELIVERIES_IN_FLIGHT.set(self._rota.flying)

    def _start(self, lane: Lane) -> bool:
        """Begin an attempt in this lane, if one may begin."""
        if not self._running or self._lanes.get(lane.endpoint_id) is not lane or not self._shards.holds(lane.shard):
            return False
        now = self._clock.now()
        if not lane.takes_events:
            if not lane.loading:
                lane.begin_page()
                self._spawn(self._give_up(lane))
            return False
        monotonic = self._clock.monotonic()
        waiting = lane.take(now, monotonic)
        if lane.wants_page(now):
            self._spawn(self._page(lane, lane.begin_page()))
        if waiting is None:
            self._set_timer(lane.endpoint_id, lane.wait(now, monotonic))
            return False
        self._busy[lane.shard] += 1
        self._spawn(self._attempt(lane, waiting))
        return True

    async def _attempt(self, lane: Lane, waiting: Waiting) -> None:
        key = waiting.document.key
        try:
            attempt = await self._attempts.make(lane.endpoint, waiting)
            await self._note(lane, waiting, attempt)
            lane.settled(key, await self._settle(lane, waiting, attempt))
        except StoreUnavailable as error:
            log.warning("an attempt is not settled, and will be made again", delivery=key, reason=str(error))
            lane.pause(self._clock.now() + _AFTER_A_FAULT)
        except Exception:
            log.exception("an attempt failed inside", delivery=key)
            lane.pause(self._clock.now() + _AFTER_A_FAULT)
        finally:
            lane.landed(key)
            self._rota.ended(lane)
            self._busy[lane.shard] -= 1
            if not self._busy[lane.shard]:
                del self._busy[lane.shard]
            self._ready(lane)
            if not self._rota.flying:
                self._landed.set()

    async def _note(self, lane: Lane, waiting: Waiting, attempt: Attempt) -> None:
        """Count the attempt, and draw the consequences for the endpoint before anything else."""
        DELIVERY_ATTEMPTS.labels(attempt.verdict.outcome).inc()
        lane.last_delivery_at = rfc3339(attempt.at)
        if attempt.succeeded:
            lane.successes += 1
            lane.health = HEALTHY
            began = parse_rfc3339(str(waiting.document.body["event_time"]))
            DELIVERY_SECONDS.observe((attempt.at - began).total_seconds())
        else:
            lane.failures += 1
            was_open = lane.health.is_open
            lane.health = failed(lane.health, first_of_delivery=attempt.first, at=attempt.at, patience=self._patience)
            if attempt.sent.status == GONE:
                await self._discipline.gone(lane.endpoint_id, waiting.document.key, attempt.number)
                await self._directory.catch_up()  # nothing more begins
            elif is_given_up(lane.health, at=attempt.at, patience=self._patience):
                await self._discipline.give_up(lane.endpoint_id, lane.health)
                await self._directory.catch_up()  # nothing more begins
            elif lane.health.is_open and not was_open:
                await self._discipline.warn(lane.endpoint_id, lane.health)
        self._traffic.changed(lane)

    async def _settle(self, lane: Lane, waiting: Waiting, attempt: Attempt) -> Waiting | None:
        """Store what came of the attempt; the delivery as it is then, where more is planned.

        A client may have asked for a retry meanwhile: the attempt is then noted on what is there now.
        """
        document: Document | None = waiting.document
        body = attempt.applied(waiting.document.body, ordered=lane.endpoint.ordered)
        while document is not None and int(str(document.body["attempts"])) < attempt.number:
            put = _put(document, body)
            if await self._settler.write(put):
                if put.body["due"] is None:
                    return None
                return Waiting(Document(put.key, put.version, put.body, put.expires_at), waiting.kept)
            document = await self._documents.get(DELIVERIES.name, waiting.document.key)
            if document is not None:
                body = attempt.noted(document.body)
        lane.recheck()
        return None

    async def _page(self, lane: Lane, limit: int) -> None:
        try:
            async with self._pages:
                heads = await self._line.heads(lane.endpoint_id, limit=limit)
                if lane.endpoint.ordered and await self._line.bring_back(heads.retries, but=lane.flying):
                    heads = await self._line.heads(lane.endpoint_id, limit=limit)
                if (heads.more_fresh or heads.more_retries) and not lane.backlog:
                    lane.backlog = await self._line.length(lane.endpoint_id)
            lane.end_page(heads, now=self._clock.now())
        except StoreUnavailable as error:
            log.warning("a line can not be read", endpoint=lane.endpoint_id, reason=str(error))
            lane.abandon_page(again_at=self._clock.now() + _AFTER_A_FAULT)
        except Exception:
            log.exception("a line can not be read", endpoint=lane.endpoint_id)
            lane.abandon_page(again_at=self._clock.now() + _AFTER_A_FAULT)
        self._ready(lane)

    async def _give_up(self, lane: Lane) -> None:
        """Cancel what is in the line of an endpoint that takes no events."""
        try:
            while found := await self._line.unfinished(lane.endpoint_id, but=lane.flying):
                # A client may have switched the endpoint on and then asked for these: look before they are given up.
                await self._directory.catch_up()
                if lane.takes_events or self._lanes.get(lane.endpoint_id) is not lane:
                    break
                await self._line.cancel(found)
            again_after = timedelta(0) if lane.changed_while_loading else timedelta(seconds=_RECHECK_SECONDS)
        except StoreUnavailable as error:
            log.warning("a line can not be given up yet", endpoint=lane.endpoint_id, reason=str(error))
            again_after = _AFTER_A_FAULT
        # An attempt that lands afterwards makes the lane ready, and what it leaves is given up too.
        lane.abandon_page(again_at=self._clock.now() + again_after)
        asyncio.get_running_loop().call_later(again_after.total_seconds(), self._ready, lane)
        lane.fresh.clear()
        lane.retries.clear()
        if lane.endpoint.deleted_at is not None and not lane.flying:
            self._lanes.pop(lane.endpoint_id, None)

    def _hear(self, endpoint_id: str) -> None:
        """Others have written to this endpoint's line."""
        for lane in self._present([endpoint_id]):
            lane.recheck()
            self._ready(lane)

    async def _recheck(self) -> None:
        while True:
            endpoint_ids = list(self._lanes)
            if not endpoint_ids:
                await asyncio.sleep(_RECHECK_SECONDS / 10)
            for endpoint_id in endpoint_ids:
                await asyncio.sleep(_RECHECK_SECONDS / len(endpoint_ids))
                self._hear(endpoint_id)

    def _present(self, endpoint_ids: Iterable[str]) -> Iterator[Lane]:
        return (lane for each in endpoint_ids if (lane := self._lanes.get(each)) is not None)

    def _set_timer(self, endpoint_id: str, seconds: float | None) -> None:
        timer = self._timers.pop(endpoint_id, None)
        if timer is not None:
            timer.cancel()
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._timers[endpoint_id] = loop.call_later(seconds, self._time_has_come, endpoint_id)

    def _time_has_come(self, endpoint_id: str) -> None:
        self._timers.pop(endpoint_id, None)
        for lane in self._present([endpoint_id]):
            self._ready(lane)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _land(self) -> None:
        """Wait until every attempt under way is settled, as long as one may take."""
        while self._rota.flying:
            self._landed.clear()
            try:
                async with asyncio.timeout(self._drain_seconds):
                    await self._landed.wait()
            except TimeoutError:
                log.warning("attempts are cut off, and will be made again", attempts=self._rota.flying)
                return


def _put(document: Document, body: JSONObject) -> Put:
    version = document.version
    return Put(DELIVERIES.name, document.key, body, version + 1, Is(version), document.expires_at)
