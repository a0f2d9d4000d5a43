"""Events as they are kept for thirty days: every one that was received, before it is fanned out.

`data` is kept as its JSON text: what is sent is the same bytes on every attempt, whatever the store makes of numbers
and names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import cast

import orjson

from atrium_common.bus.ports import Message
from atrium_common.clock import rfc3339
from atrium_common.jsontypes import JSONObject

_PERSON = re.compile(r"usr_[0-9a-hjkmnp-tv-z]{26}")
_ATTRIBUTES = (
    "source",
    "subject",
    "key",
    "sequence",
    "position",
    "actor",
    "correlation_id",
    "causation_id",
    "traceparent",
    "schema",
)


def kept_form(message: Message, *, received_at: str, endpoints: Iterable[str]) -> JSONObject:
    """The document of the event.

    Its fields: `type, time, created_at, workspace_id, workspace_ids, livemode, received_at`, `data` (JSON text),
    `people` (the users whom it names), `endpoints` (those it was first fanned out to), `attributes` (the rest).
    """
    data = orjson.dumps(message.data).decode()
    return {
        "type": message.type,
        "time": message.time.isoformat(),
        "created_at": rfc3339(message.time),
        "workspace_id": message.workspace_id,
        "workspace_ids": list(message.workspace_ids),
        "livemode": message.livemode,
        "received_at": received_at,
        "people": sorted({*_PERSON.findall(data), *_PERSON.findall(message.subject), *_PERSON.findall(message.actor)}),
        "endpoints": list(endpoints),
        "data": data,
        "attributes": {name: getattr(message, name) for name in _ATTRIBUTES},
    }


def kept_message(event_id: str, body: JSONObject) -> Message:
    """The event as it was received."""
    attributes = cast("JSONObject", body["attributes"])
    return Message(
        id=event_id,
        type=str(body["type"]),
        time=datetime.fromisoformat(str(body["time"])),
        data=orjson.loads(str(body["data"])),
        workspace_id=cast("str | None", body["workspace_id"]),
        workspace_ids=tuple(cast("list[str]", body["workspace_ids"])),
        livemode=cast("bool | None", body["livemode"]),
        **attributes,  # type: ignore[arg-type]
    )


def delivered(message: Message, *, workspace_id: str, livemode: bool) -> JSONObject:
    """What an endpoint of this workspace and mode receives of the event, as the JSON that filters look into."""
    return {
        "id": message.id,
        "type": message.type,
        "created_at": rfc3339(message.time),
        "workspace_id": workspace_id,
        "livemode": livemode if message.livemode is None else message.livemode,
        "data": message.data,
    }


def body_of(event_id: str, kept: JSONObject, *, workspace_id: str, livemode: bool) -> bytes:
    """The bytes that an endpoint of this workspace and mode receives of the event, the same on every attempt."""
    shared = kept["livemode"]
    head = orjson.dumps(
        {
            "id": event_id,
            "type": kept["type"],
            "created_at": kept["created_at"],
            "workspace_id": workspace_id,
            "livemode": livemode if shared is None else shared,
        }
    )
    return b'%b,"data":%b}' % (head[:-1], str(kept["data"]).encode())
