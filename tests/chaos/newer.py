"""A newer version of this code, as the launcher makes one: it writes things that the present code has never seen.

Every event and every public form of one has one more member, every document one more field, every principal one more
claim; each log begins with a kind of stream and an event type of its own. It is this same code otherwise, so a clean
clone can run both versions side by side.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, cast

import orjson

from atrium_common import process
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import Principal, PrincipalSigner
from atrium_common.settings import Settings
from atrium_common.store.commit import EventRecord, Proposal, Publication, Slice
from atrium_common.store.documents import Collection, Document, Put
from atrium_common.store.mongo.documents import MongoDocuments
from atrium_common.store.sqlite.documents import SqliteDocuments
from atrium_common.wiring import EVENT_TOPICS, compose

MEMBER = "since_newer"
NOVELTY = "novelty.begun"


class NoveltyBegun(Event, type=NOVELTY, schema=1):
    """What older code knows nothing of."""


def install() -> None:
    """Make this process one of the newer version."""
    _newer_events()
    _newer_documents()
    _newer_principals()
    process.compose = _composed  # type: ignore[attr-defined]


def _newer_events() -> None:
    read, seal = EventRegistry.read, Codec.seal

    def newer_read(self: EventRegistry, event_type: str, schema: int, data: JSONObject) -> Event:
        if event_type == NOVELTY:
            return NoveltyBegun()
        return read(self, event_type, schema, {name: value for name, value in data.items() if name != MEMBER})

    async def newer_seal(self: Codec, proposal: Proposal) -> Proposal:
        slices = tuple(replace(part, events=tuple(map(_with_more, part.events))) for part in proposal.slices)
        return await seal(self, replace(proposal, slices=slices))

    EventRegistry.read = newer_read  # type: ignore[method-assign]
    Codec.seal = newer_seal  # type: ignore[method-assign]


def _with_more(record: EventRecord) -> EventRecord:
    published = record.publication
    if published is not None and isinstance(resource := published.data.get("object"), dict):
        attributes = {**cast("JSONObject", resource.get("attributes") or {}), MEMBER: True}
        data: JSONObject = {**published.data, "object": {**resource, "attributes": attributes}, MEMBER: True}
        published = replace(published, data=data)
    return replace(record, data={**record.data, MEMBER: {"a": [1, 2]}}, publication=published)


def _newer_documents() -> None:
    """Written with the field; read without it, as by code that knows what it is for."""
    for adapter in (SqliteDocuments, MongoDocuments):
        write, get, get_many, query = adapter.write, adapter.get, adapter.get_many, adapter.query

        async def newer_write(self: Any, writes: Sequence[Any], write: Any = write) -> Any:
            more = [replace(each, body={**each.body, MEMBER: 1}) if isinstance(each, Put) else each for each in writes]
            return await write(self, more)

        async def newer_get(self: Any, collection: str, key: str, get: Any = get) -> Any:
            found = await get(self, collection, key)
            return None if found is None else _without(found)

        async def newer_get_many(self: Any, collection: str, keys: Sequence[str], get: Any = get_many) -> Any:
            return {key: _without(found) for key, found in (await get(self, collection, keys)).items()}

        async def newer_query(self: Any, collection: str, asked: Any, query: Any = query) -> Any:
            return [_without(found) for found in await query(self, collection, asked)]

        for method in (newer_write, newer_get, newer_get_many, newer_query):
            setattr(adapter, method.__name__.removeprefix("newer_"), method)


def _without(document: Document) -> Document:
    return replace(document, body={name: value for name, value in document.body.items() if name != MEMBER})


def _newer_principals() -> None:
    def newer_sign(self: PrincipalSigner, principal: Principal) -> str:
        payload = _base64(orjson.dumps({**asdict(principal), MEMBER: True}))
        head = f"v1.{self._key_id}.{payload}"
        return f"{head}.{_base64(self._private.sign(head.encode()))}"

    PrincipalSigner.sign = newer_sign  # type: ignore[method-assign]


async def _composed(name: str, settings: Settings, collections: Sequence[Collection]) -> Any:
    parts, closers = await compose(name, settings, collections)
    if name in EVENT_TOPICS.values():
        stream = f"novelty/{name}"
        data: JSONObject = {"object": {"id": name, "type": "novelty", "attributes": {}}}
        record = EventRecord(f"evt_novelty_{name}", NOVELTY, 1, {}, Publication(NOVELTY, data, key=stream))
        proposal = Proposal(f"novelty/{name}", datetime.now(UTC), (Slice(stream, 0, (record,)),))
        await parts.store.log.append(proposal)
    return parts, closers


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
