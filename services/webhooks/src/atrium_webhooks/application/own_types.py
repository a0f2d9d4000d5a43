"""Types that workspaces describe for their own events; what is published of such a type must fit its schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from atrium_common.errors import Duplicate, NotFound, ValidationFailed
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Transaction
from atrium_common.http.listing import WORDS, words
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.documents import Query
from atrium_common.store.ports import Documents
from atrium_webhooks.application.access import own, workspace_of
from atrium_webhooks.application.schemas import Schemas
from atrium_webhooks.domain import event_type as domain
from atrium_webhooks.domain.event_type import EventType
from atrium_webhooks.domain.published_event import UnfitType, check_type
from atrium_webhooks.rows import EVENT_TYPE, EVENT_TYPES, event_type_attributes

_MOST = 500


@dataclass(frozen=True, slots=True)
class OwnTypes:
    """The described types of workspaces, each mode's its own."""

    repository: Repository
    documents: Documents
    schemas: Schemas

    async def create(
        self, call: Call, event_type: str, *, description: str, data_schema: JSONObject
    ) -> Loaded[EventType]:
        """Describe a type of the workspace in context.

        Raises:
            Duplicate: it is described already.
            ValidationFailed: the type is malformed or the platform's, the schema unfit, or there are too many.
        """
        fit(event_type)
        await self.schemas.check(data_schema)
        text = _text(data_schema)

        async def decide(tx: Transaction) -> JSONObject:
            wanted = _id(call, event_type)
            state = (await tx.load(EVENT_TYPE, wanted)).state
            if state is not None and state.deleted_at is None:
                raise Duplicate("type", "This type is described already; change it with PATCH.")
            if await self.documents.count(EVENT_TYPES.name, own(call)) >= _MOST:
                raise ValidationFailed({"type": [f"A workspace can describe {_MOST} types; delete some first."]})
            created = domain.EventTypeCreated(
                workspace_id=workspace_of(call),
                event_type=event_type,
                description=description,
                data_schema=text,
                livemode=call.principal.livemode,
                at=tx.at,
            )
            await tx.emit(EVENT_TYPE, wanted, created)
            return {"id": wanted}

        done = await self.repository.transact(call.command, decide)
        return await done.state(EVENT_TYPE, _id(call, event_type))

    async def read(self, call: Call, event_type: str) -> Loaded[EventType]:
        """A described type of the workspace in context.

        Raises:
            NotFound: there is none.
        """
        loaded = await self.repository.load(EVENT_TYPE, _id(call, event_type))
        _there(loaded, event_type)
        return loaded

    async def update(self, call: Call, event_type: str, changes: Mapping[str, JSON]) -> Loaded[EventType]:
        """Change `description` or `data_schema`, for events that are published from then on.

        Raises:
            NotFound, PreconditionFailed, ValidationFailed.
        """
        schema = changes.get("data_schema")
        if isinstance(schema, dict):
            await self.schemas.check(schema)
        texts = {name: each if isinstance(each, str) else _text(each) for name, each in changes.items()}

        async def decide(tx: Transaction) -> JSONObject:
            loaded = await tx.load(EVENT_TYPE, _id(call, event_type))
            state = _there(loaded, event_type)
            call.check_version(loaded.version)
            await tx.emit(EVENT_TYPE, loaded.id, *domain.update(state, texts, at=tx.at))
            return {"id": loaded.id}

        done = await self.repository.transact(call.command, decide)
        return await done.state(EVENT_TYPE, _id(call, event_type))

    async def delete(self, call: Call, event_type: str) -> None:
        """Take events of the type whatever their data again.

        Raises:
            NotFound, PreconditionFailed.
        """

        async def decide(tx: Transaction) -> JSONObject:
            loaded = await tx.load(EVENT_TYPE, _id(call, event_type))
            _there(loaded, event_type)
            call.check_version(loaded.version)
            await tx.emit(EVENT_TYPE, loaded.id, domain.EventTypeDeleted(at=tx.at))
            return {"id": loaded.id}

        await self.repository.transact(call.command, decide)

    async def all(self, call: Call) -> Sequence[JSONObject]:
        """Every described type of the workspace in context, in the catalogue's form with its search words."""
        found = await self.documents.query(EVENT_TYPES.name, Query(tuple(own(call)), limit=_MOST))
        return [
            {
                "type": each.body["type"],
                "description": each.body["description"],
                "schema": orjson.loads(str(each.body["data_schema"])),
                WORDS: words(str(each.body["type"]), str(each.body["description"])),
            }
            for each in found
        ]

    async def check(self, call: Call, tx: Transaction, event_type: str, data: JSONObject) -> None:
        """Return if events of the type may carry this data: where it is not described, any.

        Raises:
            ValidationFailed: it does not fit the type's schema; the details lead to where.
        """
        state = (await tx.load(EVENT_TYPE, _id(call, event_type))).state
        if state is not None and state.deleted_at is None:
            found = await self.schemas.faults(orjson.loads(state.data_schema), data)
            if found:
                raise ValidationFailed(found, f"The data does not fit the schema of {event_type}.")


def fit(event_type: str) -> None:
    """Return if a workspace's own events may be of this type.

    Raises:
        ValidationFailed: it is malformed, or the platform's.
    """
    try:
        check_type(event_type)
    except UnfitType as error:
        raise ValidationFailed({"type": [str(error)]}) from None


def shown(loaded: Loaded[EventType]) -> JSONObject:
    """A described type as clients see it."""
    return event_type_attributes(loaded.there)


def _text(value: JSON) -> str:
    return orjson.dumps(value).decode()


def _id(call: Call, event_type: str) -> str:
    return f"{workspace_of(call)}/{'live' if call.principal.livemode else 'test'}/{event_type}"


def _there(loaded: Loaded[EventType], event_type: str) -> EventType:
    if loaded.state is None or loaded.state.deleted_at is not None:
        raise NotFound("event_type", event_type)
    return loaded.state
