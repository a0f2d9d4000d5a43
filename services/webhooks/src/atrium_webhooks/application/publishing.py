"""Clients' own events: published once, delivered like the platform's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from atrium_common.errors import IdempotencyKeyReused, NotFound
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.personal import Personal
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Transaction
from atrium_common.eventing.vault import kept_subject
from atrium_common.http.route import Call
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_common.store.ports import ClaimTaken, Documents
from atrium_webhooks.application.access import workspace_of
from atrium_webhooks.application.kept import Keeper, kept_message
from atrium_webhooks.application.own_types import OwnTypes, fit
from atrium_webhooks.domain.published_event import EventPublished, Published
from atrium_webhooks.rows import EVENTS_SEEN, PUBLISHED_EVENT, event_attributes, seen_attributes


@dataclass(frozen=True, slots=True)
class Publishing:
    """The events of workspaces."""

    repository: Repository
    documents: Documents
    keeper: Keeper
    types: OwnTypes
    ids: Ids
    kept_for: timedelta

    async def publish(
        self, call: Call, *, event_type: str, data: JSONObject, idempotency_key: str | None
    ) -> Loaded[Published]:
        """Publish an event of the workspace in context, in the key's mode; under a known key, the first one again.

        Raises:
            ValidationFailed: the type is malformed or the platform's, or the data does not fit its schema.
            IdempotencyKeyReused: the key is known of another event.
        """
        fit(event_type)

        async def decide(tx: Transaction) -> JSONObject:
            await self.types.check(call, tx, event_type, data)
            event_id = self.ids.new("evt")
            published = EventPublished(
                workspace_id=workspace_of(call),
                event_type=event_type,
                data=Personal(kept_subject(tx.at + self.kept_for), data),
                idempotency_key=idempotency_key,
                livemode=call.principal.livemode,
                kept_until=tx.at + self.kept_for,
                at=tx.at,
            )
            await tx.emit(PUBLISHED_EVENT, event_id, published, event_id=event_id)
            if idempotency_key is not None:
                tx.claim(_claim(call, idempotency_key), stream=PUBLISHED_EVENT.stream(event_id))
            return {"id": event_id}

        try:
            done = await self.repository.transact(call.command, decide)
        except ClaimTaken as taken:
            first = await self.repository.load(PUBLISHED_EVENT, taken.holder.partition("/")[2])
            known = first.there.data.value
            if first.there.event_type != event_type or known not in (None, data):
                raise IdempotencyKeyReused from taken
            return first
        return await done.state(PUBLISHED_EVENT, str(done.outcome["id"]))

    async def read(self, call: Call, event_id: str) -> JSONObject:
        """An event that is kept: the client's own, or one of the platform that concerns the workspace in context.

        Raises:
            NotFound: there is none.
        """
        own = (await self.repository.load(PUBLISHED_EVENT, event_id)).state
        if own is not None:
            visible = own.workspace_id == workspace_of(call) and own.livemode == call.principal.livemode
            if visible and own.data.value is not None and own.kept_until > call.at:
                return event_attributes(event_id, own)
            raise NotFound("event", event_id)
        kept = await self.documents.get(EVENTS_SEEN.name, event_id)
        if kept is not None:
            message = kept_message(event_id, await self.keeper.opened(kept.body))
            in_mode = message.livemode is None or message.livemode == call.principal.livemode
            if in_mode and workspace_of(call) in message.workspace_ids:
                return seen_attributes(message, workspace_of(call), livemode=call.principal.livemode)
        raise NotFound("event", event_id)


def _claim(call: Call, idempotency_key: str) -> str:
    mode = "live" if call.principal.livemode else "test"
    digest = hashlib.sha256(idempotency_key.encode()).hexdigest()
    return f"event/{workspace_of(call)}/{mode}/{digest}"
