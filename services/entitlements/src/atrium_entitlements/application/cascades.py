"""What becomes of accounts when their workspace, namespace or user is suspended, deleted or restored.

A cause blocks an account; its end unblocks exactly what it has blocked, since each cause is kept by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from atrium_common.bus.ports import Message
from atrium_common.eventing.merging import Merger
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Meta
from atrium_entitlements.application.known_facts import KnownFacts
from atrium_entitlements.domain import provisioning
from atrium_entitlements.domain.account import NEW
from atrium_entitlements.domain.provisioning import Acting
from atrium_entitlements.rows import ACCOUNT

BEGINS: Mapping[str, str] = {
    "workspace.suspended": "workspace_suspended",
    "workspace.deleted": "workspace_deleted",
    "namespace.deleted": "namespace_deleted",
    "user.deleted": "user_deleted",
}
ENDS: Mapping[str, str] = {
    "workspace.unsuspended": "workspace_suspended",
    "workspace.restored": "workspace_deleted",
}


@dataclass(frozen=True, slots=True)
class Cascades:
    """Carries tenancy's events on to the accounts that they concern."""

    merger: Merger
    facts: KnownFacts

    async def handle(self, message: Message) -> None:
        """Block or unblock the accounts; a repeated message does nothing more."""
        cause = BEGINS.get(message.type) or ENDS.get(message.type)
        if cause is None:
            return
        about = message.subject.partition("/")[2]
        for account_id in await self._concerned(message.type, about):
            command = Command(
                f"{message.id}/{account_id}", message.time, Meta("service/tenancy", message.correlation_id, message.id)
            )
            await self._apply(command, account_id, cause, begins=message.type in BEGINS, own=account_id == about)

    async def _concerned(self, kind: str, about: str) -> Sequence[str]:
        if kind.startswith("workspace."):
            return [about, *await self.facts.owned_by(about)]
        return [about]

    async def _apply(self, command: Command, account_id: str, cause: str, *, begins: bool, own: bool) -> None:
        async def decide(tx: Transaction) -> JSONObject:
            loaded = await tx.load(ACCOUNT, account_id)
            account, acting = loaded.state or NEW, Acting(tx.at, command.meta.actor)
            # A namespace that never had anything has nothing that could be taken.
            if begins and (own or loaded.state is not None):
                await tx.emit(ACCOUNT, account_id, *provisioning.block(account, cause, None, acting))
            if not begins:
                await tx.emit(ACCOUNT, account_id, *provisioning.unblock(account, cause, acting))
            return {}

        await self.merger.transact(account_id, command, decide)
