"""Events as they are kept for thirty days: every one that was received, before it is fanned out.

`data` is kept as its JSON text: what is sent is the same bytes on every attempt, whatever the store makes of numbers
and names. What is about a person is sealed in it under that person's key, and so is what a receiver answered to it:
once the person is erased, nothing that was kept says anything of it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

import orjson

from atrium_common.bus.ports import Message
from atrium_common.clock import rfc3339
from atrium_common.eventing.personal import Personal, marked_at, plain
from atrium_common.eventing.vault import Vault
from atrium_common.jsontypes import JSON, JSONObject

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
    `subjects` (the persons of whom `data` holds sealed values: `Keeper` seals and opens it), `endpoints` (those it was
    first fanned out to), `attributes` (the rest).
    """
    return {
        "type": message.type,
        "time": message.time.isoformat(),
        "created_at": rfc3339(message.time),
        "workspace_id": message.workspace_id,
        "workspace_ids": list(message.workspace_ids),
        "livemode": message.livemode,
        "received_at": received_at,
        "subjects": [],
        "endpoints": list(endpoints),
        "data": orjson.dumps(message.data).decode(),
        "attributes": {name: getattr(message, name) for name in _ATTRIBUTES},
    }


class Keeper:
    """Seals what is kept about persons, and opens it for as long as they are remembered."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def keep(self, message: Message, *, received_at: str, endpoints: Iterable[str]) -> JSONObject:
        """The document of the event, with what is about a person unreadable."""
        kept = kept_form(message, received_at=received_at, endpoints=endpoints)
        if not message.personal:
            return kept
        sealed = await self._vault.seal(marked_at(message.data, message.personal))
        subjects: list[JSON] = [*sorted(set(message.personal.values()))]
        return {**kept, "subjects": subjects, "data": orjson.dumps(sealed).decode()}

    async def opened(self, kept: JSONObject) -> JSONObject:
        """The document in the clear; what has been forgotten is null."""
        if not kept.get("subjects"):
            return kept
        data = plain(await self._vault.open(orjson.loads(str(kept["data"]))))
        return {**kept, "data": orjson.dumps(data).decode()}

    async def sealed_text(self, text: str, subjects: Sequence[str]) -> JSON:
        """A text that may speak of these persons: forgotten as soon as one of them is."""
        value: JSON = text
        for subject in subjects:
            value = await self._vault.seal(Personal(subject, value).marked())
        return value

    async def opened_text(self, value: JSON) -> str | None:
        """The text, or None once a person of whom it may speak is forgotten."""
        while isinstance(value, dict):
            value = plain(await self._vault.open(value))
        return value if isinstance(value, str) else None


def subjects_of(kept: JSONObject) -> Sequence[str]:
    """The persons of whom the event speaks."""
    return cast("list[str]", kept.get("subjects") or [])


def kept_message(event_id: str, body: JSONObject) -> Message:
    """The event as it was received, from its opened document."""
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
    """The bytes that an endpoint of this workspace and mode receives of the event: the same on every attempt.

    `kept` is the opened document.
    """
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
