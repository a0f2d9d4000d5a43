"""The one stored form of a commit, in SQLite as bytes, in MongoDB as text: two JSON texts and a time.

`events` is what a stream's load parses and nothing else; `rest` has everything that only readers of the whole log need
(publications, claims, outcome, meta). A stream of a thousand events is loaded without parsing its publications.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Stored:
    """A proposal in its stored form.

    Attributes:
        at: RFC 3339.
        events: `[[stream, expected, [[id, type, schema, data], …]], …]`.
        rest: an object; its `publications` are one list for each slice, null for an internal event.
    """

    at: str
    events: bytes
    rest: bytes


def encode(proposal: Proposal) -> Stored:
    """The stored form."""
    meta = proposal.meta
    events = [
        [part.stream, part.expected, [[event.id, event.type, event.schema, event.data] for event in part.events]]
        for part in proposal.slices
    ]
    rest: dict[str, Any] = {
        "command_id": proposal.command_id,
        "publications": [[_encode_publication(event.publication) for event in part.events] for part in proposal.slices],
        "claims": [[claim.key, claim.stream] for claim in proposal.claims],
        "releases": [[release.key, release.stream] for release in proposal.releases],
        "outcome": proposal.outcome,
        "meta": [meta.actor, meta.correlation_id, meta.causation_id, meta.traceparent],
    }
    if proposal.further:
        rest["further"] = [[each.command_id, each.outcome] for each in proposal.further]
    return Stored(proposal.at.isoformat(), orjson.dumps(events), orjson.dumps(rest))


def decode(position: int, at: str, events: bytes | str, rest: bytes | str) -> Commit:
    """The commit that was stored at this position."""
    body = orjson.loads(rest)
    slices = zip(orjson.loads(events), body["publications"], strict=True)
    return Commit(
        position,
        Proposal(
            command_id=body["command_id"],
            at=datetime.fromisoformat(at),
            slices=tuple(
                Slice(stream, expected, tuple(map(_decode_event, records, publications)))
                for (stream, expected, records), publications in slices
            ),
            claims=tuple(Claim(*claim) for claim in body["claims"]),
            releases=tuple(Release(*release) for release in body["releases"]),
            outcome=body["outcome"],
            meta=Meta(*body["meta"]),
            further=tuple(Further(*command) for command in body.get("further", ())),
        ),
        len(events) + len(rest),
    )


def decode_stream(
    stored: Iterable[tuple[int, str, bytes | str]], stream: str, *, after: int, limit: int | None
) -> list[StreamEvent]:
    """This stream's events above version `after`, at most `limit`, of commits given as position, `at` and `events`."""
    found: list[StreamEvent] = []
    for position, at, events in stored:
        moment = datetime.fromisoformat(at)
        for name, expected, records in orjson.loads(events):
            if name == stream:
                version = expected
                for event_id, event_type, schema, data in records:
                    version += 1
                    if version > after:
                        found.append(StreamEvent(stream, version, position, moment, event_id, event_type, schema, data))
    return found if limit is None else found[:limit]


def _encode_publication(publication: Publication | None) -> list[Any] | None:
    if publication is None:
        return None
    return [
        publication.type,
        publication.data,
        publication.key,
        publication.workspace_ids,
        publication.livemode,
        publication.workspace_id,
    ]


def _decode_event(record: list[Any], public: list[Any] | None) -> EventRecord:
    event_id, event_type, schema, data = record
    return EventRecord(event_id, event_type, schema, data, _decode_publication(public))


def _decode_publication(stored: list[Any] | None) -> Publication | None:
    if stored is None:
        return None
    kind, data, key, workspace_ids, livemode, workspace_id = stored
    return Publication(kind, data, key, tuple(workspace_ids), livemode, workspace_id)
