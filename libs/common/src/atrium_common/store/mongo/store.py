"""One service's store in one database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from atrium_common.clock import Clock, SystemClock
from atrium_common.store.documents import Collection
from atrium_common.store.mongo import driver as drivers
from atrium_common.store.mongo.documents import MongoDocuments
from atrium_common.store.mongo.driver import Driver, translated
from atrium_common.store.mongo.log import MongoEventLog


class MongoStore:
    """See `Store`."""

    def __init__(
        self,
        url: str,
        *,
        database: str,
        driver: Driver = "motor",
        clock: Clock | None = None,
        ca_file: Path | None = None,
        cert_file: Path | None = None,
        operation_seconds: float = drivers.OPERATION_SECONDS,
    ) -> None:
        """With `ca_file` or `cert_file` the server is spoken to by TLS, whatever the URL says."""
        self._connect = partial(
            drivers.connect, url, driver, ca_file=ca_file, cert_file=cert_file, seconds=operation_seconds
        )
        self._name = database
        self._client = self._connect()
        self._retries_writes = True
        self._database = drivers.database(self._client, database)
        self._operation_seconds = operation_seconds
        self._clock = clock or SystemClock()
        self.log = MongoEventLog(self._database)
        self.documents = MongoDocuments(self._database, self._clock)

    async def open(self, collections: Sequence[Collection]) -> None:
        """See `Store.open`."""
        # Indexes may take long where there is much to index; whether anybody is there at all is known in seconds.
        with translated(), drivers.opening(self._operation_seconds):
            hello = await self._database.command("isMaster")
        if self._retries_writes and not drivers.retries_writes(hello):
            await self._without_retried_writes()
        await self.log.open()
        await self.documents.declare(collections)

    async def _without_retried_writes(self) -> None:
        await self.close()
        self._client = self._connect(retries_writes=False)
        self._retries_writes = False
        self._database = drivers.database(self._client, self._name)
        self.log.move(self._database)
        self.documents.move(self._database)

    async def ping(self) -> None:
        """See `Store.ping`."""
        with translated():
            await self._database.command("ping")

    async def now(self) -> datetime:
        """See `Store.now`: the server's own clock."""
        with translated():
            answer = await self._database.command("isMaster")
        moment: datetime = answer.get("localTime") or self._clock.now()
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    async def scrub(self) -> bool:
        """See `Store.scrub`: the collections hold nothing of what was deleted; files are the server's own."""
        return True

    async def close(self) -> None:
        """See `Store.close`."""
        await self.log.finish()
        closing = self._client.close()
        if asyncio.iscoroutine(closing):
            await closing
