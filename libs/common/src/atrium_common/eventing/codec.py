"""Between events in memory and records in the log: sealing on the way in, opening and upcasting on the way out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.sealing import Sealing
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import EventRecord, Further, Proposal, Slice, StreamEvent


class Codec:
    """Reads and writes the events of one service."""

    __slots__ = ("_registry", "_sealing")

    def __init__(self, registry: EventRegistry, sealing: Sealing) -> None:
        self._registry = registry
        self._sealing = sealing

    @property
    def sealing(self) -> Sealing:
        """What seals and opens."""
        return self._sealing

    async def read(self, stored: Sequence[StreamEvent]) -> list[Event]:
        """The events of a stream, opened as far as their subjects are remembered.

        Raises:
            UnknownEvent: this code does not know one of them.
        """
        data = cast("list[JSONObject]", await self._sealing.open([each.data for each in stored]))
        read = self._registry.read
        return [read(each.type, each.schema, values) for each, values in zip(stored, data, strict=True)]

    async def seal(self, proposal: Proposal) -> Proposal:
        """The proposal as it may be stored: nothing personal or secret in the clear."""
        values = list(_values(proposal))
        sealed = cast("list[Any]", await self._sealing.seal(values))
        return proposal if sealed is values else _with_values(proposal, iter(sealed))

    async def open(self, value: JSON) -> JSON:
        """A stored value (an outcome, a publication's data) in the clear."""
        return await self._sealing.open(value)


def _values(proposal: Proposal) -> Iterator[JSON]:
    """Everything in it that may hold what is to be sealed."""
    for part in proposal.slices:
        for record in part.events:
            yield record.data
            if record.publication is not None:
                yield record.publication.data
    for each in proposal.further:
        yield each.outcome
    yield proposal.outcome


def _with_values(proposal: Proposal, values: Iterator[Any]) -> Proposal:
    """The proposal with these in the places of `_values`, in their order."""
    slices = tuple(
        Slice(part.stream, part.expected, tuple([_with_value(record, values) for record in part.events]))
        for part in proposal.slices
    )
    further = tuple(Further(each.command_id, next(values)) for each in proposal.further)
    return replace(proposal, slices=slices, further=further, outcome=next(values))


def _with_value(record: EventRecord, values: Iterator[Any]) -> EventRecord:
    data, public = next(values), record.publication
    return replace(record, data=data, publication=public and replace(public, data=next(values)))
