"""What becomes of endpoints and of what is kept when workspaces, users or endpoints go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from atrium_common.bus.ports import Message
from atrium_common.clock import Clock
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.eventing.vault import Vault
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Meta
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.rows import ENDPOINT

_Change: TypeAlias = tuple[Literal["hold", "release"], domain.Hold]

_CHANGES: Mapping[str, _Change] = {
    "workspace.deleted": ("hold", "workspace_deleted"),
    "workspace.restored": ("release", "workspace_deleted"),
    "workspace.suspended": ("hold", "workspace_suspended"),
    "workspace.unsuspended": ("release", "workspace_suspended"),
}
_TENANCY, _WEBHOOKS = "/tenancy", "/webhooks"


class Cascades:
    """Runs with fan-out, in the order of events: a workspace's end is told before its endpoints are held back, and
    its return after they are released.
    """

    def __init__(self, repository: Repository, directory: Directory, vault: Vault, *, clock: Clock) -> None:
        self._repository = repository
        self._directory = directory
        self._vault = vault
        self._clock = clock

    async def before(self, messages: Sequence[Message]) -> None:
        """Release what was held until now, so that these very messages reach it."""
        for message in messages:
            change = _change(message)
            if change is not None and change[0] == "release":
                await self._directory.catch_up()
                await self._apply(message, change, step="before")

    async def handle(self, message: Message) -> None:
        """What follows from the message, its deliveries being written. May be repeated."""
        change = _change(message)
        if change is not None:
            await self._apply(message, change, step="after")
        elif message.source == _TENANCY and message.type == "user.deleted":
            forgets = message.data.get("forgets")
            for subject in forgets if isinstance(forgets, list) else ():
                await self._vault.forget(str(subject))
        elif message.source == _WEBHOOKS and message.type == "webhook.deleted":
            await self._vault.forget(message.subject.partition("/")[2])

    async def _apply(self, message: Message, change: _Change, *, step: str) -> None:
        # A release is tried before the batch and again in its place: what it ends may have begun in the same batch.
        for endpoint_id in self._directory.of_workspace(str(message.workspace_id)):
            await self._change(f"{message.id}/{endpoint_id}/{step}", endpoint_id, change, message)

    async def _change(self, command_id: str, endpoint_id: str, change: _Change, message: Message) -> None:
        action, cause = change
        decide_on = domain.hold if action == "hold" else domain.release

        async def decide(tx: Transaction) -> JSONObject:
            state = (await tx.load(ENDPOINT, endpoint_id)).there
            await tx.emit(ENDPOINT, endpoint_id, *decide_on(state, cause, at=tx.at))
            return {"id": endpoint_id}

        meta = Meta("service/webhooks", message.correlation_id, message.id, message.traceparent)
        await self._repository.transact(Command(command_id, self._clock.now(), meta), decide)


def _change(message: Message) -> _Change | None:
    return _CHANGES.get(message.type) if message.source == _TENANCY else None
