"""CloudEvents 1.0: a message in Kafka's binary mode, and in structured JSON (spec/webhooks.md, "The event stream")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import orjson

from atrium_common.bus.ports import Message
from atrium_common.clock import rfc3339
from atrium_common.jsontypes import JSONObject

HEARTBEAT = "stream.heartbeat"
_SCHEMAS = "/schemas"


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
        "ce_livemode": None if message.livemode is None else str(message.livemode).lower(),
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
        livemode = found.get("ce_livemode")
        return Message(
            id=found["ce_id"],
            type=found["ce_type"],
            source=found["ce_source"],
            subject=found.get("ce_subject", ""),
            time=datetime.fromisoformat(found["ce_time"]),
            key=(key or b"").decode(),
            data=orjson.loads(value),
            workspace_id=found.get("ce_workspaceid"),
            workspace_ids=tuple(filter(None, found.get("ce_workspaceids", "").split(","))),
            sequence=int(found.get("ce_sequence", "0")),
            position=int(found.get("ce_position", "0")),
            livemode=None if livemode is None else livemode == "true",
            actor=found.get("ce_actor", ""),
            correlation_id=found.get("ce_correlationid", ""),
            causation_id=found.get("ce_causationid", ""),
            traceparent=found.get("ce_traceparent", ""),
            schema=int(found.get("ce_dataschema", "1").rpartition("/")[2]),
            personal=orjson.loads(found.get("ce_personal", "{}")),
        )
    except (KeyError, ValueError, AttributeError) as error:
        raise NotACloudEvent(f"this record is no CloudEvent of ours: {error}") from error


def structured(message: Message) -> JSONObject:
    """The message as one JSON object (`atrium events tail --json`)."""
    attributes: Mapping[str, str] = {
        name.removeprefix("ce_"): value.decode() for name, value in headers_of(message) if name != "content-type"
    }
    return {**attributes, "datacontenttype": "application/json", "data": message.data}
