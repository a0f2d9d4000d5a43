"""The histories: usage by hour, day and month, and the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel

from atrium_common.clock import rfc3339
from atrium_common.errors import ValidationFailed
from atrium_common.eventing.log_projector import LogProjector
from atrium_common.http.body import Parameters
from atrium_common.http.listing import Filter, Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.documents import Condition, Document
from atrium_common.store.ports import Documents
from atrium_entitlements import resources
from atrium_entitlements.application import usage_history
from atrium_entitlements.application.audit_log import AUDIT
from atrium_entitlements.application.holders import Holders
from atrium_entitlements.application.live_catalogue import LiveCatalogue
from atrium_entitlements.domain.buckets import Window, bucket, count
from atrium_entitlements.http.models import AsOf
from atrium_entitlements.http.references import by_code

_MOST_BUCKETS = 1000
_USUAL = {"hour": timedelta(hours=24), "day": timedelta(days=30), "month": timedelta(days=365)}
LOG = Listing(
    fields=tuple(resources.LogEntry.model_fields),
    sortable=("created_at", "action"),
    filters={
        "action": "text",
        "feature": "text",
        "package": "text",
        "source": "text",
        "actor": "text",
        "created_after": Filter("time", "created_at", "gt"),
        "created_before": Filter("time", "created_at", "lt"),
        # What is written down here never changes.
        "updated_after": Filter("time", "created_at", "gt"),
        "updated_before": Filter("time", "created_at", "lt"),
    },
    times=False,
    searchable=True,
)


class UsageQuery(Parameters):
    """Which feature's usage, in buckets of which length, between which times (the last day, month or year)."""

    feature: str
    window: Window = "day"
    since: AsOf | None = None
    until: AsOf | None = None


class UsageBucket(BaseModel):
    """What was used from `start` to `end`, exclusive; releases count against it."""

    start: datetime
    end: datetime
    quantity: int


class UsageSpan(BaseModel):
    """What was asked for: buckets that begin from `since` on and before `until`."""

    feature: str
    window: Window
    since: datetime
    until: datetime


class UsageHistory(BaseModel):
    """The buckets in which something was used or released, oldest first, in UTC."""

    data: list[UsageBucket]
    meta: UsageSpan


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the histories are read from."""

    projector: LogProjector
    documents: Documents
    holders: Holders
    live: LiveCatalogue


def history_routes(reading: Reading) -> list[Route]:
    """Usage history and audit log of the context."""

    async def usage(call: Call) -> Reply:
        asked = call.read_query(UsageQuery)
        holder = await reading.holders.of(call.principal)
        await reading.live.refresh()
        feature = reading.live.feature(asked.feature)
        if feature is None or feature.is_boolean:
            known = ", ".join(each.code for each in reading.live.features() if not each.is_boolean)
            raise ValidationFailed({"feature": [f"Not a feature with a quantity. Known: {known}."]})
        since, until = _bounds(asked, call.at)
        slot = await reading.projector.current()
        found = await usage_history.used(
            reading.documents, slot, holder, feature.code, asked.window, since=since, until=until
        )
        data: list[JSON] = [
            {"start": rfc3339(part.start), "end": rfc3339(part.end), "quantity": quantity} for part, quantity in found
        ]
        meta: JSONObject = {
            "feature": feature.code,
            "window": asked.window,
            "since": rfc3339(since),
            "until": rfc3339(until),
        }
        return Reply(200, {"data": data, "meta": meta})

    async def log(call: Call) -> Reply:
        holder = await reading.holders.of(call.principal)
        slot = await reading.projector.current()
        whose = "namespace_id" if holder.kind == "namespace" else "workspace_id"
        where = [Condition(whose, "eq", holder.id)]
        asked = await by_code(call.asked, reading.live)
        return await asked.reply(reading.documents, slot.collection(AUDIT.name), where=where, render=_entry)

    base = f"{BASE}/entitlements"
    return [
        Route("GET", f"{base}/usage", usage, "Usage of a feature by hour, day or month", "usage:read",
              answer=UsageHistory, query=UsageQuery, bare=True, permission="usage:read"),
        Route("GET", f"{base}/log", log, "List who changed what of the context's entitlements", "entitlements:read",
              answer=resources.LogEntry, listing=LOG, permission="entitlements:read"),
    ]  # fmt: skip


def _bounds(asked: UsageQuery, now: datetime) -> tuple[datetime, datetime]:
    """From the beginning of the bucket that `since` is in, up to `until`."""
    until = asked.until or bucket(asked.window, now).end
    wanted = asked.since or until - _USUAL[asked.window]
    since = bucket(asked.window, wanted).start
    if since >= until:
        raise ValidationFailed({"since": ["Must be before until."]})
    if count(asked.window, since, until) > _MOST_BUCKETS:
        raise ValidationFailed({"since": [f"At most {_MOST_BUCKETS} buckets at a time; take a longer window."]})
    return since, until


def _entry(document: Document) -> JSONObject:
    return {name: document.body.get(name) for name in resources.LogEntry.model_fields}
