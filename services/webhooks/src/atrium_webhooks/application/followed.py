"""Deliveries as somebody follows them from outside: each one whenever it has changed (`atrium deliveries tail`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from atrium_common.bus.ports import Message
from atrium_common.store.documents import Document, Order, Query
from atrium_common.store.ports import Documents
from atrium_webhooks.domain.delivery import UNFINISHED
from atrium_webhooks.rows import DELIVERIES, delivery_attributes

_PAGE = 500
_BACK = 1000
"""How many of the newest are looked at again each time: fan-out of several topics does not keep to one order."""


class FollowedDeliveries:
    """What has changed among deliveries since it was last asked. Reads by key alone: no index serves only this."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._newest: dict[str, int] = {}
        self._unfinished: dict[str, int] = {}
        self._floor: tuple[str, ...] | None = None

    async def changed(self) -> Sequence[Message]:
        """Each delivery that is new or has another version, as an event `delivery.<status>`; oldest change first."""
        found = [document for document in await self._recent() if self._newest.get(document.key) != document.version]
        found += await self._older()
        for document in found:
            self._newest[document.key] = document.version
            if document.body["status"] in UNFINISHED:
                self._unfinished[document.key] = document.version
            else:
                self._unfinished.pop(document.key, None)
        self._forget_all_but_the_newest()
        return sorted((_message(document) for document in found), key=lambda message: message.time)

    async def _recent(self) -> list[Document]:
        documents: list[Document] = []
        after = self._floor
        while True:
            page = await self._documents.query(DELIVERIES.name, Query(sort=(Order("_key"),), after=after, limit=_PAGE))
            documents += page
            if len(page) < _PAGE:
                return documents
            after = (page[-1].key, page[-1].key)

    async def _older(self) -> list[Document]:
        older = [key for key in self._unfinished if key not in self._newest]
        found = await self._documents.get_many(DELIVERIES.name, older)
        self._unfinished = {
            key: version for key, version in self._unfinished.items() if key in found or key not in older
        }
        return [document for key, document in found.items() if document.version != self._unfinished[key]]

    def _forget_all_but_the_newest(self) -> None:
        for key in sorted(self._newest)[:-_BACK]:
            del self._newest[key]
            self._floor = (key, key)


def _message(document: Document) -> Message:
    body = document.body
    workspace_id = str(body["workspace_id"])
    livemode = body.get("livemode")
    return Message(
        id=f"{document.key}/{document.version}",
        type=f"delivery.{body['status']}",
        source="/webhooks",
        subject=f"delivery/{document.key}",
        time=datetime.fromisoformat(str(body["updated_at"])),
        key=str(body["endpoint_id"]),
        data={
            "object": {
                "id": document.key,
                "type": "delivery",
                "attributes": {**delivery_attributes(body, document.key), "webhook_id": body["endpoint_id"]},
            }
        },
        workspace_id=workspace_id,
        workspace_ids=(workspace_id,),
        sequence=document.version,
        livemode=livemode if isinstance(livemode, bool) else None,
    )
