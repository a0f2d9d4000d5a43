"""Answers: envelopes, entity tags, field selection (spec/http-api.md, "Conventions")."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from atrium_common.errors import InvalidHeader, ValidationFailed
from atrium_common.jsontypes import JSON, JSONObject

_ENTITY_TAG = re.compile(r'(?:W/)?"(?P<opaque>[^"\s]*)"\Z')
_OURS = re.compile(r"(?P<version>\d{1,18})-[0-9a-f]+\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers; the kit renders it.

    Attributes:
        status: the HTTP status.
        body: the whole body, or None for none.
        version: the version of the one resource in `body["data"]`, for its ETag.
        headers: further headers.
    """

    status: int = 200
    body: JSON = None
    version: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def one(cls, attributes: JSONObject, *, version: int | None = None, status: int = 200) -> Reply:
        """One resource; `version` makes its ETag."""
        return cls(status, {"data": attributes}, version)

    @classmethod
    def created(cls, attributes: JSONObject, *, location: str, version: int | None = None) -> Reply:
        """A new resource and where it is."""
        return cls(201, {"data": attributes}, version, {"Location": location})

    @classmethod
    def accepted(cls, attributes: JSONObject, *, location: str | None = None) -> Reply:
        """Begun; the resource tells how far it is."""
        return cls(202, {"data": attributes}, None, {} if location is None else {"Location": location})

    @classmethod
    def page(cls, data: list[JSON], *, meta: JSONObject, links: JSONObject) -> Reply:
        """A part of a list."""
        return cls(200, {"data": data, "meta": meta, "links": links})

    @classmethod
    def bare(cls, body: JSON, *, status: int = 200) -> Reply:
        """A body without envelope."""
        return cls(status, body)

    @classmethod
    def empty(cls) -> Reply:
        """Done, and nothing to say."""
        return cls(204)


def encoded(body: JSON) -> bytes:
    """The bytes of a body."""
    return orjson.dumps(body)


def etag(version: int, representation: bytes) -> str:
    """`"<version>-<hash of the representation>"`."""
    return f'"{version}-{hashlib.blake2b(representation, digest_size=8).hexdigest()}"'


def expected_versions(if_match: str | None) -> frozenset[int] | None:
    """The versions that an `If-Match` header allows; None where there is none, or `*`.

    A tag that was never ours allows nothing: the answer will be 412. One that a proxy has weakened still counts.

    Raises:
        InvalidHeader: it is no list of entity tags (RFC 9110 §8.8.3).
    """
    if if_match is None or if_match.strip() == "*":
        return None
    versions = set()
    for candidate in if_match.split(","):
        tag = _ENTITY_TAG.match(candidate.strip())
        if tag is None:
            raise InvalidHeader('If-Match must be an ETag as given, in double quotes, like "3-1f0c…".')
        ours = _OURS.match(tag["opaque"])
        if ours is not None:
            versions.add(int(ours["version"]))
    return frozenset(versions)


def matches_any(if_none_match: str, tag: str) -> bool:
    """Whether an `If-None-Match` header names this entity tag (weak comparison, RFC 9110 §13.1.2)."""
    if if_none_match.strip() == "*":
        return True
    return tag in {candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")}


def with_fields(resource: JSONObject, fields: Sequence[str], known: Sequence[str]) -> JSONObject:
    """Only these fields of a resource, and its id where it has one.

    Raises:
        ValidationFailed: a field is not one of the known ones.
    """
    unknown = [name for name in fields if name not in known and name != "id"]
    if unknown:
        raise ValidationFailed({"fields": [f"Unknown: {', '.join(unknown)}. Allowed: {', '.join(sorted(known))}."]})
    chosen = {"id", *fields}
    return {name: value for name, value in resource.items() if name in chosen}
