"""What the gateway forgets when a person is erased: saved answers that may tell of them."""

from __future__ import annotations

from atrium_common.bus.ports import Message
from atrium_common.eventing.reactor import Handler
from atrium_gateway.idempotency.record import e_mails_of
from atrium_gateway.idempotency.replays import StoredReplays

ERASURE = "gateway-erasure"
TOPIC = "tenancy.events"


def forgetting(replays: StoredReplays) -> Handler:
    """The handler of `tenancy.events` that forgets the erased."""

    async def handle(message: Message) -> None:
        if message.type != "user.deleted":
            return
        erased, forgets = message.data.get("object"), message.data.get("forgets")
        if isinstance(erased, dict):
            await replays.forget(str(erased["id"]))
        # Whoever was only invited somewhere stands in answers there, too.
        for subject in forgets if isinstance(forgets, list) else ():
            await replays.forget(str(subject))
        for workspace_id in message.workspace_ids:
            await replays.forget(e_mails_of(workspace_id))

    return handle
