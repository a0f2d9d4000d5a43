"""The work of replays: page by page through the kept events, each page's progress stored before the next.

One process at a time works, by lease; a killed one leaves the job at its last page, whose deliveries carry the job's
id, so that the next process neither skips nor repeats any.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias, cast

import structlog

from atrium_common.clock import Clock, rfc3339
from atrium_common.eventing.lease import Lease
from atrium_common.eventing.repository import Repository
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.documents import Absent, Condition, Document, Is, Order, Put, Query
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_webhooks.application.kept import Keeper, delivered, kept_message
from atrium_webhooks.domain import replay as domain
from atrium_webhooks.domain.delivery import again, delivery_id, new_delivery
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.domain.matching import Subscription
from atrium_webhooks.rows import DELIVERIES, ENDPOINT, EVENTS_SEEN, REPLAYS

log = structlog.get_logger("replays")

_PAGE = 200
_PAGES_COUNTED = 25
_JOBS = 20
_LEASE_SECONDS = 5.0
_PATIENCE = 0.5
_TEST = "webhook.test"
_FAILED = "It failed inside: start it again."

Wake: TypeAlias = Callable[[Collection[str]], Awaitable[None]]
"""Tells the dispatcher that deliveries of these endpoints are due."""


class Replaying:
    """Works on what `Replays` has started."""

    def __init__(
        self,
        documents: Documents,
        keeper: Keeper,
        repository: Repository,
        *,
        due: Wake,
        kept_for: timedelta,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._documents = documents
        self._keeper = keeper
        self._repository = repository
        self._due = due
        self._kept_for = kept_for
        self._clock = clock
        self._news = asyncio.Event()
        self._lease = Lease(documents, "replays", holder=ids.new("replayer"), seconds=_LEASE_SECONDS, clock=clock)

    def wake(self) -> None:
        """A job has been started."""
        self._news.set()

    async def run(self) -> None:
        """Work for ever."""
        try:
            while True:
                self._news.clear()
                worked = False
                try:
                    worked = await self._lease.acquire() is not None and await self.step() > 0
                except StoreUnavailable as error:
                    log.warning("replays wait for the store", reason=str(error))
                if not worked:
                    await self._wait()
        finally:
            await self._lease.release()

    async def step(self) -> int:
        """One page of every unfinished job; how many jobs there were. One that fails inside ends, and says so."""
        unfinished = Query((Condition("status", "in", domain.UNFINISHED),), (Order("created_at"),), limit=_JOBS)
        jobs = await self._documents.query(REPLAYS.name, unfinished)
        for job in jobs:
            try:
                await self._page(job)
            except StoreUnavailable:
                raise
            except Exception:
                log.exception("a replay fails inside", replay=job.key)
                await self._store(job, domain.ended(job.body, reason=_FAILED, at=self._now()))
        return len(jobs)

    async def count(self, replay_id: str, job: JSONObject, endpoint: Endpoint) -> int:
        """How many deliveries the job will make due; of a very long one the first part."""
        subscription = Subscription.of(endpoint)
        found, pages = 0, 0
        async for events in self._events(job, None):
            found += len(await self._chosen(replay_id, job, subscription, events))
            pages += 1
            if pages == _PAGES_COUNTED:
                break
        return found

    async def _page(self, job: Document) -> None:
        endpoint_id = str(job.body["endpoint_id"])
        endpoint = (await self._repository.load(ENDPOINT, endpoint_id)).there
        if not endpoint.is_active:
            await self._store(job, domain.ended(job.body, reason="The webhook is disabled.", at=self._now()))
            return
        cursor = cast("list[str] | None", job.body["cursor"])
        none: Sequence[Document] = ()
        events = await anext(self._events(job.body, cursor), none)
        chosen = await self._chosen(job.key, job.body, Subscription.of(endpoint), events)
        done = await self._make_due(job, endpoint, chosen)
        last = events[-1] if len(events) == _PAGE else None
        reached: list[JSON] | None = None if last is None else [last.body["created_at"], last.key]
        if done:
            await self._due([endpoint_id])  # before the progress is stored: nobody looks at a page again that is done
        await self._store(job, domain.advanced(job.body, done=done, cursor=reached, at=self._now()))

    async def _events(self, job: JSONObject, cursor: list[str] | None) -> AsyncIterator[Sequence[Document]]:
        """The kept events of the workspace in the job's time, oldest first, in pages."""
        where = (
            Condition("workspace_ids", "eq", str(job["workspace_id"])),
            Condition("created_at", "gte", str(job["since"])),
            Condition("created_at", "lte", str(job["until"])),
        )
        after = None if cursor is None else tuple(cursor)
        while True:
            query = Query(where, (Order("created_at"),), after, limit=_PAGE)
            events = await self._documents.query(EVENTS_SEEN.name, query)
            if events:
                yield events
            if len(events) < _PAGE:
                return
            after = (str(events[-1].body["created_at"]), events[-1].key)

    async def _chosen(
        self, replay_id: str, job: JSONObject, subscription: Subscription, events: Sequence[Document]
    ) -> Mapping[str, tuple[Document, Document | None]]:
        """The deliveries to be made due, by id, each with its event; those this job has made due already included."""
        endpoint_id, statuses = str(job["endpoint_id"]), tuple(cast("list[str]", job["statuses"]))
        wanted = {
            delivery_id(event.key, endpoint_id): event
            for event in events
            if event.body["type"] != _TEST and event.body["livemode"] in {None, job["livemode"]}
        }
        known = await self._documents.get_many(DELIVERIES.name, list(wanted))
        found: dict[str, tuple[Document, Document | None]] = {}
        for key, event in wanted.items():
            delivery = known.get(key)
            body = None if delivery is None else delivery.body
            if domain.has_done(body, replay_id) or domain.chosen(statuses, body, replay_id):
                if delivery is None and not await self._matches(subscription, event, str(job["workspace_id"])):
                    continue
                found[key] = (event, delivery)
        return found

    async def _matches(self, subscription: Subscription, event: Document, workspace_id: str) -> bool:
        message = kept_message(event.key, await self._keeper.opened(event.body))
        return subscription.takes(message.type, livemode=message.livemode) and subscription.matches(
            lambda: delivered(message, workspace_id=workspace_id, livemode=subscription.livemode)
        )

    async def _make_due(
        self, job: Document, endpoint: Endpoint, chosen: Mapping[str, tuple[Document, Document | None]]
    ) -> int:
        puts: list[Put] = []
        done = 0
        for key, (event, delivery) in chosen.items():
            if delivery is None:
                body = self._missing(event, str(job.body["endpoint_id"]), endpoint) | {"replay": job.key}
                puts.append(Put(DELIVERIES.name, key, body, 1, Absent(), self._clock.now() + self._kept_for))
            elif domain.has_done(delivery.body, job.key):
                done += 1
            else:
                body = again(delivery.body, now=self._clock.now()) | {"replay": job.key}
                version = delivery.version
                puts.append(Put(DELIVERIES.name, key, body, version + 1, Is(version), delivery.expires_at))
        return done + sum(await self._documents.write(puts)) if puts else done

    def _missing(self, event: Document, endpoint_id: str, endpoint: Endpoint) -> JSONObject:
        moment = self._now()
        return new_delivery(
            event_id=event.key,
            event_type=str(event.body["type"]),
            event_time=str(event.body["created_at"]),
            endpoint_id=endpoint_id,
            workspace_id=endpoint.workspace_id,
            livemode=endpoint.livemode,
            sequence=0,
            now=moment,
            due=moment,
        )

    async def _store(self, job: Document, body: JSONObject) -> None:
        """Store the job's progress, unless it was called off in the meantime."""
        put = Put(REPLAYS.name, job.key, body, job.version + 1, Is(job.version), job.expires_at)
        await self._documents.write([put])

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), _PATIENCE)
        except TimeoutError:
            return

    def _now(self) -> str:
        return rfc3339(self._clock.now())
