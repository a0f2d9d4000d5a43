"""Who is asked about: the holder that a request means, with the levels of its cascade."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from atrium_common.errors import NotFound
from atrium_common.principal import Principal
from atrium_entitlements.application.known_facts import KnownFacts, asked_or_known, told_facts
from atrium_entitlements.domain.facts import (
    Facts,
    NamespaceFacts,
    UserFacts,
    WorkspaceFacts,
    of_namespace,
    of_workspace,
)
from atrium_entitlements.domain.holder import Holder


class Holders(Protocol):
    """Where holders come from."""

    async def of(
        self, principal: Principal, *, namespace_id: str | None = None, workspace_id: str | None = None
    ) -> Holder:
        """The namespace, or else the workspace, or else the context of the principal.

        Raises:
            NotFound: there is none, or it is not the caller's to see.
            Unavailable: it is unknown here and tenancy does not answer.
        """
        ...

    async def then(self, holder: Holder, as_of: datetime | None) -> Holder:
        """The holder as it was at that moment: owner, billing workspace, tiers and zone; the same where there is none.

        Where it did not exist, nothing was granted to it but by its own account.

        Raises:
            Unavailable: tenancy does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class KnownHolders:
    """See `Holders`: from the facts that the gateway sent along and those known here, whichever are newer.

    A holder that the gateway sent no facts of (it is named in the body) is asked of tenancy, so that what was written
    a moment ago counts.
    """

    facts: KnownFacts

    async def of(
        self, principal: Principal, *, namespace_id: str | None = None, workspace_id: str | None = None
    ) -> Holder:
        """See `Holders.of`."""
        if namespace_id is None and workspace_id is None:
            namespace_id = principal.namespace_id
        told = self._told(principal)
        if namespace_id is not None:
            if namespace_id not in told or not self._whole(namespace_id):
                await asked_or_known(self.facts, namespace_id=namespace_id)
            return self._namespace(principal, namespace_id)
        workspace_id = workspace_id or principal.workspace_id or ""
        if workspace_id not in told:
            await asked_or_known(self.facts, workspace_id=workspace_id)
        return self._workspace(principal, workspace_id)

    async def then(self, holder: Holder, as_of: datetime | None) -> Holder:
        """See `Holders.then`."""
        if as_of is None:
            return holder
        workspace_id = holder.workspace_id if holder.kind == "workspace" else None
        facts = await self.facts.told_of(as_of, namespace_id=holder.namespace_id, workspace_id=workspace_id)
        match facts.get(holder.id):
            case NamespaceFacts() as namespace:
                billing, owner = facts.get(namespace.billing_workspace_id or ""), facts.get(namespace.owner_id)
                return _of_namespace(namespace, billing, owner, livemode=holder.livemode)
            case WorkspaceFacts() as workspace:
                return of_workspace(workspace, livemode=holder.livemode)
            case _:
                return replace(holder, levels=holder.levels[:1], tier="free")

    async def known(self, *, namespace_id: str | None, workspace_id: str, livemode: bool) -> Holder | None:
        """The namespace, or else the workspace, by what is known here, or else by tenancy; None where it is gone.

        Raises:
            Unavailable: it is unknown here and tenancy does not answer.
        """
        wanted = namespace_id or workspace_id
        if self.facts.get(wanted) is None:
            await self.facts.local(namespace_id=namespace_id, workspace_id=workspace_id)
        if self.facts.get(wanted) is None or (namespace_id is not None and not self._whole(namespace_id)):
            await self.facts.ask(namespace_id=namespace_id, workspace_id=None if namespace_id else workspace_id)
        service = Principal(kind="service", livemode=livemode)
        try:
            if namespace_id is not None:
                return self._namespace(service, namespace_id)
            return self._workspace(service, workspace_id)
        except NotFound:
            return None

    def _told(self, principal: Principal) -> set[str]:
        """Take in the facts that came with the principal; the ids that they are about."""
        ids = set()
        for kind, told in principal.facts.items():
            if isinstance(told, dict) and isinstance(holder_id := told.get("id"), str):
                ids.add(holder_id)
                self.facts.remember(told_facts(kind, holder_id, told))
        return ids

    def _whole(self, namespace_id: str) -> bool:
        """Whether everything that the namespace hangs on is in memory."""
        namespace = self.facts.get(namespace_id)
        if not isinstance(namespace, NamespaceFacts) or not namespace.complete:
            return False
        billing = namespace.billing_workspace_id
        owned = self.facts.get(namespace.owner_id) is not None
        return owned and (billing is None or self.facts.get(billing) is not None)

    def _namespace(self, principal: Principal, namespace_id: str) -> Holder:
        namespace = self.facts.get(namespace_id)
        if not isinstance(namespace, NamespaceFacts) or namespace.deleted or not _may_see(principal, namespace):
            raise NotFound("namespace", namespace_id)
        owner = self.facts.get(namespace.owner_id)
        if owner is not None and owner.deleted:
            raise NotFound("namespace", namespace_id)
        billing = self.facts.get(namespace.billing_workspace_id)
        return _of_namespace(namespace, billing, owner, livemode=principal.livemode)

    def _workspace(self, principal: Principal, workspace_id: str) -> Holder:
        workspace = self.facts.get(workspace_id)
        own = workspace_id == principal.workspace_id or principal.is_operator or principal.kind == "service"
        if not isinstance(workspace, WorkspaceFacts) or workspace.deleted or not own:
            raise NotFound("workspace", workspace_id)
        return of_workspace(workspace, livemode=principal.livemode)


def _of_namespace(namespace: NamespaceFacts, billing: Facts | None, owner: Facts | None, *, livemode: bool) -> Holder:
    return of_namespace(
        namespace,
        billing if isinstance(billing, WorkspaceFacts) else None,
        owner if isinstance(owner, UserFacts) else None,
        livemode=livemode,
    )


def _may_see(principal: Principal, namespace: NamespaceFacts) -> bool:
    if principal.is_operator or principal.kind == "service":
        return True
    # A key that is bound to a workspace does not see its user's own namespaces (spec §4).
    own = set() if principal.bound else {principal.user_id}
    shared = namespace.workspace_id is not None and namespace.workspace_id == principal.workspace_id
    return shared or namespace.owner_id in own
