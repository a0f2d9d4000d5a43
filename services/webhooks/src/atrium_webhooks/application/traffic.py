"""What is remembered of each endpoint's traffic beyond this process: its counts, its health, its breaker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import cast

import structlog

from atrium_common.clock import parse_rfc3339, rfc3339
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Document, Newer, Put
from atrium_common.store.ports import Documents, StoreUnavailable
from atrium_webhooks.application.lane import Lane
from atrium_webhooks.domain.health import Health
from atrium_webhooks.rows import LANES

log = structlog.get_logger("dispatcher")

FLUSH_SECONDS = 0.25


class Traffic:
    """Lanes' documents: read when a lane is taken over, written together every quarter of a second where changed."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._changed: dict[str, Lane] = {}

    def changed(self, lane: Lane) -> None:
        """The lane's counts or health are not what is stored."""
        self._changed[lane.endpoint_id] = lane

    async def restore(self, lanes: Sequence[Lane]) -> None:
        """Let the lanes go on from where they were."""
        found = await self._documents.get_many(LANES.name, [lane.endpoint_id for lane in lanes])
        for lane in lanes:
            document = found.get(lane.endpoint_id)
            if document is not None:
                _restore(lane, document)

    async def run(self) -> None:
        """Write what has changed, for ever, and once more at the end."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                await self.flush()
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Write what has changed."""
        changed, self._changed = self._changed, {}
        if not changed:
            return
        try:
            await self._documents.write([_stored(lane) for lane in changed.values()])
        except StoreUnavailable as error:
            log.warning("traffic is not stored", reason=str(error))
            self._changed = changed | self._changed


def _stored(lane: Lane) -> Put:
    lane.version += 1
    health = lane.health
    body: JSONObject = {
        "success_count": lane.successes,
        "failure_count": lane.failures,
        "consecutive_failures": health.failures,
        "last_delivery_at": None if lane.last_delivery_at is None else rfc3339(lane.last_delivery_at),
        "failed_deliveries": health.deliveries,
        "failing_since": None if health.since is None else health.since.isoformat(),
        "probe_at": None if health.probe_at is None else health.probe_at.isoformat(),
    }
    return Put(LANES.name, lane.endpoint_id, body, lane.version, Newer())


def _restore(lane: Lane, document: Document) -> None:
    body = document.body
    since, probe_at, last = body["failing_since"], body["probe_at"], body["last_delivery_at"]
    lane.version = document.version
    lane.successes = cast("int", body["success_count"])
    lane.failures = cast("int", body["failure_count"])
    lane.last_delivery_at = None if last is None else parse_rfc3339(str(last))
    lane.health = Health(
        failures=cast("int", body["consecutive_failures"]),
        deliveries=cast("int", body["failed_deliveries"]),
        since=None if since is None else datetime.fromisoformat(str(since)),
        probe_at=None if probe_at is None else datetime.fromisoformat(str(probe_at)),
    )
    if lane.health.since is not None and lane.health.since < lane.endpoint.enabled_at:
        lane.health = Health()
