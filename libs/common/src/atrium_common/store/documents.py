"""Documents and the questions that may be asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from atrium_common.jsontypes import JSONObject, Scalar

Operator: TypeAlias = Literal["eq", "ne", "in", "gt", "gte", "lt", "lte", "prefix"]


@dataclass(frozen=True, slots=True)
class Index:
    """Fields that are asked for together, most significant first; the key always stands behind them.

    Attributes:
        only_present: every question compares the last field with a value: a store may leave out of the index the
            documents in which it is null.
    """

    fields: tuple[str, ...]
    only_present: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """The declaration of a collection: its name, its indexes, and which of its fields hold lists.

    Attributes:
        name: `[a-z][a-z0-9_]*`.
        indexes: ordered fields, of which at most one (the first) is multi-valued.
        multi: top-level fields that hold a list of strings; a condition on one holds if any element fulfils it.
    """

    name: str
    indexes: tuple[Index, ...] = ()
    multi: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document. `body` is the caller's own copy."""

    key: str
    version: int
    body: JSONObject
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Any:
    """Write whatever is there."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Write only where there is no such document (a tombstone or an expired one counts as none)."""


@dataclass(frozen=True, slots=True)
class Is:
    """Write only over exactly this version."""

    version: int


@dataclass(frozen=True, slots=True)
class Newer:
    """Write only where what is there, a tombstone included, has a lower version, or nothing is there."""


Guard: TypeAlias = Any | Absent | Is | Newer


@dataclass(frozen=True, slots=True)
class Put:
    """Store `body` as this version of the document."""

    collection: str
    key: str
    body: JSONObject
    version: int
    guard: Guard
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the document, leaving a tombstone of this version, so that an older `Newer` write can't bring it back.

    The tombstone lapses at `expires_at` (None: never). With guard `Any` or `Is` and `version` 0 none is left.
    """

    collection: str
    key: str
    version: int
    guard: Guard
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Selected:
    """What the documents of another collection hold in a field, however many they are: nothing is left out.

    Attributes:
        collection: the other collection.
        field: a single-valued field of its documents, or `_key`; where it is absent nothing is selected.
        where: which of its documents, what narrows most in front; a condition may select in turn.
    """

    collection: Collection
    field: str
    where: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A test on one top-level field of the body, or on `_key`.

    `in` takes a tuple, or what is `Selected` elsewhere; `prefix` a string; comparisons never match null or another
    type; `eq` None matches null and absent alike.
    """

    field: str
    op: Operator
    value: Scalar | tuple[Scalar, ...] | Selected


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by a top-level field or `_key`; null and absent come first when ascending."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Which documents, in which order, and which part of them.

    Attributes:
        where: all must hold.
        sort: most significant first; `_key` is always added last, in the direction of the last field.
        after: the sort values of the last document seen, then its key; the query goes on behind it.
        skip: documents to pass over first (page numbers; costs grow with it).
        limit: the most to return.
    """

    where: tuple[Condition, ...] = ()
    sort: tuple[Order, ...] = ()
    after: tuple[Scalar, ...] | None = None
    skip: int = 0
    limit: int = 100
