"""Writes of documents to MongoDB, many in one round trip where the answer still tells of each whether it was done.

A bulk tells only how many documents matched, and which writes met a duplicate key. So every guard that lets a document
be made goes in bulk, as an insert or upsert that meets a duplicate where the guard does not hold. What is written over
one exact version (`Is`) makes nothing and meets nothing: where all have matched that is known, else what is there now
tells; and where even that leaves it open, since somebody has written over it already, the answer is that nobody knows.
What removes documents goes one by one, several at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Literal, TypeAlias

import orjson
from pymongo import DeleteOne, InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store import documents as asked
from atrium_common.store.documents import Absent, Delete, Is, Newer, Put
from atrium_common.store.mongo.driver import collided, translated
from atrium_common.store.ports import StoreUnavailable

VERSION, EXPIRES, DELETED = "~version", "~expires_at", "~deleted"
"""The store's own fields of a document, under names that no body has."""
TEXT = "~json"
"""The one field of an object that stands for what its text says."""
_REFERENCE = "$ref"
_BULK = 500
_AT_ONCE = 16

_Way: TypeAlias = Literal["made", "over", "single"]


def live(now: datetime) -> dict[str, Any]:
    """The condition that a document is neither deleted nor expired."""
    return {DELETED: None, "$or": [{EXPIRES: None}, {EXPIRES: {"$gt": now}}]}


async def write_all(database: Any, writes: Sequence[Put | Delete], *, now: datetime) -> list[bool]:
    """Do each write whose guard holds; per write, whether it was done. See `Documents.write`.

    Runs of one collection go together, and one run after the other: who writes an event before its deliveries can
    rely on it.
    """
    done: list[bool] = []
    for run in _runs(writes):
        target = database[run[0].collection]
        with translated():
            done += await _WAYS[_way(run[0])](target, run, now)
    return done


def _runs(writes: Sequence[Put | Delete]) -> Iterator[list[Put | Delete]]:
    """The writes in their order, cut where collection or way change, a document comes again, or it gets too many."""
    for _, alike in groupby(writes, key=lambda write: (write.collection, _way(write))):
        run: list[Put | Delete] = []
        keys: set[str] = set()
        for write in alike:
            if write.key in keys or len(run) >= _BULK:
                yield run
                run, keys = [], set()
            run.append(write)
            keys.add(write.key)
        yield run


def _way(write: Put | Delete) -> _Way:
    if _leaves_nothing(write):
        return "made" if isinstance(write.guard, asked.Any) else "single"
    return "over" if isinstance(write.guard, Is) else "made"


def _leaves_nothing(write: Put | Delete) -> bool:
    return isinstance(write, Delete) and not write.version


async def _bulk(target: Any, run: Sequence[Put | Delete], now: datetime) -> list[bool]:
    try:
        await target.bulk_write([_request(write, now) for write in run], ordered=False)
    except BulkWriteError as error:
        if not collided(error):
            raise
        met = {int(each["index"]) for each in error.details["writeErrors"]}
        # Refused, or another made the document in the same moment, or what is there is dead: looked at one by one.
        again = iter(await _one_by_one(target, [run[index] for index in sorted(met)], now))
        return [next(again) if index in met else True for index in range(len(run))]
    return [True] * len(run)


async def _over(target: Any, run: Sequence[Put | Delete], now: datetime) -> list[bool]:
    if len(run) == 1:
        return [await _write(target, run[0], now)]
    requests = [ReplaceOne({"_id": write.key, **_present(write, now)}, _stored(write)) for write in run]
    done = await target.bulk_write(requests, ordered=False)
    if done.matched_count == len(run):
        return [True] * len(run)
    cursor = target.find({"_id": {"$in": [write.key for write in run]}})
    there = {found["_id"]: found for found in await cursor.to_list(length=None)}
    return [_is_there(write, there.get(write.key)) for write in run]


def _is_there(write: Put | Delete, found: dict[str, Any] | None) -> bool:
    """Whether the document as found is what was written over one exact version.

    Raises:
        StoreUnavailable: it is newer, so that it may have been written or not.
    """
    if found is None or found[VERSION] < write.version:
        return False
    if found[VERSION] > write.version:
        raise StoreUnavailable(f"MongoDB: {write.collection}/{write.key} has been written over already")
    stored = _stored(write)
    return found.keys() == stored.keys() and all(found[name] == stored[name] for name in stored if name != EXPIRES)


def _request(write: Put | Delete, now: datetime) -> Any:
    if _leaves_nothing(write):
        return DeleteOne({"_id": write.key})
    if isinstance(write.guard, Absent):
        return InsertOne(_stored(write))
    return ReplaceOne({"_id": write.key, **_present(write, now)}, _stored(write), upsert=True)


async def _one_by_one(target: Any, run: Sequence[Put | Delete], now: datetime) -> list[bool]:
    """Several at once; they are of different documents."""
    if len(run) == 1:
        return [await _write(target, run[0], now)]
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(write: Put | Delete) -> bool:
        async with turns:
            return await _write(target, write, now)

    done = await asyncio.gather(*map(one, run), return_exceptions=True)
    # Nothing goes on behind the caller's back: only when all have ended is one of their faults told.
    for each in done:
        if isinstance(each, BaseException):
            raise each
    return [each is True for each in done]


async def _write(target: Any, write: Put | Delete, now: datetime) -> bool:
    if _leaves_nothing(write):
        gone = await target.delete_one({"_id": write.key, **_present(write, now)})
        if gone.deleted_count or isinstance(write.guard, asked.Any):
            return True
        return isinstance(write.guard, Absent) and await target.find_one({"_id": write.key}) is None
    stored = _stored(write)
    if not isinstance(write.guard, Is):
        try:
            await target.insert_one(dict(stored))
        except DuplicateKeyError:
            pass
        else:
            return True
    done = await target.replace_one({"_id": write.key, **_present(write, now)}, stored)
    return bool(done.matched_count)


def _present(write: Put | Delete, now: datetime) -> dict[str, Any]:
    """What must hold of the stored document for the write to replace it."""
    lapsed = {EXPIRES: {"$lte": now, "$ne": None}}
    match write.guard:
        case asked.Any():
            return {}
        case Absent():
            return {"$or": [{DELETED: True}, lapsed]}
        case Is(version):
            return {VERSION: version, **live(now)}
        case Newer():
            return {"$or": [{VERSION: {"$lt": write.version}}, lapsed]}


_WAYS = {"made": _bulk, "over": _over, "single": _one_by_one}


def _stored(write: Put | Delete) -> dict[str, Any]:
    own = {"_id": write.key, VERSION: write.version, EXPIRES: write.expires_at}
    return {**own, DELETED: True} if isinstance(write, Delete) else {**_as_it_comes_back(write.body), **own}


def _as_it_comes_back(body: JSONObject) -> JSONObject:
    """The body with what holds a field named `$ref` as text: the drivers make an object of their own of that."""
    written = orjson.dumps(body)
    if b'"$ref"' not in written and b'"~json"' not in written:
        return body
    return {name: {TEXT: orjson.dumps(value).decode()} if _changes(value) else value for name, value in body.items()}


def _changes(value: JSON) -> bool:
    if isinstance(value, dict):
        return _REFERENCE in value or TEXT in value or any(map(_changes, value.values()))
    return isinstance(value, list) and any(map(_changes, value))
