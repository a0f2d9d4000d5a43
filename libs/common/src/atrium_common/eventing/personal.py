"""Values that must be forgettable or short-lived: sealed at rest under a key of their own.

An event, a publication or an outcome holds a `Personal` where it names a person, or a `Secret` where it carries
something that is shown once. The codec seals both before they reach the store (`atrium_common.eventing.sealing`);
destroying the subject's key forgets the value everywhere at once (design/architecture.md, "Points settled").
"""

from __future__ import annotations

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


def _unmarked(value: object) -> Personal:
    if isinstance(value, Personal):
        return value
    if isinstance(value, dict) and isinstance(value.get(PERSONAL), str):
        return Personal(value[PERSONAL], value.get("value"))
    raise ValueError("no personal value")
