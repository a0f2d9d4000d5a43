"""Documents in MongoDB: the body's fields at the top, the store's own under names that no body has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
from pymongo import ReturnDocument

from atrium_common.clock import Clock
from atrium_common.jsontypes import JSONObject, Scalar
from atrium_common.store.documents import Collection, Condition, Delete, Document, Put, Query, Selected
from atrium_common.store.matching import full_order, resolved, stretches
from atrium_common.store.mongo.driver import building, patiently, translated
from atrium_common.store.mongo.writing import DELETED, EXPIRES, TEXT, VERSION, live, write_all

_OWN = frozenset({"_id", VERSION, EXPIRES, DELETED})
_COMPARISON = {"gt": "$gt", "gte": "$gte", "lt": "$lt", "lte": "$lte"}
_BEHIND_EVERY_SUFFIX = "\U0010ffff"


class MongoDocuments:
    """See `Documents`."""

    def __init__(self, database: Any, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def move(self, database: Any) -> None:
        """Go on with another client's handle of the same database."""
        self._database = database

    async def declare(self, collections: Sequence[Collection]) -> None:
        """Create the indexes that are missing."""
        with translated(), building():
            for collection in collections:
                target = self._database[collection.name]
                await target.create_index(EXPIRES, name="expiry", expireAfterSeconds=0)
                for index in collection.indexes:
                    await target.create_index([*((field, 1) for field in index.fields), ("_id", 1)])
                for field in collection.multi:
                    await target.create_index(field)

    async def get(self, collection: str, key: str) -> Document | None:
        """See `Documents.get`."""
        with translated():
            found = await self._database[collection].find_one({"_id": key, **self._live()})
        return None if found is None else _document(found)

    async def get_many(self, collection: str, keys: Sequence[str]) -> Mapping[str, Document]:
        """See `Documents.get_many`."""
        with translated():
            cursor = self._database[collection].find({"_id": {"$in": list(keys)}, **self._live()})
            return {found["_id"]: _document(found) for found in await cursor.to_list(length=None)}

    async def write(self, writes: Sequence[Put | Delete]) -> Sequence[bool]:
        """See `Documents.write`."""
        return await write_all(self._database, writes, now=self._clock.now())

    async def query(self, collection: str, query: Query) -> Sequence[Document]:
        """See `Documents.query`."""
        found: list[Document] = []
        query = replace(query, where=await resolved(query.where, self._select))
        for stretch in stretches(query):
            if len(found) < query.limit:
                found += await self._query(collection, replace(stretch, limit=query.limit - len(found)))
        return found

    async def _query(self, collection: str, query: Query) -> Sequence[Document]:
        where = [self._live(), *(_condition(condition) for condition in query.where)]
        if query.after is not None:
            where.append(_behind(query))
        order = [(_field(each.field), -1 if each.descending else 1) for each in full_order(query)]
        with translated():
            cursor = self._database[collection].find({"$and": where}).sort(order).skip(query.skip).limit(query.limit)
            return [_document(found) for found in await cursor.to_list(length=query.limit)]

    async def count(self, collection: str, where: Sequence[Condition] = ()) -> int:
        """See `Documents.count`."""
        conditions = await resolved(where, self._select)
        wanted = {"$and": [self._live(), *(_condition(condition) for condition in conditions)]}
        with translated():
            return int(await self._database[collection].count_documents(wanted))

    async def bump(
        self,
        collection: str,
        key: str,
        *,
        add: Mapping[str, int],
        floor: Mapping[str, int] | None = None,
        ceiling: Mapping[str, int] | None = None,
        match: Mapping[str, int | str | bool] | None = None,
    ) -> Document | None:
        """See `Documents.bump`: one guarded `$inc`."""
        wanted: list[dict[str, Any]] = [
            {"_id": key},
            self._live(),
            *({name: value} for name, value in (match or {}).items()),
        ]
        wanted += [_bound(name, "$gte", least - add.get(name, 0)) for name, least in (floor or {}).items()]
        wanted += [_bound(name, "$lte", most - add.get(name, 0)) for name, most in (ceiling or {}).items()]
        with translated():
            found = await self._database[collection].find_one_and_update(
                {"$and": wanted}, {"$inc": {**add, VERSION: 1}}, return_document=ReturnDocument.AFTER
            )
        return None if found is None else _document(found)

    async def drop(self, collection: str) -> None:
        """See `Documents.drop`."""
        with translated(), patiently():
            await self._database[collection].delete_many({})

    async def _select(self, selected: Selected) -> tuple[Scalar, ...]:
        field = _field(selected.field)
        where = await resolved(selected.where, self._select)
        wanted = {"$and": [self._live(), *(_condition(condition) for condition in where)]}
        with translated():
            cursor = self._database[selected.collection.name].find(wanted, {field: 1})
            found = [each.get(field) for each in await cursor.to_list(length=None)]
        return tuple(value for value in found if value is not None)

    def _live(self) -> dict[str, Any]:
        return live(self._clock.now())


def _document(found: dict[str, Any]) -> Document:
    body: JSONObject = {
        name: orjson.loads(value[TEXT]) if type(value) is dict and TEXT in value else value
        for name, value in found.items()
        if name not in _OWN
    }
    expires_at: datetime | None = found.get(EXPIRES)
    if expires_at is not None and expires_at.tzinfo is None:
        expires_at = expires_at.replace(tzinfo=UTC)
    return Document(found["_id"], found[VERSION], body, expires_at)


def _field(name: str) -> str:
    return "_id" if name == "_key" else name


def _condition(condition: Condition) -> dict[str, Any]:
    field, value = _field(condition.field), condition.value
    if isinstance(value, Selected):
        raise TypeError("what a condition selects is looked up before it is asked for")
    if isinstance(value, tuple):
        return {field: {"$in": list(value)}}
    match condition.op:
        case "eq":
            return {field: value}
        case "ne":
            return {field: {"$ne": value}}
        case "prefix":
            return {field: {"$gte": value, "$lt": f"{value}{_BEHIND_EVERY_SUFFIX}"}}
        case _:
            return {field: {_COMPARISON[condition.op]: value}}


def _behind(query: Query) -> dict[str, Any]:
    """What stands behind `query.after`, field by field, since directions and nulls may differ."""
    alternatives: list[dict[str, Any]] = []
    equal: list[dict[str, Any]] = []
    for order, seen in zip(full_order(query), query.after or (), strict=True):
        field = _field(order.field)
        step = _step(field, seen, descending=order.descending)
        if step is not None:
            alternatives.append({"$and": [*equal, step]})
        equal.append({field: seen})
    return {"$or": alternatives}


def _step(field: str, seen: Scalar, *, descending: bool) -> dict[str, Any] | None:
    if descending:
        # Nulls come last when descending: they stand behind every value, and nothing stands behind them.
        return None if seen is None else {"$or": [{field: {"$lt": seen}}, {field: None}]}
    return {field: {"$ne": None}} if seen is None else {field: {"$gt": seen}}


def _bound(name: str, operator: str, value: int) -> dict[str, Any]:
    """A bound on a field that counts as 0 where it is absent."""
    fits_zero = value <= 0 if operator == "$gte" else value >= 0
    bound: dict[str, Any] = {name: {operator: value}}
    return {"$or": [bound, {name: {"$exists": False}}]} if fits_zero else bound
