"""What comes of an attempt: it is counted, the consequences for its endpoint are drawn, and it is stored."""

from __future__ import annotations

from typing import get_args

from atrium_common.clock import parse_rfc3339
from atrium_common.jsontypes import JSONObject
from atrium_common.metrics import DELIVERY_ATTEMPTS, DELIVERY_SECONDS
from atrium_common.store.documents import Document, Is, Put
from atrium_common.store.ports import Documents
from atrium_webhooks.application.attempt import Attempt
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.application.discipline import Discipline
from atrium_webhooks.application.lane import Lane, Waiting
from atrium_webhooks.application.settling import Settler
from atrium_webhooks.application.traffic import Traffic
from atrium_webhooks.domain.delivery import Status, attempted
from atrium_webhooks.domain.health import HEALTHY, Patience, failed, is_given_up
from atrium_webhooks.domain.schedule import GONE, Outcome
from atrium_webhooks.rows import DELIVERIES

_ATTEMPTS = {outcome: DELIVERY_ATTEMPTS.labels(outcome) for outcome in get_args(Outcome)}


class Outcomes:
    """Notes and stores attempts."""

    def __init__(
        self,
        documents: Documents,
        directory: Directory,
        discipline: Discipline,
        traffic: Traffic,
        *,
        patience: Patience,
    ) -> None:
        self._documents = documents
        self._directory = directory
        self._discipline = discipline
        self._traffic = traffic
        self._patience = patience
        self._settler = Settler(documents)

    async def note(self, lane: Lane, waiting: Waiting, attempt: Attempt) -> None:
        """Count the attempt, and draw the consequences for the endpoint before anything else."""
        _ATTEMPTS[attempt.verdict.outcome].inc()
        lane.last_delivery_at = attempt.at
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
                enabled_at = lane.endpoint.enabled_at
                await self._discipline.gone(
                    lane.endpoint_id, waiting.document.key, attempt.number, enabled_at=enabled_at
                )
                await self._directory.catch_up()  # nothing more begins
            elif is_given_up(lane.health, at=attempt.at, patience=self._patience):
                await self._discipline.give_up(lane.endpoint_id, lane.health)
                await self._directory.catch_up()  # nothing more begins
            elif lane.health.is_open and not was_open:
                await self._discipline.warn(lane.endpoint_id, lane.health)
        self._traffic.changed(lane)

    async def settle(self, lane: Lane, waiting: Waiting, attempt: Attempt) -> Waiting | None:
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
        lane.doubt()  # somebody else has recorded it: if it failed, an ordered line waits for it all the same
        return None

    async def settle_test(self, delivery: Document, attempt: Attempt) -> None:
        """Store what came of a test delivery's one attempt."""
        status: Status = "success" if attempt.succeeded else "failed"
        body = attempted(
            delivery.body, entry=attempt.entry, status=status, due=None, next_attempt_at=None, at=attempt.at
        )
        await self._settler.write(_put(delivery, body))


def _put(document: Document, body: JSONObject) -> Put:
    version = document.version
    return Put(DELIVERIES.name, document.key, body, version + 1, Is(version), document.expires_at)
