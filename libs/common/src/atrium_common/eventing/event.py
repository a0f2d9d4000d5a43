"""Domain events: frozen pydantic models with a stored type and schema number, and the registry that reads them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict

from atrium_common.jsontypes import JSONObject

Upcaster: TypeAlias = Callable[[JSONObject], JSONObject]


class Event(BaseModel):
    """Something that happened, in the past tense.

    A subclass names how it is stored: `class WorkspaceRenamed(Event, type="workspace.renamed", schema=1)`. The stored
    name never changes; a changed shape gets the next schema number and an upcaster from the one before, a further
    member with a default none, since older code passes over it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    TYPE: ClassVar[str] = ""
    SCHEMA: ClassVar[int] = 0

    def __init_subclass__(cls, *, type: str = "", schema: int = 1) -> None:
        """Record the stored name of the subclass."""
        super().__init_subclass__()
        if not type:
            raise TypeError(f'{cls.__name__} needs a stored type: class {cls.__name__}(Event, type="…")')
        cls.TYPE = type
        cls.SCHEMA = schema

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        """Take the class's keywords, which `__init_subclass__` has dealt with."""


class UnknownEvent(LookupError):
    """The log holds an event that this code does not know."""


class EventRegistry:
    """The events of one service: from stored type and schema number to class, through upcasters where it is old."""

    __slots__ = ("_classes", "_upcasters")

    def __init__(
        self,
        classes: Iterable[type[Event]],
        *,
        upcasters: Mapping[tuple[str, int], Upcaster] | None = None,
    ) -> None:
        """Register `classes`; `upcasters[(type, n)]` turns data of schema n into data of schema n + 1."""
        self._classes: dict[str, type[Event]] = {}
        self._upcasters = dict(upcasters or {})
        for cls in classes:
            if cls.TYPE in self._classes:
                message = f"two classes are stored as {cls.TYPE}"
                raise ValueError(message)
            self._classes[cls.TYPE] = cls

    def types(self) -> Mapping[str, type[Event]]:
        """The registered classes by stored type."""
        return self._classes

    def read(self, event_type: str, schema: int, data: JSONObject) -> Event:
        """The event that was stored under this type and schema; members that it has since are passed over.

        Raises:
            UnknownEvent: the type is not registered, is newer than this code, or a step of its upcasting is missing.
        """
        cls = self._classes.get(event_type)
        if cls is None or schema > cls.SCHEMA:
            message = f"event {event_type} of schema {schema} is unknown here"
            raise UnknownEvent(message)
        for step in range(schema, cls.SCHEMA):
            upcaster = self._upcasters.get((event_type, step))
            if upcaster is None:
                message = f"no way from schema {step} of {event_type} to the next"
                raise UnknownEvent(message)
            data = upcaster(data)
        # A newer version beside this one may have written members that are unknown here.
        return cls.model_validate(data, extra="ignore")
