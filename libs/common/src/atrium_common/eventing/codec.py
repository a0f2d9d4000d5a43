"""Between events in memory and records in the log: sealing on the way in, opening and upcasting on the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.sealing import Sealing
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import EventRecord, Further, Proposal, Publication, Slice, StreamEvent


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
        slices = [
            Slice(part.stream, part.expected, tuple([await self._seal_record(record) for record in part.events]))
            for part in proposal.slices
        ]
        further = [Further(each.command_id, await self._sealing.seal(each.outcome)) for each in proposal.further]
        outcome = await self._sealing.seal(proposal.outcome)
        return replace(proposal, slices=tuple(slices), outcome=outcome, further=tuple(further))

    async def open(self, value: JSON) -> JSON:
        """A stored value (an outcome, a publication's data) in the clear."""
        return await self._sealing.open(value)

    async def _seal_record(self, record: EventRecord) -> EventRecord:
        data = cast("JSONObject", await self._sealing.seal(record.data))
        return replace(record, data=data, publication=await self._seal_publication(record.publication))

    async def _seal_publication(self, publication: Publication | None) -> Publication | None:
        if publication is None:
            return None
        return replace(publication, data=cast("JSONObject", await self._sealing.seal(publication.data)))
