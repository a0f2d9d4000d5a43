"""What is seen of accounts: provisioned packages as rows, and public events."""

from __future__ import annotations

from atrium_common.clock import rfc3339
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.event import Event
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Publication
from atrium_entitlements.domain import account


def entitlement_attributes(holder_id: str, given: account.EntitlementProvisioned) -> JSONObject:
    """A provisioned package as clients see it."""
    return {
        "id": given.entitlement_id,
        "holder_id": holder_id,
        "package": given.package,
        "status": "active",
        "source": given.source,
        "expires_at": None if given.expires_at is None else rfc3339(given.expires_at),
        "created_at": rfc3339(given.at),
    }


def _publish(event: Event, _: account.Account | None, __: account.Account, holder_id: str) -> Publication | None:
    if not isinstance(event, account.EntitlementProvisioned):
        return None
    workspace_id = holder_id if holder_id.startswith("wks_") else None
    attributes = entitlement_attributes(holder_id, event)
    return Publication(
        type=event.TYPE,
        data={"object": {"id": event.entitlement_id, "type": "entitlement", "attributes": attributes}},
        key=holder_id,
        workspace_ids=() if workspace_id is None else (workspace_id,),
        workspace_id=workspace_id,
    )


ACCOUNT: Decider[account.Account] = Decider("account", account.evolve, _publish)
EVENTS = account.EVENTS
