"""Values that must be forgettable or short-lived: sealed at rest under a key of their own.

An event, a publication or an outcome holds a `Personal` where it names a person, or a `Secret` where it carries
something that is shown once. The codec seals both before they reach the store (`atrium_common.eventing.sealing`);
destroying the subject's key forgets the value everywhere at once (design/architecture.md, "Points settled").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

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


def _unmark(value: object) -> object:
    if isinstance(value, dict) and PERSONAL in value:
        return Personal(value[PERSONAL], value.get("value"))
    return value


def _mark(value: Personal) -> JSON:
    return value.marked()


PersonalField = Annotated[Personal, BeforeValidator(_unmark), PlainSerializer(_mark)]
"""The type of an event's field that holds a `Personal`."""
