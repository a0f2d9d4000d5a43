"""Commands on endpoints and deliveries."""

from __future__ import annotations

import secrets as randomness
from dataclasses import dataclass

from atrium_common.bus.ports import Message
from atrium_common.clock import Clock, rfc3339
from atrium_common.errors import CannotRetry, NotFound, ValidationFailed
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.personal import PERSONAL, Personal
from atrium_common.eventing.repository import Repository, Transaction
from atrium_common.eventing.vault import MasterKeys, day_subject
from atrium_common.http.route import Call
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Absent, Document, Is, Put
from atrium_common.store.ports import Documents
from atrium_webhooks.application.dispatcher import Dispatcher
from atrium_webhooks.application.fanout import KEPT
from atrium_webhooks.application.kept import kept_form
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.addresses import UnfitUrl, check_url
from atrium_webhooks.domain.delivery import RETRIABLE, again, delivery_id, new_delivery
from atrium_webhooks.domain.signing import new_secret
from atrium_webhooks.rows import DELIVERIES, ENDPOINT, EVENTS_SEEN


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The service's inside."""

    repository: Repository
    documents: Documents
    master: MasterKeys
    dispatcher: Dispatcher
    ids: Ids
    clock: Clock

    async def create(
        self, call: Call, *, url: str, events: tuple[str, ...], description: str | None, secret: str | None
    ) -> tuple[Loaded[domain.Endpoint], str | None]:
        """Register an endpoint of the workspace in context; its secret is in the answer alone.

        Raises:
            ValidationFailed: the URL can't be delivered to.
        """
        _check(url)

        async def decide(tx: Transaction) -> JSONObject:
            chosen = secret or new_secret(randomness.token_bytes)
            endpoint_id = self.ids.new("wh")
            created = domain.WebhookCreated(
                workspace_id=call.principal.workspace_id or call.principal.key_workspace_id,
                url=url,
                events=events,
                description=description,
                sealed_secret=self.master.seal(chosen.encode(), context=endpoint_id),
                livemode=call.principal.livemode,
                at=tx.at,
            )
            await tx.emit(ENDPOINT, endpoint_id, created)
            return {"id": endpoint_id, "secret": Personal(day_subject(tx.at), chosen).marked()}

        done = await self.repository.transact(call.command, decide)
        shown = done.outcome["secret"]
        value = shown.get("value") if isinstance(shown, dict) and PERSONAL in shown else None
        return await done.state(ENDPOINT, str(done.outcome["id"])), value if isinstance(value, str) else None

    async def read(self, call: Call, endpoint_id: str) -> Loaded[domain.Endpoint]:
        """The endpoint, where it is the workspace's in context.

        Raises:
            NotFound: otherwise.
        """
        loaded = await self.repository.load(ENDPOINT, endpoint_id)
        _visible(call, endpoint_id, loaded.state)
        return loaded

    async def update(
        self,
        call: Call,
        endpoint_id: str,
        *,
        url: str | None,
        events: tuple[str, ...] | None,
        description: str | None,
        is_active: bool | None,
    ) -> Loaded[domain.Endpoint]:
        """Change an endpoint.

        Raises:
            NotFound, PreconditionFailed, ValidationFailed.
        """
        if url is not None:
            _check(url)

        async def decide(tx: Transaction) -> JSONObject:
            loaded = await tx.load(ENDPOINT, endpoint_id)
            state = _visible(call, endpoint_id, loaded.state)
            call.check_version(loaded.version)
            changes = domain.update(
                state, url=url, events=events, description=description, is_active=is_active, at=tx.at
            )
            await tx.emit(ENDPOINT, endpoint_id, *changes)
            return {"id": endpoint_id}

        done = await self.repository.transact(call.command, decide)
        return await done.state(ENDPOINT, endpoint_id)

    async def delete(self, call: Call, endpoint_id: str) -> None:
        """Delete an endpoint.

        Raises:
            NotFound, PreconditionFailed.
        """

        async def decide(tx: Transaction) -> JSONObject:
            loaded = await tx.load(ENDPOINT, endpoint_id)
            state = _visible(call, endpoint_id, loaded.state)
            call.check_version(loaded.version)
            await tx.emit(ENDPOINT, endpoint_id, *domain.delete(state, at=tx.at))
            return {"id": endpoint_id}

        await self.repository.transact(call.command, decide)

    async def test(self, call: Call, endpoint_id: str) -> JSONObject:
        """Send a `webhook.test` event now and answer what came of it; it leaves a delivery.

        Raises:
            NotFound: it is no endpoint of the workspace in context.
        """
        endpoint = (await self.read(call, endpoint_id)).there
        now = self.clock.now()
        message = Message(
            id=self.ids.new("evt"),
            type="webhook.test",
            source="/webhooks",
            subject=ENDPOINT.stream(endpoint_id),
            time=now,
            key=endpoint.workspace_id,
            data={"object": {"id": endpoint_id, "type": "webhook", "attributes": {"url": endpoint.url}}},
            workspace_id=endpoint.workspace_id,
            workspace_ids=(endpoint.workspace_id,),
            livemode=endpoint.livemode,
        )
        moment = rfc3339(now)
        kept = kept_form(message, received_at=moment, endpoints=[endpoint_id])
        body = new_delivery(
            event_id=message.id,
            event_type=message.type,
            event_time=moment,
            endpoint_id=endpoint_id,
            workspace_id=endpoint.workspace_id,
            livemode=endpoint.livemode,
            sequence=0,
            now=moment,
        )
        delivery = Document(delivery_id(message.id, endpoint_id), 1, {**body, "due": None}, now + KEPT)
        await self.documents.write(
            [
                Put(EVENTS_SEEN.name, message.id, kept, 1, Absent(), now + KEPT),
                Put(DELIVERIES.name, delivery.key, delivery.body, 1, Absent(), delivery.expires_at),
            ]
        )
        return await self.dispatcher.test(endpoint_id, endpoint, delivery)

    async def delivery(self, call: Call, endpoint_id: str, wanted: str) -> Document:
        """A delivery of an endpoint of the workspace in context.

        Raises:
            NotFound: there is none.
        """
        await self.read(call, endpoint_id)
        document = await self.documents.get(DELIVERIES.name, wanted)
        if document is None or document.body["endpoint_id"] != endpoint_id:
            raise NotFound("delivery", wanted)
        return document

    async def retry(self, call: Call, endpoint_id: str, wanted: str) -> Document:
        """Make a delivery due now, with its whole schedule before it.

        Raises:
            NotFound: there is none.
            CannotRetry: it is under way or has succeeded.
        """
        document = await self.delivery(call, endpoint_id, wanted)
        status = str(document.body["status"])
        if status not in RETRIABLE:
            raise CannotRetry(status)
        body = again(document.body, now=self.clock.now())
        put = Put(DELIVERIES.name, wanted, body, document.version + 1, Is(document.version), document.expires_at)
        (done,) = await self.documents.write([put])
        if not done:
            raise CannotRetry("pending")
        self.dispatcher.wake()
        return Document(wanted, document.version + 1, body, document.expires_at)


def _visible(call: Call, endpoint_id: str, endpoint: domain.Endpoint | None) -> domain.Endpoint:
    foreign = endpoint is None or endpoint.workspace_id != call.principal.workspace_id
    if endpoint is None or foreign or endpoint.deleted_at is not None or endpoint.livemode != call.principal.livemode:
        raise NotFound("webhook", endpoint_id)
    return endpoint


def _check(url: str) -> None:
    try:
        check_url(url)
    except UnfitUrl as error:
        raise ValidationFailed({"url": [str(error)]}) from None
