"""Who is asked about: the holder that a request means, with the levels of its cascade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

from atrium_common.errors import NotFound
from atrium_common.http.client import ServiceClient
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import Principal
from atrium_entitlements.domain.holder import Holder, Level


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


@dataclass(frozen=True, slots=True)
class AskedHolders:
    """See `Holders`: asks tenancy each time."""

    tenancy: ServiceClient

    async def of(
        self, principal: Principal, *, namespace_id: str | None = None, workspace_id: str | None = None
    ) -> Holder:
        """See `Holders.of`."""
        if namespace_id is None and workspace_id is None:
            namespace_id = principal.namespace_id
        workspace_id = workspace_id or principal.workspace_id or ""
        asked: JSONObject = {
            "namespace_ids": [namespace_id] if namespace_id else [],
            "workspace_ids": [] if namespace_id else [workspace_id],
        }
        known = await self.tenancy.call("POST", "/internal/holders/resolve", asked, reads=True)
        if namespace_id:
            return _namespace(principal, namespace_id, cast("JSONObject", known["namespaces"]))
        facts = cast("JSONObject", known["workspaces"]).get(workspace_id)
        own = workspace_id == principal.workspace_id or principal.is_operator
        if not isinstance(facts, dict) or facts["deleted"] or not own:
            raise NotFound("workspace", workspace_id)
        tier = str(facts["tier"])
        return Holder(
            "workspace",
            workspace_id,
            (Level("workspace", workspace_id), Level("tier", workspace_id, tier)),
            tier=tier,
            livemode=principal.livemode,
            workspace_id=workspace_id,
        )


def _namespace(principal: Principal, namespace_id: str, known: JSONObject) -> Holder:
    facts = known.get(namespace_id)
    if not isinstance(facts, dict) or facts["deleted"]:
        raise NotFound("namespace", namespace_id)
    owner = str(facts["owner_id"])
    if owner not in {principal.workspace_id, principal.user_id} and not principal.is_operator:
        raise NotFound("namespace", namespace_id)
    tier = str(facts["owner_tier"])
    billing = facts["billing_workspace_id"]
    levels = [Level("namespace", namespace_id)]
    if isinstance(billing, str):
        levels.append(Level("workspace", billing))
    levels.append(Level("tier", owner, tier))
    return Holder(
        "namespace",
        namespace_id,
        tuple(levels),
        tier=tier,
        livemode=principal.livemode,
        workspace_id=billing if isinstance(billing, str) else None,
        namespace_id=namespace_id,
    )
