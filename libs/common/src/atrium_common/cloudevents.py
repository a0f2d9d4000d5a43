"""CloudEvents 1.0: a message in Kafka's binary mode, and in structured JSON (spec/webhooks.md, "The event stream")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import cast

import orjson

from atrium_common.bus.ports import Message
from atrium_common.clock import rfc3339
from atrium_common.jsontypes import JSONObject

HEARTBEAT = "stream.heartbeat"
_SCHEMAS = "/schemas"
_MOST = 2**63 - 1


class NotACloudEvent(ValueError):
    """A record lacks a header that every CloudEvent has."""


def headers_of(message: Message) -> list[tuple[str, bytes]]:
    """The headers of a record in binary mode."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": message.id,
        "ce_source": message.source,
        "ce_type": message.type,
        "ce_subject": message.subject,
        "ce_time": rfc3339(message.time),
        "content-type": "application/json",
        "ce_sequence": str(message.sequence),
        "ce_position": str(message.position),
        "ce_dataschema": f"{_SCHEMAS}/{message.type}/{message.schema}",
        "ce_workspaceid": message.workspace_id,
        "ce_workspaceids": ",".join(message.workspace_ids),
        "ce_correlationid": message.correlation_id,
        "ce_causationid": message.causation_id,
        "ce_actor": message.actor,
        "ce_traceparent": message.traceparent,
        # What both modes share is live, and test endpoints hear of it too.
        "ce_livemode": str(message.livemode is not False).lower(),
        "ce_shared": "true" if message.livemode is None else None,
        "ce_personal": orjson.dumps(dict(message.personal)).decode() if message.personal else None,
    }
    return [(name, value.encode()) for name, value in attributes.items() if value]


def message_of(key: bytes | None, headers: Iterable[tuple[str, bytes]], value: bytes) -> Message:
    """The message of a record in binary mode.

    Raises:
        NotACloudEvent: a header is missing or malformed.
    """
    try:
        found = {name: raw.decode() for name, raw in headers}
        # A record of before `ce_shared` has no mode where both share it.
        shared = "ce_livemode" not in found or "ce_shared" in found
        return Message(
            id=_filled(found["ce_id"]),
            type=found["ce_type"],
            source=found["ce_source"],
            subject=found.get("ce_subject", ""),
            time=_moment(found["ce_time"]),
            key=(key or b"").decode(),
            data=_object(value),
            workspace_id=found.get("ce_workspaceid"),
            workspace_ids=tuple(filter(None, found.get("ce_workspaceids", "").split(","))),
            sequence=_count(found.get("ce_sequence", "0")),
            position=_count(found.get("ce_position", "0")),
            livemode=None if shared else found["ce_livemode"] == "true",
            actor=found.get("ce_actor", ""),
            correlation_id=found.get("ce_correlationid", ""),
            causation_id=found.get("ce_causationid", ""),
            traceparent=found.get("ce_traceparent", ""),
            schema=_count(found.get("ce_dataschema", "1").rpartition("/")[2]),
            personal=_places(found.get("ce_personal")),
        )
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise NotACloudEvent(f"this record is no CloudEvent of ours: {error}") from error


def _filled(text: str) -> str:
    if not text:
        raise ValueError("an id is empty")
    return text


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time has no zone")
    return moment.astimezone(UTC)


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _MOST:
        raise ValueError("a number is none of ours")
    return number


def _object(value: bytes) -> JSONObject:
    data = orjson.loads(value)
    if not isinstance(data, dict):
        raise TypeError("the data is no object")
    return data


def _places(text: str | None) -> dict[str, str]:
    if text is None:
        return {}
    places = _object(text.encode())
    if not all(isinstance(subject, str) for subject in places.values()):
        raise TypeError("a subject is no text")
    return cast("dict[str, str]", places)


def structured(message: Message) -> JSONObject:
    """The message as one JSON object (`atrium events tail --json`)."""
    attributes: Mapping[str, str] = {
        name.removeprefix("ce_"): value.decode() for name, value in headers_of(message) if name != "content-type"
    }
    return {**attributes, "datacontenttype": "application/json", "data": message.data}
