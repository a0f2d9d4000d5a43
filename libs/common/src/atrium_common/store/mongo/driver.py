"""The one place that knows which driver reaches MongoDB, and what its errors mean.

Motor and PyMongo's asynchronous client share the calls that the adapter uses. Motor is past its end of life and is
the one asked for; the other is a setting away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias

from pymongo.errors import ConnectionFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from atrium_common.store.ports import StoreUnavailable

Driver: TypeAlias = Literal["motor", "pymongo"]
_SELECTION_MS = 5_000


def connect(url: str, driver: Driver) -> Any:
    """A client of this driver."""
    options: dict[str, Any] = {"serverSelectionTimeoutMS": _SELECTION_MS, "appname": "atrium", "tz_aware": True}
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


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into the port's."""
    try:
        yield
    except ConnectionFailure as error:
        raise StoreUnavailable(f"MongoDB does not answer: {type(error).__name__}") from error
    except PyMongoError as error:
        raise StoreUnavailable(f"MongoDB: {type(error).__name__}") from error
