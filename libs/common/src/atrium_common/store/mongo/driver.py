"""The one place that knows which driver reaches MongoDB, and what its errors mean.

Motor and PyMongo's asynchronous client share the calls that the adapter uses. Motor is past its end of life and is
the one asked for; the other is a setting away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pymongo
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from atrium_common.settings import UnfitSetting
from atrium_common.store.ports import StoreRefused, StoreUnavailable
from atrium_common.tls import Pair, trusting

Driver: TypeAlias = Literal["motor", "pymongo"]
OPERATION_SECONDS = 15.0
"""What an operation may take in all, retries included: a server that is lost, or there and silent, is told as such."""
_OPENING_SECONDS = 5.0
_PATIENT_SECONDS = 300.0
_BUILDING_SECONDS = 12 * 3600.0
_DUPLICATE = 11000
_NO_URL = (
    "ATRIUM_MONGODB_URL is none of MongoDB's: mongodb://user:password@host:port/?options, the password URL-encoded"
)
_UNTRUSTED = "MongoDB's certificate is not trusted: set ATRIUM_MONGODB_CA_FILE to the CA that signed it; check the host"
_NOT_LET_IN = {
    13: "MongoDB refuses what we do: give the user of ATRIUM_MONGODB_URL the role readWrite on our databases",
    18: "MongoDB refuses the user of ATRIUM_MONGODB_URL: check name, password and authSource",
}


def connect(
    url: str,
    driver: Driver,
    *,
    ca_file: Path | None = None,
    cert_file: Path | None = None,
    seconds: float = OPERATION_SECONDS,
    retries_writes: bool = True,
) -> Any:
    """A client of this driver, whose operations end within so many seconds each.

    Args:
        url: where, as MongoDB writes it.
        driver: which.
        ca_file: speak TLS, and trust who this has signed.
        cert_file: speak TLS, and show this certificate; its key is in the same file.
        seconds: what an operation may take.
        retries_writes: whether a write whose connection broke is sent again, where the server can do that.

    Raises:
        TlsUnfit: one of the files can't be used.
        UnfitSetting: the URL is none of MongoDB's; the text does not repeat it, since it may hold a password.
    """
    options: dict[str, Any] = {
        "timeoutMS": round(seconds * 1000),
        "appname": "atrium",
        "tz_aware": True,
    }
    if not retries_writes:
        options["retryWrites"] = False
    if ca_file is not None or cert_file is not None:
        # Looked at here, since the driver would only say that something is wrong with some file.
        check_tls(ca_file, cert_file)
        options |= {"tls": True, "tlsCAFile": ca_file, "tlsCertificateKeyFile": cert_file}
    try:
        return _client(driver)(url, **{name: _told(value) for name, value in options.items() if value is not None})
    except OSError as error:
        raise UnfitSetting(f"ATRIUM_MONGODB_URL names a file that can't be read: {error.filename}") from None
    except (PyMongoError, ValueError) as error:
        raise UnfitSetting(f"{_NO_URL} ({type(error).__name__})") from None


def check_tls(ca_file: Path | None, cert_file: Path | None) -> None:
    """Look at the files for TLS with MongoDB.

    Raises:
        TlsUnfit: one of them can't be used.
    """
    pair = None if cert_file is None else Pair(cert_file, cert_file, "ATRIUM_MONGODB_CERT_FILE")
    trusting(ca_file, setting="ATRIUM_MONGODB_CA_FILE", pair=pair)


def retries_writes(hello: Mapping[str, Any]) -> bool:
    """Whether a server that says this about itself can tell a write that is sent again from a new one.

    A single one can't. The driver finds that out with a new connection in its hands, raises what the last one met,
    takes this for the new one's failure, and breaks every connection of the process: so with many writes at once one
    broken connection is followed by the next, for as long as there are writes.
    """
    several = "setName" in hello or hello.get("msg") == "isdbgrid" or "serviceId" in hello
    return several and hello.get("logicalSessionTimeoutMinutes") is not None


def _told(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _client(driver: Driver) -> Any:
    if driver == "motor":
        from motor.motor_asyncio import AsyncIOMotorClient

        return AsyncIOMotorClient
    from pymongo import AsyncMongoClient

    return AsyncMongoClient


def database(client: Any, name: str) -> Any:
    """The database, with reads and writes that a failover does not undo, whatever the URL says about them.

    All is read from the primary: a secondary may be any time behind what has been answered already.
    """
    return client.get_database(
        name,
        read_preference=ReadPreference.PRIMARY,
        read_concern=ReadConcern("majority"),
        write_concern=WriteConcern(w="majority", j=True),
    )


def collided(error: BulkWriteError) -> bool:
    """Whether some writes met a duplicate key, and that is all that went wrong.

    Where the server could not have the others taken by a majority either, what has become of them is unknown.
    """
    errors = error.details.get("writeErrors")
    all_met = all(each.get("code") == _DUPLICATE for each in errors or ())
    return bool(errors) and all_met and not error.details.get("writeConcernErrors")


def opening(seconds: float) -> AbstractContextManager[None]:
    """Whether a server is there and lets us in is told sooner than what an operation may take."""
    return pymongo.timeout(min(seconds, _OPENING_SECONDS))


def patiently() -> AbstractContextManager[None]:
    """What goes over whole collections may take longer than an operation otherwise may."""
    return pymongo.timeout(_PATIENT_SECONDS)


def building() -> AbstractContextManager[None]:
    """An index of a large collection may take hours: cut off, the server gives it up, and each start begins anew."""
    return pymongo.timeout(_BUILDING_SECONDS)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into the port's."""
    try:
        yield
    except OperationFailure as error:
        if error.code in _NOT_LET_IN:
            raise StoreRefused(_NOT_LET_IN[error.code]) from error
        raise StoreUnavailable(f"MongoDB: {type(error).__name__}") from error
    except ConnectionFailure as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise StoreRefused(_UNTRUSTED) from error
        raise StoreUnavailable(f"MongoDB does not answer: {type(error).__name__}") from error
    except PyMongoError as error:
        raise StoreUnavailable(f"MongoDB: {type(error).__name__}") from error
