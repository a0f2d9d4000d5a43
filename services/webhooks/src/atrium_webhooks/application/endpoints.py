"""Commands on endpoints."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias, cast

from atrium_common.clock import rfc3339
from atrium_common.errors import ValidationFailed
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.personal import PERSONAL, Personal
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Transacted, Transaction
from atrium_common.eventing.vault import day_subject
from atrium_common.http.route import Call
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.ports import Documents
from atrium_webhooks.application.access import visible, workspace_of
from atrium_webhooks.application.beginnings import Beginnings
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.addresses import UnfitUrl
from atrium_webhooks.domain.credentials import new_credentials
from atrium_webhooks.rows import ENDPOINT, LANES

CheckUrl: TypeAlias = Callable[[str], Awaitable[None]]
"""Returns where deliveries may go to the URL as it is now, and raises `UnfitUrl` where not."""

DISABLED = "The webhook is disabled. Switch it on with is_active: true first."
_COUNTERS: JSONObject = {
    "success_count": 0,
    "failure_count": 0,
    "consecutive_failures": 0,
    "last_delivery_at": None,
}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The endpoints of workspaces."""

    repository: Repository
    documents: Documents
    check_url: CheckUrl
    beginnings: Beginnings
    ids: Ids

    async def create(
        self, call: Call, settings: domain.EndpointSettings, *, is_active: bool, secret: str | None
    ) -> tuple[Loaded[domain.Endpoint], str | None]:
        """Register an endpoint of the workspace in context; its secret is in the answer alone, in repeated ones too.

        Raises:
            ValidationFailed: the URL can't be delivered to.
        """
        heads = await self.beginnings.now()

        async def decide(tx: Transaction) -> JSONObject:
            await self._check(settings.url)
            endpoint_id = self.ids.new("wh")
            await self.beginnings.keep(endpoint_id, heads)
            credentials = new_credentials(endpoint_id, secret=secret, randomness=randomness.token_bytes)
            created = domain.WebhookCreated(
                workspace_id=workspace_of(call),
                settings=settings,
                credentials=credentials,
                is_active=is_active,
                livemode=call.principal.livemode,
                at=tx.at,
            )
            await tx.emit(ENDPOINT, endpoint_id, created)
            return {"id": endpoint_id, "secret": _shown_once(tx, credentials.secret)}

        done = await self.repository.transact(call.command, decide)
        return await done.state(ENDPOINT, str(done.outcome["id"])), _secret_of(done)

    async def read(self, call: Call, endpoint_id: str) -> Loaded[domain.Endpoint]:
        """The endpoint, where it is the workspace's in context.

        Raises:
            NotFound: otherwise.
        """
        loaded = await self.repository.load(ENDPOINT, endpoint_id)
        visible(call, endpoint_id, loaded.state)
        return loaded

    async def update(self, call: Call, endpoint_id: str, changes: Mapping[str, object]) -> Loaded[domain.Endpoint]:
        """Change an endpoint: the fields of its settings, and `is_active`.

        Raises:
            NotFound, PreconditionFailed, ValidationFailed.
        """

        async def decide(tx: Transaction) -> JSONObject:
            loaded = await tx.load(ENDPOINT, endpoint_id)
            state = visible(call, endpoint_id, loaded.state)
            call.check_version(loaded.version)
            if "url" in changes:
                await self._check(str(changes["url"]))
            await tx.emit(ENDPOINT, endpoint_id, *domain.update(state, changes, at=tx.at))
            return {"id": endpoint_id}

        done = await self.repository.transact(call.command, decide)
        return await done.state(ENDPOINT, endpoint_id)

    async def rotate(
        self, call: Call, endpoint_id: str, *, grace: timedelta, secret: str | None
    ) -> tuple[str | None, str | None]:
        """Give an endpoint new credentials; its new secret, shown once, and when the one before ends signing, if ever.

        Raises:
            NotFound.
        """

        async def decide(tx: Transaction) -> JSONObject:
            state = visible(call, endpoint_id, (await tx.load(ENDPOINT, endpoint_id)).state)
            credentials = new_credentials(endpoint_id, secret=secret, randomness=randomness.token_bytes)
            await tx.emit(ENDPOINT, endpoint_id, *domain.rotate(state, credentials, grace=grace, at=tx.at))
            until = rfc3339(tx.at + grace) if grace else None
            return {"secret": _shown_once(tx, credentials.secret), "previous_expires_at": until}

        done = await self.repository.transact(call.command, decide)
        return _secret_of(done), cast("str | None", done.outcome["previous_expires_at"])

    async def delete(self, call: Call, endpoint_id: str) -> None:
        """Delete an endpoint; its secrets are forgotten for good soon after.

        Raises:
            NotFound, PreconditionFailed.
        """

        async def decide(tx: Transaction) -> JSONObject:
            loaded = await tx.load(ENDPOINT, endpoint_id)
            state = visible(call, endpoint_id, loaded.state)
            call.check_version(loaded.version)
            await tx.emit(ENDPOINT, endpoint_id, *domain.delete(state, at=tx.at))
            return {"id": endpoint_id}

        await self.repository.transact(call.command, decide)

    async def add_counters(self, shown: Sequence[JSONObject]) -> None:
        """Put into each endpoint how its deliveries have gone."""
        lanes = await self.documents.get_many(LANES.name, [str(each["id"]) for each in shown])
        for each in shown:
            lane = lanes.get(str(each["id"]))
            counted = _COUNTERS if lane is None else {name: lane.body.get(name, _COUNTERS[name]) for name in _COUNTERS}
            each.update(counted)

    async def _check(self, url: str) -> None:
        try:
            await self.check_url(url)
        except UnfitUrl as error:
            raise ValidationFailed({"url": [str(error)]}) from None


def _shown_once(tx: Transaction, secret: Personal) -> JSON:
    return Personal(day_subject(tx.at), secret.value).marked()


def _secret_of(done: Transacted) -> str | None:
    secret = done.outcome["secret"]
    value = secret.get("value") if isinstance(secret, dict) and PERSONAL in secret else None
    return value if isinstance(value, str) else None
