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
from typing import Any

import structlog

from atrium_common.clock import Clock
from atrium_common.jsontypes import JSONObject
from atrium_common.metrics import DELIVERIES_IN_FLIGHT
from atrium_common.store.documents import Document
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_webhooks.application.attempt import Attempts
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.application.discipline import Discipline
from atrium_webhooks.application.gauges import tell
from atrium_webhooks.application.lane import Lane, Waiting
from atrium_webhooks.application.line import Line
from atrium_webhooks.application.outcomes import Outcomes
from atrium_webhooks.application.reading import AFTER_A_FAULT, RECHECK_SECONDS, Reading
from atrium_webhooks.application.rota import Rota
from atrium_webhooks.application.shards import Shards, shard_of
from atrium_webhooks.application.traffic import Traffic
from atrium_webhooks.application.wakes import Wakes
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.domain.health import Patience

log = structlog.get_logger("dispatcher")


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
        serves_api: bool,
        clock: Clock,
    ) -> None:
        """`serves_api` says that what clients ask for is asked of this process, so that it hears of it by itself."""
        self._directory = directory
        self._attempts = attempts
        self._shards = shards
        self._line = line
        self._in_flight = in_flight
        self._drain_seconds = drain_seconds
        self._serves_api = serves_api
        self._clock = clock
        self._reading = Reading(documents, line, directory, clock=clock)
        self._wakes = Wakes(documents)
        self._traffic = Traffic(documents, serves=shards.serves)
        self._outcomes = Outcomes(documents, directory, discipline, self._traffic, patience=patience)
        self._rota = Rota(in_flight)
        self._lanes: dict[str, Lane] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy: Counter[int] = Counter()
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
        await self._outcomes.settle_test(delivery, attempt)
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
                "wakes": self._wakes.heed(
                    lambda each: self._shards.holds(shard_of(each)),
                    self._hear,
                    alone=lambda: self._serves_api and self._shards.is_alone,
                ),
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
            # A shard is held until nothing of it is under way: nobody else sends it again.
            self._shards.leave()
            await self._land()
            await self._traffic.flush()  # while nobody else goes on from what is stored
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
        return self._busy.keys() | self._traffic.unwritten

    def _changed(self, endpoint_id: str, endpoint: Endpoint) -> None:
        lane = self._lanes.get(endpoint_id)
        if lane is not None:
            lane.refresh(endpoint)
            self._ready(lane)
        elif endpoint.deleted_at is None and self._shards.serves(shard_of(endpoint_id)):
            self._lanes[endpoint_id] = Lane(endpoint_id, endpoint)
            self._spawn(self._take_over([self._lanes[endpoint_id]], ()))

    async def _take_over(self, lanes: list[Lane], shards: Collection[int]) -> None:
        """Go on where whoever served these lines before has stopped."""
        while True:
            try:
                await self._traffic.restore(lanes)
                if shards:
                    await self._reading.clear_up(shards)
            except StoreUnavailable as error:
                log.warning("lines are not taken over yet", reason=str(error))
            except Exception:
                log.exception("lines can not be taken over")
            else:
                break
            await asyncio.sleep(AFTER_A_FAULT.total_seconds())
        for lane in lanes:
            lane.loading = False
            self._ready(lane)

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
        if lane.wants_page(now, monotonic):
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
            try:
                attempt = await self._attempts.make(lane.endpoint, waiting)
                await self._outcomes.note(lane, waiting, attempt)
            finally:
                lane.answered()
                self._rota.ended(lane)
                self._ready(lane)
            lane.settled(key, await self._outcomes.settle(lane, waiting, attempt))
        except StoreUnavailable as error:
            log.warning("an attempt is not settled, and will be made again", delivery=key, reason=str(error))
            lane.pause(self._clock.monotonic() + AFTER_A_FAULT.total_seconds())
        except Exception:
            log.exception("an attempt failed inside", delivery=key)
            lane.pause(self._clock.monotonic() + AFTER_A_FAULT.total_seconds())
        finally:
            lane.landed(key)
            self._rota.settled()
            self._busy[lane.shard] -= 1
            if not self._busy[lane.shard]:
                del self._busy[lane.shard]
            self._ready(lane)
            if not self._busy:
                self._landed.set()

    async def _page(self, lane: Lane, limit: int) -> None:
        await self._reading.page(lane, limit)
        self._ready(lane)

    async def _give_up(self, lane: Lane) -> None:
        again_after = await self._reading.give_up(lane, is_served=lambda: self._lanes.get(lane.endpoint_id) is lane)
        asyncio.get_running_loop().call_later(again_after.total_seconds(), self._ready, lane)
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
                await asyncio.sleep(RECHECK_SECONDS / 10)
            for endpoint_id in endpoint_ids:
                await asyncio.sleep(RECHECK_SECONDS / len(endpoint_ids))
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
        while self._busy:
            self._landed.clear()
            try:
                async with asyncio.timeout(self._drain_seconds):
                    await self._landed.wait()
            except TimeoutError:
                log.warning("attempts are cut off, and will be made again", attempts=self._busy.total())
                return
