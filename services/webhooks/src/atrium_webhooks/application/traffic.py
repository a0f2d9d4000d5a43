"""What is remembered of each endpoint's traffic beyond this process: its counts, its health, its breaker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
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

    def __init__(self, documents: Documents, *, serves: Callable[[int], bool]) -> None:
        """`serves` says whether the lanes of a shard are still this process's."""
        self._documents = documents
        self._serves = serves
        self._changed: dict[str, Lane] = {}
        self._writing: dict[str, Lane] = {}
        self._turn = asyncio.Lock()

    @property
    def unwritten(self) -> Collection[int]:
        """The shards of lanes that are not stored as they are."""
        return {lane.shard for lane in (*self._changed.values(), *self._writing.values())}

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
        async with self._turn:
            self._writing, self._changed = self._changed, {}
            try:
                if self._writing:
                    await self._write(list(self._writing.values()))
                self._writing = {}
            except StoreUnavailable as error:
                log.warning("traffic is not stored", reason=str(error))
            finally:
                self._changed, self._writing = self._writing | self._changed, {}

    async def _write(self, lanes: Sequence[Lane]) -> None:
        done = await self._documents.write([_stored(lane) for lane in lanes])
        refused = []
        for lane, written in zip(lanes, done, strict=True):
            if written:
                lane.version += 1
            elif self._serves(lane.shard):
                refused.append(lane)
        if not refused:
            return
        # Our own, written when the store did not say so; where another process has the lane, what it knows holds.
        found = await self._documents.get_many(LANES.name, [lane.endpoint_id for lane in refused])
        for lane in refused:
            document = found.get(lane.endpoint_id)
            lane.version = lane.version if document is None else document.version
            self.changed(lane)


def _stored(lane: Lane) -> Put:
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
    return Put(LANES.name, lane.endpoint_id, body, lane.version + 1, Newer())


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
