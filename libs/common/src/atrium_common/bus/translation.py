"""From a commit in a service's log to the messages that the world sees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TypeAlias, cast

from atrium_common.bus.ports import Message
from atrium_common.eventing.personal import of_a_day, places, plain
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import Commit, EventRecord, Slice

Opener: TypeAlias = Callable[[JSON], Awaitable[JSON]]


async def messages_of(commit: Commit, *, service: str, open_sealed: Opener) -> list[Message]:
    """The messages of a commit's public events, in order, personal values in the clear while they are remembered."""
    messages = []
    for part, sequence, event in _public(commit):
        publication = event.publication
        if publication is None:
            continue
        data = await open_sealed(publication.data)
        proposal = commit.proposal
        cause = proposal.meta.causation_id or proposal.command_id
        messages.append(
            Message(
                id=event.id,
                type=publication.type,
                source=f"/{service}",
                subject=part.stream,
                time=proposal.at,
                key=publication.key,
                data=cast("JSONObject", plain(data)),
                workspace_id=publication.workspace_id,
                workspace_ids=publication.workspace_ids,
                sequence=sequence,
                position=commit.position,
                livemode=publication.livemode,
                actor=proposal.meta.actor,
                # What nobody asked for, like the end of a key's time, begins with what caused it.
                correlation_id=proposal.meta.correlation_id or cause,
                causation_id=cause,
                traceparent=proposal.meta.traceparent,
                schema=event.schema,
                personal={at: subject for at, subject in places(data).items() if not of_a_day(subject)},
            )
        )
    return messages


def _public(commit: Commit) -> Iterator[tuple[Slice, int, EventRecord]]:
    for part in commit.proposal.slices:
        for sequence, event in enumerate(part.events, start=part.expected + 1):
            if event.publication is not None:
                yield part, sequence, event
