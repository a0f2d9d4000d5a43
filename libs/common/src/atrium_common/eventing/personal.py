"""Values that must be forgettable or short-lived: sealed at rest under a key of their own.

An event, a publication or an outcome holds a `Personal` where it names a person, or a `Secret` where it carries
something that is shown once. The codec seals both before they reach the store (`atrium_common.eventing.sealing`);
destroying the subject's key forgets the value everywhere at once (design/architecture.md, "Points settled").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic_core import core_schema

from atrium_common.jsontypes import JSON

PERSONAL = "$personal"
SEALED = "$sealed"


@dataclass(frozen=True, slots=True)
class Personal:
    """A value about a person.

    Attributes:
        subject: whose key seals it, like `usr_…`; forgetting the subject forgets the value.
        value: the value in the clear, or None once it has been forgotten.
    """

    subject: str
    value: JSON

    @property
    def text(self) -> str | None:
        """The value where it is a string, None once it has been forgotten."""
        return self.value if isinstance(self.value, str) else None

    def marked(self) -> JSON:
        """The JSON form in which the codec finds it."""
        return {PERSONAL: self.subject, "value": self.value}

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, __: object) -> core_schema.CoreSchema:
        """As an event's field: marked in JSON, itself in Python."""
        return core_schema.no_info_plain_validator_function(
            _unmarked, serialization=core_schema.plain_serializer_function_ser_schema(cls.marked)
        )


def of_a_day(subject: str) -> bool:
    """Whether what is sealed for the subject is about nobody and lapses by itself (`atrium_common.eventing.vault`)."""
    return "/" in subject


def places(value: JSON, at: str = "") -> dict[str, str]:
    """The marked values inside, by JSON Pointer, each with its subject."""
    found: dict[str, str] = {}
    parts: Iterable[tuple[object, JSON]] = ()
    if isinstance(value, dict):
        if PERSONAL in value:
            return {at: str(value[PERSONAL])}
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for name, part in parts:
        if isinstance(part, dict | list):
            found |= places(part, f"{at}/{_escaped(str(name))}")
    return found


def marked_at(value: JSON, personal: Mapping[str, str], at: str = "") -> JSON:
    """The value with what stands at these pointers marked again; the inverse of taking the marks off."""
    subject = personal.get(at)
    if subject is not None:
        return Personal(subject, value).marked()
    if isinstance(value, dict):
        return {name: marked_at(part, personal, f"{at}/{_escaped(name)}") for name, part in value.items()}
    if isinstance(value, list):
        return [marked_at(part, personal, f"{at}/{number}") for number, part in enumerate(value)]
    return value


def plain(value: JSON) -> JSON:
    """The value with every marked personal value replaced by what it holds."""
    if isinstance(value, dict):
        if PERSONAL in value:
            return value.get("value")
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _unmarked(value: object) -> Personal:
    if isinstance(value, Personal):
        return value
    if isinstance(value, dict) and isinstance(value.get(PERSONAL), str):
        return Personal(value[PERSONAL], value.get("value"))
    raise ValueError("no personal value")
