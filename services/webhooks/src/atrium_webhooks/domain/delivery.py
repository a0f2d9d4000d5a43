"""A delivery: an event's way to one endpoint, as a document from fan-out to its last attempt.

One is written when the event is fanned out and replaced once for each attempt. Its place in the endpoint's line is
the field `due`: `0#<sequence>` before the first attempt (and until the end on an ordered endpoint, which keeps its
place), the time of the next attempt afterwards, and null once nothing more is planned. New deliveries so sort by
sequence, retries by time, and the index on (endpoint_id, due) finds both at a cost that no backlog changes.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal, TypeAlias, cast

from atrium_common.clock import rfc3339
from atrium_common.jsontypes import JSON, JSONObject

Status: TypeAlias = Literal["pending", "success", "retrying", "failed", "cancelled"]
STATUSES: tuple[Status, ...] = ("pending", "success", "retrying", "failed", "cancelled")
UNFINISHED: frozenset[str] = frozenset({"pending", "retrying"})
RETRIABLE: frozenset[str] = frozenset({"failed", "retrying", "cancelled"})

FIRST = "0#"
"""What the places of deliveries in line begin with: before every time."""
BEHIND_FIRST = "1"
"""Behind every place in line, before every time."""
MOST_HISTORY = 50
"""Attempts that are remembered in full, the newest."""


def delivery_id(event_id: str, endpoint_id: str) -> str:
    """The one delivery of an event to an endpoint; it sorts by the event's time."""
    moment = event_id.partition("_")[2][:10]
    digest = hashlib.sha256(f"{event_id}/{endpoint_id}".encode()).hexdigest()[:22]
    return f"del_{moment}{digest}"


def place(sequence: int) -> str:
    """The place in line of this sequence number."""
    return f"{FIRST}{sequence:017d}"


def new_delivery(
    *,
    event_id: str,
    event_type: str,
    event_time: str,
    endpoint_id: str,
    workspace_id: str,
    livemode: bool,
    sequence: int,
    now: str,
    active: bool = True,
    due: str | None = None,
) -> JSONObject:
    """The document of a delivery that has not been tried.

    `sequence` is its number in the endpoint's line, above 0; 0 is outside the order (a replay of what was missing), due
    at once, or at `due`.
    Where the endpoint is not `active` it is cancelled from the start, and can be replayed. Times are RFC 3339.
    """
    return {
        "endpoint_id": endpoint_id,
        "workspace_id": workspace_id,
        "livemode": livemode,
        "event_id": event_id,
        "event_type": event_type,
        "event_time": event_time,
        "sequence": sequence,
        "status": "pending" if active else "cancelled",
        "status_code": None,
        "attempts": 0,
        "round_start": 0,
        "due": (due or (place(sequence) if sequence else now)) if active else None,
        "next_attempt_at": now if active else None,
        "delivered_at": None,
        "created_at": now,
        "updated_at": now,
        "history": [],
    }


def again(body: JSONObject, *, now: datetime) -> JSONObject:
    """The delivery due now, outside the order, with its whole schedule before it: a manual retry or a replay.

    Its attempts go on counting from where they are.
    """
    moment = rfc3339(now)
    return {
        **body,
        "sequence": 0,
        "status": "retrying" if body["attempts"] else "pending",
        "due": moment,
        "next_attempt_at": moment,
        "delivered_at": None,
        "round_start": cast("int", body["attempts"]),
        "updated_at": moment,
    }


def cancelled(body: JSONObject, *, now: datetime) -> JSONObject:
    """The delivery given up before another attempt: its endpoint takes no events now."""
    return {**body, "status": "cancelled", "due": None, "next_attempt_at": None, "updated_at": rfc3339(now)}


def attempted(
    body: JSONObject,
    *,
    entry: JSONObject,
    status: Status,
    due: str | None,
    next_attempt_at: datetime | None,
    at: datetime,
) -> JSONObject:
    """The delivery after an attempt.

    `entry` is what is remembered of it: `{attempt, at, status_code, error, error_class, duration_ms, timings: {dns,
    connect, tls, first_byte, total} in ms (null where there was none), remote_address, request: {headers}, response:
    {headers, body, truncated} or null}`. The request's body is made from the kept event when it is shown.
    """
    moment = rfc3339(at)
    history = [*cast("list[JSON]", body["history"]), entry]
    return {
        **body,
        "status": status,
        "status_code": entry["status_code"],
        "attempts": entry["attempt"],
        "due": due,
        "next_attempt_at": None if next_attempt_at is None else rfc3339(next_attempt_at),
        "delivered_at": moment if status == "success" else None,
        "updated_at": moment,
        "history": history[-MOST_HISTORY:],
    }
