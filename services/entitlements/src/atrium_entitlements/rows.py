"""What is seen of accounts: entitlements and boosts as resources, and the public events."""

from __future__ import annotations

from datetime import datetime

from atrium_common.clock import rfc3339
from atrium_common.eventing.decider import Decider
from atrium_common.eventing.event import Event
from atrium_common.eventing.snapshot import Snapshotting
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import Publication
from atrium_entitlements.domain import events
from atrium_entitlements.domain.account import NEW, Account, evolve
from atrium_entitlements.domain.events import Place

SNAPSHOT_EVERY = 500


def entitlement_attributes(account_id: str, account: Account, entitlement_id: str, at: datetime) -> JSONObject:
    """A provisioned package as clients see it then."""
    entitlement = account.entitlements[entitlement_id]
    given = entitlement.given
    status = entitlement.status(at)
    calendar = account.settled(at).calendar
    features: list[JSON] = [{"feature": code, "limit": limit} for code, limit in given.limits.items()]
    return {
        "id": entitlement_id,
        **_holder(account_id),
        "package": given.package,
        "package_id": given.package_id,
        "package_name": given.package_name,
        "package_version": given.package_version,
        "is_base": given.is_base,
        "features": features,
        "status": "suspended" if status == "active" and account.blocked else status,
        "suspended_reason": entitlement.suspended_reason,
        "starts_at": rfc3339(given.starts_at),
        "expires_at": _moment(entitlement.expires_at),
        "trial_ends_at": _moment(entitlement.trial_ends_at),
        "billing_cycle_anchor": _moment(given.anchor or (calendar.anchor if calendar else None)),
        "cancelled_at": _moment(entitlement.cancelled_at),
        "source": given.source,
        "metadata": given.metadata,
        "created_at": rfc3339(given.at),
        "updated_at": rfc3339(entitlement.updated_at or given.at),
    }


def boost_attributes(account_id: str, account: Account, boost_id: str, at: datetime) -> JSONObject:
    """A boost as clients see it then."""
    boost = account.boosts[boost_id]
    made = boost.made
    return {
        "id": boost_id,
        **_holder(account_id),
        "feature": made.feature,
        "type": made.kind,
        "duration": made.duration,
        "quantity": made.quantity,
        "status": boost.status(at),
        "starts_at": rfc3339(made.starts_at),
        "expires_at": _moment(made.expires_at),
        "source": made.source,
        "created_at": rfc3339(made.at),
        "updated_at": rfc3339(boost.cancelled_at or made.at),
    }


def _publish(event: Event, _: Account | None, after: Account, account_id: str) -> Publication | None:
    match event:
        case (
            events.EntitlementProvisioned()
            | events.EntitlementSuspended()
            | events.EntitlementUnsuspended()
            | events.EntitlementCancelled()
            | events.EntitlementRenewed()
            | events.EntitlementExpired()
        ):
            attributes = entitlement_attributes(account_id, after, event.entitlement_id, event.at)
            return _publication(event, account_id, event.place, event.entitlement_id, "entitlement", attributes)
        case events.BoostCreated() | events.BoostCancelled() | events.BoostExpired():
            attributes = boost_attributes(account_id, after, event.boost_id, event.at)
            return _publication(event, account_id, event.place, event.boost_id, "boost", attributes)
        case events.LimitWarned() | events.LimitReached():
            alert: JSONObject = {
                "feature": event.feature,
                "threshold": event.threshold,
                "used": event.used,
                "limit": event.limit,
                "workspace_id": event.place.workspace_id,
                "namespace_id": event.place.namespace_id,
                "cycle_start": _moment(event.cycle_start),
            }
            subject = f"{account_id}/{event.feature}"
            return _publication(event, account_id, event.place, subject, "usage", alert, event.place.livemode)
        case _:
            return None


def _publication(
    event: Event,
    account_id: str,
    place: Place,
    object_id: str,
    object_type: str,
    attributes: JSONObject,
    livemode: bool | None = None,  # noqa: FBT001 (None: the resource is shared by both modes)
) -> Publication:
    workspace_id = place.workspace_id
    return Publication(
        type=event.TYPE,
        data={"object": {"id": object_id, "type": object_type, "attributes": attributes}},
        key=workspace_id or f"account/{account_id}",
        workspace_ids=() if workspace_id is None else (workspace_id,),
        livemode=livemode,
        workspace_id=workspace_id,
    )


def _holder(account_id: str) -> JSONObject:
    return {
        "namespace_id": account_id if account_id.startswith("ns_") else None,
        "workspace_id": account_id if account_id.startswith("wks_") else None,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)


ACCOUNT: Decider[Account] = Decider(
    "account", evolve, _publish, snapshot=Snapshotting.of(Account, schema=4, every=SNAPSHOT_EVERY)
)
EVENTS = events.EVENTS

__all__ = ["ACCOUNT", "EVENTS", "NEW", "boost_attributes", "entitlement_attributes"]
