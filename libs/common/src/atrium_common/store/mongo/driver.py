"""The one place that knows which driver reaches MongoDB, and what its errors mean.

Motor and PyMongo's asynchronous client share the calls that the adapter uses. Motor is past its end of life and is
the one asked for; the other is a setting away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, TypeAlias

import pymongo
from pymongo.errors import ConnectionFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from atrium_common.store.ports import StoreUnavailable

Driver: TypeAlias = Literal["motor", "pymongo"]
_SELECTION_MS = 5_000
OPERATION_SECONDS = 15.0
"""What an operation may take in all, retries included: a server that is lost, or there and silent, is told as such."""
_PATIENT_SECONDS = 300.0


def connect(url: str, driver: Driver, *, seconds: float = OPERATION_SECONDS) -> Any:
    """A client of this driver, whose operations end within so many seconds each."""
    options: dict[str, Any] = {
        "serverSelectionTimeoutMS": _SELECTION_MS,
        "timeoutMS": round(seconds * 1000),
        "appname": "atrium",
        "tz_aware": True,
    }
    if driver == "motor":
        from motor.motor_asyncio import AsyncIOMotorClient

        return AsyncIOMotorClient(url, **options)
    from pymongo import AsyncMongoClient

    return AsyncMongoClient(url, **options)


def database(client: Any, name: str) -> Any:
    """The database, with reads and writes that a failover does not undo."""
    return client.get_database(
        name, read_concern=ReadConcern("majority"), write_concern=WriteConcern(w="majority", j=True)
    )


def patiently() -> AbstractContextManager[None]:
    """What goes over whole collections may take longer than an operation otherwise may."""
    return pymongo.timeout(_PATIENT_SECONDS)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into the port's."""
    try:
        yield
    except ConnectionFailure as error:
        raise StoreUnavailable(f"MongoDB does not answer: {type(error).__name__}") from error
    except PyMongoError as error:
        raise StoreUnavailable(f"MongoDB: {type(error).__name__}") from error
