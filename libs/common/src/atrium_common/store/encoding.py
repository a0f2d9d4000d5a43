"""A proposal as JSON and back: the one stored form of a commit, in SQLite as bytes, in MongoDB as text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from atrium_common.store.commit import (
    Claim,
    Commit,
    EventRecord,
    Further,
    Meta,
    Proposal,
    Publication,
    Release,
    Slice,
    StreamEvent,
)


def encode(proposal: Proposal) -> bytes:
    """The stored form."""
    meta = proposal.meta
    further = {"further": [[each.command_id, each.outcome] for each in proposal.further]} if proposal.further else {}
    return orjson.dumps(
        {
            "command_id": proposal.command_id,
            "at": proposal.at.isoformat(),
            "slices": [
                [part.stream, part.expected, [_encode_event(event) for event in part.events]]
                for part in proposal.slices
            ],
            "claims": [[claim.key, claim.stream] for claim in proposal.claims],
            "releases": [[release.key, release.stream] for release in proposal.releases],
            "outcome": proposal.outcome,
            "meta": [meta.actor, meta.correlation_id, meta.causation_id, meta.traceparent],
            **further,
        }
    )


def decode(position: int, stored: bytes | str) -> Commit:
    """The commit that was stored at this position."""
    body = orjson.loads(stored)
    return Commit(
        position,
        Proposal(
            command_id=body["command_id"],
            at=datetime.fromisoformat(body["at"]),
            slices=tuple(
                Slice(stream, expected, tuple(_decode_event(event) for event in events))
                for stream, expected, events in body["slices"]
            ),
            claims=tuple(Claim(*claim) for claim in body["claims"]),
            releases=tuple(Release(*release) for release in body["releases"]),
            outcome=body["outcome"],
            meta=Meta(*body["meta"]),
            further=tuple(Further(*command) for command in body.get("further", ())),
        ),
    )


def decode_stream(position: int, stored: bytes | str, stream: str) -> Iterator[StreamEvent]:
    """Only this stream's events of the commit that was stored at this position."""
    body = orjson.loads(stored)
    at = datetime.fromisoformat(body["at"])
    meta = Meta(*body["meta"])
    for name, expected, events in body["slices"]:
        if name == stream:
            for version, event in enumerate(events, start=expected + 1):
                yield StreamEvent(stream, version, position, at, _decode_event(event), meta)


def _encode_event(event: EventRecord) -> list[Any]:
    publication = event.publication
    public = None
    if publication is not None:
        public = [
            publication.type,
            publication.data,
            publication.key,
            publication.workspace_ids,
            publication.livemode,
            publication.workspace_id,
        ]
    return [event.id, event.type, event.schema, event.data, public]


def _decode_event(stored: list[Any]) -> EventRecord:
    event_id, event_type, schema, data, public = stored
    if public is not None:
        kind, content, key, workspace_ids, livemode, workspace_id = public
        public = Publication(kind, content, key, tuple(workspace_ids), livemode, workspace_id)
    return EventRecord(event_id, event_type, schema, data, public)
