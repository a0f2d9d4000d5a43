"""Messages that a reactor could not handle, as documents: kept in order by key, listed, and asked for again.

A request to handle them again is a document too, which whoever runs the reactor takes: an operator's command needs no
way into the process, and works the same on one machine and in a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from atrium_common.bus.ports import Message
from atrium_common.clock import rfc3339
from atrium_common.eventing.personal import marked_at, plain
from atrium_common.eventing.sealing import Sealing
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Any, Collection, Condition, Delete, Document, Index, Is, Order, Put, Query
from atrium_common.store.ports import Documents
from atrium_common.store.whole import every_document

PARKED_MESSAGES = Collection("parked_messages", (Index(("reactor", "at")), Index(("reactor", "key", "at"))))
REDRIVES = Collection("redrives")


async def parked(documents: Documents, reactor: str, *, key: str | None = None, limit: int = 10_000) -> list[Document]:
    """The parked messages of a reactor, or of one key of it, oldest first."""
    where = [Condition("reactor", "eq", reactor)]
    if key is not None:
        where.append(Condition("key", "eq", key))
    query = Query(tuple(where), (Order("at"), Order("offset")), limit=limit)
    return list(await documents.query(PARKED_MESSAGES.name, query))


async def parked_keys(documents: Documents, reactor: str) -> set[str]:
    """The keys of all parked messages of a reactor."""
    mine = (Condition("reactor", "eq", reactor),)
    return {str(document.body["key"]) async for document in every_document(documents, PARKED_MESSAGES.name, mine)}


async def parked_line(documents: Documents, reactor: str, key: str) -> list[Document]:
    """The parked messages of a key, as they followed each other on the bus: clocks of several machines may differ."""
    line = (Condition("reactor", "eq", reactor), Condition("key", "eq", key))
    found = [document async for document in every_document(documents, PARKED_MESSAGES.name, line)]
    return sorted(found, key=lambda document: cast("int", document.body["offset"]))


async def parked_by_reactor(documents: Documents) -> Mapping[str, Sequence[Document]]:
    """Every parked message of a service, by reactor, oldest first."""
    found: dict[str, list[Document]] = {}
    async for document in every_document(documents, PARKED_MESSAGES.name):
        found.setdefault(str(document.body["reactor"]), []).append(document)
    return {
        reactor: sorted(found[reactor], key=lambda each: (str(each.body["at"]), cast("int", each.body["offset"])))
        for reactor in sorted(found)
    }


async def request_redrive(documents: Documents, reactor: str, *, at: datetime) -> None:
    """Ask whoever runs the reactor to handle its parked messages again."""
    await documents.write([Put(REDRIVES.name, reactor, {"requested_at": rfc3339(at)}, 1, Any())])


async def is_requested(documents: Documents, reactor: str) -> bool:
    """Whether the request still waits to be taken, or is being done."""
    return await documents.get(REDRIVES.name, reactor) is not None


async def take_request(documents: Documents, reactor: str) -> bool:
    """Take the request, where there is one: of several processes one takes it."""
    if not await is_requested(documents, reactor):
        return False
    (taken,) = await documents.write([Put(REDRIVES.name, reactor, {"taken": True}, 2, Is(1))])
    return taken


async def settle_request(documents: Documents, reactor: str) -> None:
    """The request has been done."""
    await documents.write([Delete(REDRIVES.name, reactor, 0, Is(2))])


async def sealed(message: Message, sealing: Sealing) -> Message:
    """The message with what is about a person unreadable once the person is forgotten; `opened` undoes it."""
    if not message.personal:
        return message
    return replace(message, data=cast("JSONObject", await sealing.seal(marked_at(message.data, message.personal))))


async def opened(message: Message, sealing: Sealing) -> Message:
    """The sealed message in the clear; what has been forgotten is null."""
    if not message.personal:
        return message
    return replace(message, data=cast("JSONObject", plain(await sealing.open(message.data))))


def stored_form(message: Message) -> JSONObject:
    """A message as JSON."""
    return {
        "id": message.id,
        "type": message.type,
        "source": message.source,
        "subject": message.subject,
        "time": message.time.isoformat(),
        "key": message.key,
        "data": message.data,
        "workspace_id": message.workspace_id,
        "workspace_ids": list(message.workspace_ids),
        "sequence": message.sequence,
        "position": message.position,
        "livemode": message.livemode,
        "actor": message.actor,
        "correlation_id": message.correlation_id,
        "causation_id": message.causation_id,
        "traceparent": message.traceparent,
        "schema": message.schema,
        "personal": dict(message.personal),
    }


def restored(body: JSONObject) -> Message:
    """A message from its stored form."""
    fields = dict(body)
    return Message(
        **{  # type: ignore[arg-type]
            **fields,
            "time": datetime.fromisoformat(str(fields["time"])),
            "workspace_ids": tuple(cast("list[str]", fields["workspace_ids"])),
        }
    )
