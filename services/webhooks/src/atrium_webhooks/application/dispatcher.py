"""From due deliveries to attempts: claimed by lease, sent, and settled under a fencing version.

A claim moves a delivery's due time ahead by the lease: if this process dies, the delivery is due again by itself. A
settlement is written only over the claim's own version.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import structlog

from atrium_common.clock import Clock, parse_rfc3339, rfc3339
from atrium_common.eventing.repository import Command, Repository, Transaction
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_common.metrics import DELIVERIES_IN_FLIGHT, DELIVERY_ATTEMPTS, DELIVERY_SECONDS
from atrium_common.store.commit import Meta
from atrium_common.store.documents import Condition, Document, Is, Order, Put, Query
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.application.kept import body_of
from atrium_webhooks.application.sender import Sender, Sent
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.delivery import attempted, cancelled
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.domain.schedule import GONE, Attempted, Verdict, judge
from atrium_webhooks.domain.signing import signature, standard_signature
from atrium_webhooks.rows import DELIVERIES, ENDPOINT, EVENTS_SEEN

log = structlog.get_logger("dispatcher")

USER_AGENT = "Atrium-Webhooks/1"
_LEASE_BEYOND_TIMEOUT = 10.0
_PATIENCE = 0.25


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is sent at once, how long an attempt takes, and when the next one is."""

    in_flight: int
    per_endpoint: int
    seconds: float
    schedule: Sequence[float]


class Dispatcher:
    """Sends what is due."""

    def __init__(
        self,
        *,
        documents: Documents,
        directory: Directory,
        repository: Repository,
        sender: Sender,
        limits: Limits,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._documents = documents
        self._directory = directory
        self._repository = repository
        self._sender = sender
        self._limits = limits
        self._clock = clock
        self._ids = ids
        self._due = asyncio.Event()
        self._busy: Counter[str] = Counter()
        self._attempts: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Something is due now."""
        self._due.set()

    async def run(self) -> None:
        """Send for ever; on cancellation finish the attempts that are under way."""
        try:
            while True:
                self._due.clear()
                if not await self.step():
                    try:
                        await asyncio.wait_for(self._due.wait(), _PATIENCE)
                    except TimeoutError:
                        continue
        finally:
            if self._attempts:
                await asyncio.wait(self._attempts, timeout=self._limits.seconds)

    async def step(self) -> int:
        """Claim what is due and there is room for, and start sending it; how many."""
        room = self._limits.in_flight - len(self._attempts)
        if room <= 0:
            await asyncio.wait(self._attempts, return_when=asyncio.FIRST_COMPLETED)
            return 1
        claimed = await self._claim(room)
        for delivery in claimed:
            self._busy[str(delivery.body["endpoint_id"])] += 1
            task = asyncio.create_task(self._attempt(delivery))
            self._attempts.add(task)
            task.add_done_callback(self._attempts.discard)
        DELIVERIES_IN_FLIGHT.set(len(self._attempts))
        return len(claimed)

    async def drain(self) -> None:
        """Wait until every attempt under way is settled."""
        while self._attempts:
            await asyncio.wait(self._attempts)

    async def test(self, endpoint: Endpoint, delivery: Document) -> JSONObject:
        """Make the one attempt of a test delivery now; what came of it."""
        sent = await self._send(endpoint, delivery)
        status = sent.attempted.status_code
        success = status is not None and 200 <= status < 300  # noqa: PLR2004 (2xx)
        verdict = Verdict("success" if success else "failed")
        await self._settle(delivery, _after(delivery, sent, verdict, attempt=1, at=self._clock.now()))
        answer: JSONObject = {"success": success, "status_code": status, "response_time_ms": sent.duration_ms}
        return answer if sent.attempted.error is None else {**answer, "error": sent.attempted.error}

    async def _claim(self, room: int) -> list[Document]:
        now = self._clock.now()
        full = [endpoint for endpoint, count in self._busy.items() if count >= self._limits.per_endpoint]
        where = [Condition("due", "lte", rfc3339(now)), *(Condition("endpoint_id", "ne", each) for each in full)]
        due = await self._documents.query(DELIVERIES.name, Query(tuple(where), (Order("due"),), limit=room))
        chosen: list[Document] = []
        planned = Counter(self._busy)
        for delivery in due:
            endpoint_id = str(delivery.body["endpoint_id"])
            if planned[endpoint_id] < self._limits.per_endpoint:
                planned[endpoint_id] += 1
                chosen.append(delivery)
        until = rfc3339(now + timedelta(seconds=self._limits.seconds + _LEASE_BEYOND_TIMEOUT))
        claims = [Document(each.key, each.version + 1, {**each.body, "due": until}, each.expires_at) for each in chosen]
        puts = [
            Put(DELIVERIES.name, claim.key, claim.body, claim.version, Is(claim.version - 1), claim.expires_at)
            for claim in claims
        ]
        done = await self._documents.write(puts) if puts else []
        return [claim for claim, won in zip(claims, done, strict=True) if won]

    async def _attempt(self, delivery: Document) -> None:
        endpoint_id = str(delivery.body["endpoint_id"])
        try:
            await self._directory.catch_up()
            endpoint = self._directory.get(endpoint_id)
            if endpoint is None or not (endpoint.is_active or endpoint.is_held):
                await self._settle(delivery, cancelled(delivery.body, now=self._clock.now()))
                return
            sent = await self._send(endpoint, delivery)
            await self._record(endpoint_id, delivery, sent)
        except StoreUnavailable as error:
            # The lease ends by itself, and the delivery is due again.
            log.warning("delivery not settled", delivery=delivery.key, error=str(error))
        except Exception:
            log.exception("delivery failed", delivery=delivery.key)
        finally:
            self._busy[endpoint_id] -= 1
            if not self._busy[endpoint_id]:
                del self._busy[endpoint_id]
            self._due.set()

    async def _send(self, endpoint: Endpoint, delivery: Document) -> Sent:
        stored = await self._documents.get(EVENTS_SEEN.name, str(delivery.body["event_id"]))
        if stored is None:
            return Sent(Attempted(None, "The event is kept no longer.", final=True), 0, {}, "", False)
        body = body_of(
            str(delivery.body["event_id"]),
            stored.body,
            workspace_id=str(delivery.body["workspace_id"]),
            livemode=bool(delivery.body["livemode"]),
        )
        secrets = [str(each.secret.text) for each in endpoint.signing(self._clock.now())]
        timestamp = int(time.time())
        event_id = str(delivery.body["event_id"])
        attempt = cast("int", delivery.body["attempts"]) + 1
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-Webhook-ID": event_id,
            "X-Webhook-Event": str(stored.body["type"]),
            "X-Webhook-Delivery": delivery.key,
            "X-Webhook-Attempt": str(attempt),
            "X-Webhook-Timestamp": str(timestamp),
            "X-Webhook-Signature": signature(secrets[0], body),
            "webhook-id": event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": standard_signature(secrets, message_id=event_id, timestamp=timestamp, body=body),
        }
        return await self._sender.send(endpoint.url, {**endpoint.headers, **headers}, body)

    async def _record(self, endpoint_id: str, delivery: Document, sent: Sent) -> None:
        now = self._clock.now()
        attempt = cast("int", delivery.body["attempts"]) + 1
        round_of = attempt - cast("int", delivery.body["round_start"])
        verdict = judge(sent.attempted, attempt=round_of, schedule=self._limits.schedule, now=now, random=random.random)
        DELIVERY_ATTEMPTS.labels(verdict.outcome).inc()
        changed = _after(delivery, sent, verdict, attempt=attempt, at=now)
        if verdict.outcome == "success":
            DELIVERY_SECONDS.observe((now - parse_rfc3339(str(delivery.body["event_time"]))).total_seconds())
        await self._settle(delivery, changed)
        if sent.attempted.status_code == GONE:
            await self._disable(endpoint_id, delivery.key)

    async def _settle(self, delivery: Document, body: JSONObject) -> None:
        put = Put(
            DELIVERIES.name,
            delivery.key,
            body,
            delivery.version + 1,
            Is(delivery.version),
            delivery.expires_at,
        )
        await self._documents.write([put])

    async def _disable(self, endpoint_id: str, delivery_id: str) -> None:
        async def decide(tx: Transaction) -> JSONObject:
            state = (await tx.load(ENDPOINT, endpoint_id)).there
            await tx.emit(ENDPOINT, endpoint_id, *domain.disable(state, cause="gone", reason="410 Gone", at=tx.at))
            return {"id": endpoint_id}

        meta = Meta(actor="service/webhooks", causation_id=delivery_id)
        await self._repository.transact(Command(f"gone/{delivery_id}", self._clock.now(), meta), decide)


def _after(delivery: Document, sent: Sent, verdict: Verdict, *, attempt: int, at: datetime) -> JSONObject:
    response: JSONObject = {
        "headers": dict(sent.response_headers),
        "body": sent.response_body,
        "truncated": sent.truncated,
    }
    entry: JSONObject = {
        "attempt": attempt,
        "at": rfc3339(at),
        "status_code": sent.attempted.status_code,
        "error": sent.attempted.error,
        "error_class": None,
        "duration_ms": sent.duration_ms,
        "timings": {"dns": None, "connect": None, "tls": None, "first_byte": None, "total": sent.duration_ms},
        "remote_address": None,
        "request": {"headers": {}},
        "response": None if sent.attempted.status_code is None else response,
    }
    following = verdict.next_attempt_at
    due = None if following is None else rfc3339(following)
    return attempted(delivery.body, entry=entry, status=verdict.outcome, due=due, next_attempt_at=following, at=at)
