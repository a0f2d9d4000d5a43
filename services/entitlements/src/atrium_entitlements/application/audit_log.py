"""The audit log: who gave, took, suspended or renewed what, or changed the catalogue, with before and after.

Changes of the catalogue stand in the log of the operator's workspace.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from atrium_common.clock import rfc3339
from atrium_common.eventing.event import Event
from atrium_common.eventing.log_projector import Happened, Slot
from atrium_common.http.listing import WORDS, words
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.documents import Absent, Collection, Index, Newer, Put
from atrium_common.store.ports import Documents
from atrium_entitlements.domain import events as e
from atrium_entitlements.domain import feature_entry as f
from atrium_entitlements.domain import package_entry as p

AUDIT = Collection(
    "audit_log", (Index(("workspace_id", "created_at")), Index(("namespace_id", "created_at"))), frozenset({WORDS})
)
AUDITED = Collection("audited")
"""How each entitlement, boost, account, feature and package was after its last event: what `before` is taken from."""

TYPES: tuple[type[Event], ...] = (
    e.EntitlementProvisioned,
    e.EntitlementSuspended,
    e.EntitlementUnsuspended,
    e.EntitlementCancelled,
    e.EntitlementRenewed,
    e.EntitlementExpired,
    e.BoostCreated,
    e.BoostCancelled,
    e.BoostExpired,
    e.AccountBlocked,
    e.AccountUnblocked,
    *f.EVENTS,
    *p.EVENTS,
)


async def project(documents: Documents, happened: Sequence[Happened], slot: Slot) -> None:
    """Add an entry for each of these events that changes what a holder has, or may be given."""
    audited = [(_subject(each), each) for each in happened if isinstance(each.event, TYPES)]
    if not audited:
        return
    known = await documents.get_many(slot.collection(AUDITED.name), [subject for subject, _ in audited])
    states = {key: (document.version, document.body) for key, document in known.items()}
    entries = []
    for subject, each in audited:
        position, state = states.get(subject, (0, {}))
        # Two events of one commit may be about the same subject; only earlier pages are passed over.
        if subject in known and known[subject].version >= each.position:
            continue
        before = cast("JSONObject | None", state.get("now"))
        after = _after(each.event, before or {})
        about = {**_about(each.event, each.stream), **{name: state[name] for name in _KEPT if state.get(name)}}
        states[subject] = (max(position, each.position), {**about, "now": after})
        entries.append(
            Put(slot.collection(AUDIT.name), each.id, _entry(each, about, before, after), each.position, Absent())
        )
    await documents.write(entries)
    await documents.write(
        [Put(slot.collection(AUDITED.name), key, body, position, Newer()) for key, (position, body) in states.items()]
    )


_KEPT = ("feature", "package", "source", "workspace_id", "namespace_id")


def _subject(each: Happened) -> str:
    event = each.event
    return str(getattr(event, "entitlement_id", None) or getattr(event, "boost_id", None) or each.stream)


def _about(event: Event, stream: str) -> JSONObject:
    """What an entry says beside the change itself, as far as this event tells it."""
    place = getattr(event, "place", e.Place())
    account = stream.partition("/")[2]
    own = account if account.startswith("wks_") else getattr(event, "operator_id", None)
    workspace_id = place.workspace_id or own
    namespace_id = place.namespace_id or (account if account.startswith("ns_") else None)
    return {
        "feature": event.code if isinstance(event, f.FeatureCreated) else getattr(event, "feature", None),
        "package": event.code if isinstance(event, p.PackageCreated) else getattr(event, "package", None),
        "source": getattr(event, "source", None),
        "workspace_id": workspace_id,
        "namespace_id": namespace_id,
    }


def _entry(each: Happened, about: JSONObject, before: JSONObject | None, after: JSONObject) -> JSONObject:
    actor = getattr(each.event, "actor", "") or each.actor or None
    source = about["source"] or getattr(each.event, "cause", None)
    return {
        "id": each.id,
        "action": each.event.TYPE,
        **about,
        "source": source,
        "actor": actor,
        "before": before,
        "after": after,
        "created_at": rfc3339(each.at),
        WORDS: words(
            each.event.TYPE, cast("str | None", about["package"]), cast("str | None", about["feature"]), actor
        ),
    }


def _after(event: Event, now: JSONObject) -> JSONObject:
    """How the subject is after the event, given how it was."""
    match event:
        case e.EntitlementProvisioned():
            return {
                "id": event.entitlement_id,
                "status": "active",
                "package_version": event.package_version,
                "starts_at": rfc3339(event.starts_at),
                "expires_at": _moment(event.expires_at),
                "trial_ends_at": _moment(event.trial_ends_at),
            }
        case e.EntitlementSuspended():
            return {**now, "status": "suspended", "reason": event.reason}
        case e.EntitlementUnsuspended():
            return {**_without(now, "reason"), "status": "active"}
        case e.EntitlementCancelled():
            return {**now, "status": "cancelled", "cancelled_at": rfc3339(event.effective_at), "reason": event.reason}
        case e.EntitlementRenewed():
            # One that is suspended stays so; the end that a replacement was to make is void.
            is_suspended = "reason" in now and "cancelled_at" not in now
            kept = now if is_suspended else _without(now, "reason", "cancelled_at")
            status = "suspended" if is_suspended else "active"
            return {**kept, "status": status, "expires_at": _moment(event.expires_at), "trial_ends_at": None}
        case e.EntitlementExpired() | e.BoostExpired():
            return {**now, "status": "expired"}
        case e.BoostCreated():
            return {
                "id": event.boost_id,
                "status": "active",
                "type": event.kind,
                "duration": event.duration,
                "quantity": event.quantity,
                "starts_at": rfc3339(event.starts_at),
                "expires_at": _moment(event.expires_at),
            }
        case e.BoostCancelled():
            return {**now, "status": "cancelled"}
        case e.AccountBlocked():
            return {"blocked": [cause for cause in _causes(now) if cause != event.cause] + [event.cause]}
        case e.AccountUnblocked():
            return {"blocked": [cause for cause in _causes(now) if cause != event.cause]}
        case f.FeatureCreated() | p.PackageCreated():
            return event.model_dump(mode="json", exclude={"operator_id", "at"})
        case f.FeatureUpdated() | p.PackageUpdated():
            return {**now, **event.changes}
        case _:
            raise TypeError(f"{event.TYPE} is in no audit log")


def _causes(now: JSONObject) -> list[JSON]:
    return cast("list[JSON]", now.get("blocked") or [])


def _without(state: JSONObject, *names: str) -> JSONObject:
    return {name: value for name, value in state.items() if name not in names}


def _moment(moment: datetime | None) -> JSON:
    return None if moment is None else rfc3339(moment)
