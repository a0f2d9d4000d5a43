"""The bytes of a delivery: the same on every attempt."""

from __future__ import annotations

import hashlib

import orjson

from atrium_common.bus.ports import Message
from atrium_common.clock import rfc3339


def body_of(message: Message, *, workspace_id: str) -> bytes:
    """What an endpoint of this workspace receives of the event."""
    return orjson.dumps(
        {
            "id": message.id,
            "type": message.type,
            "created_at": rfc3339(message.time),
            "workspace_id": workspace_id,
            "data": message.data,
        }
    )


def delivery_id(event_id: str, endpoint_id: str) -> str:
    """The one delivery of an event to an endpoint; it sorts by the event's time."""
    moment = event_id.partition("_")[2][:10]
    digest = hashlib.sha256(f"{event_id}/{endpoint_id}".encode()).hexdigest()[:22]
    return f"del_{moment}{digest}"
