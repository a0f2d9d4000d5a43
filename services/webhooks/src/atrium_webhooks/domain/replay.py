"""A replay: deliveries of one endpoint made due again, as a job that says how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from atrium_common.jsontypes import JSON, JSONObject

Wanted: TypeAlias = Literal["failed", "cancelled", "success", "missing", "all"]
MISSING = "missing"
UNFINISHED = ("pending", "running")
STATUSES = ("pending", "running", "completed", "cancelled")
_USUAL = ("failed", "cancelled", MISSING)
_ALL = ("failed", "cancelled", "success", MISSING)


def wanted_statuses(wanted: Wanted | None) -> tuple[str, ...]:
    """Deliveries of which statuses are replayed; `missing` stands for events that have none."""
    if wanted is None:
        return _USUAL
    return _ALL if wanted == "all" else (wanted,)


def new_replay(
    *, endpoint_id: str, workspace_id: str, livemode: bool, since: str, until: str, statuses: tuple[str, ...], at: str
) -> JSONObject:
    """The document of a job that has not begun. Times are RFC 3339, both bounds included."""
    return {
        "endpoint_id": endpoint_id,
        "workspace_id": workspace_id,
        "livemode": livemode,
        "since": since,
        "until": until,
        "statuses": list(statuses),
        "status": "pending",
        "reason": None,
        "total": 0,
        "done": 0,
        "cursor": None,
        "created_at": at,
        "updated_at": at,
    }


def advanced(body: JSONObject, *, done: int, cursor: list[JSON] | None, at: str) -> JSONObject:
    """The job after a page of events: `done` more deliveries; without a cursor there is nothing left."""
    so_far = _number(body["done"]) + done
    total = max(_number(body["total"]), so_far) if cursor is not None else so_far
    status = "completed" if cursor is None else "running"
    return {**body, "status": status, "done": so_far, "total": total, "cursor": cursor, "updated_at": at}


def ended(body: JSONObject, *, reason: str | None, at: str) -> JSONObject:
    """The job given up."""
    return {**body, "status": "cancelled", "reason": reason, "updated_at": at}


def chosen(statuses: tuple[str, ...], delivery: Mapping[str, JSON] | None, replay_id: str) -> bool:
    """Whether a delivery is to be replayed by this job, which has not done so already."""
    if delivery is None:
        return MISSING in statuses
    return delivery["status"] in statuses and not has_done(delivery, replay_id)


def has_done(delivery: Mapping[str, JSON] | None, replay_id: str) -> bool:
    """Whether the job has replayed this delivery before it was interrupted."""
    return delivery is not None and delivery.get("replay") == replay_id


def _number(value: JSON) -> int:
    return value if isinstance(value, int) else 0
