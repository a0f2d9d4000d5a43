"""What the platform tells and does about an endpoint that fails: warned of, disabled when it goes on, gone at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from atrium_common.clock import Clock
from atrium_common.eventing.event import Event
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.jsontypes import JSONObject
from atrium_common.metrics import ENDPOINTS_DISABLED
from atrium_common.store.commit import Meta
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.domain.health import Health
from atrium_webhooks.rows import ENDPOINT

_Decide: TypeAlias = Callable[[Endpoint, datetime], tuple[Event, ...]]
_ACTOR = "service/webhooks"


class Discipline:
    """Each word is said once: the command's id is made of the endpoint and of the streak, or of the delivery."""

    def __init__(self, repository: Repository, *, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    async def warn(self, endpoint_id: str, health: Health) -> None:
        """Say `webhook.failing`, once for each streak."""
        since = health.since or self._clock.now()
        await self._say(
            f"failing/{endpoint_id}/{since.isoformat()}",
            endpoint_id,
            lambda state, at: domain.warn(state, failures=health.failures, since=since, at=at),
        )

    async def give_up(self, endpoint_id: str, health: Health) -> None:
        """Disable an endpoint whose every attempt has failed for too long."""
        since = health.since or self._clock.now()
        reason = f"Every attempt has failed since {since:%Y-%m-%d %H:%M} UTC ({health.failures:,} in a row)."
        await self._say(
            f"disabled/{endpoint_id}/{since.isoformat()}",
            endpoint_id,
            lambda state, at: domain.disable(state, cause="failing", reason=reason, at=at),
        )
        ENDPOINTS_DISABLED.labels("failing").inc()

    async def gone(self, endpoint_id: str, delivery_id: str, attempt: int, *, enabled_at: datetime) -> None:
        """Disable an endpoint, switched on at `enabled_at`, that has answered 410."""
        await self._say(
            # An attempt that was not recorded is made again, also after the endpoint has been switched on again.
            f"gone/{delivery_id}/{attempt}/{enabled_at.isoformat()}",
            endpoint_id,
            lambda state, at: domain.disable(state, cause="gone", reason="It answered 410 Gone.", at=at),
            causation_id=delivery_id,
        )
        ENDPOINTS_DISABLED.labels("gone").inc()

    async def _say(self, command_id: str, endpoint_id: str, decide: _Decide, *, causation_id: str = "") -> None:
        async def decided(tx: Transaction) -> JSONObject:
            loaded = await tx.load(ENDPOINT, endpoint_id)
            if loaded.state is not None:
                await tx.emit(ENDPOINT, endpoint_id, *decide(loaded.state, tx.at))
            return {"id": endpoint_id}

        meta = Meta(actor=_ACTOR, causation_id=causation_id)
        await self._repository.transact(Command(command_id, self._clock.now(), meta), decided)
