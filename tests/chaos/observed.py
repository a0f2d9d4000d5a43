"""What was really there afterwards: rows, logs, stream, usage, deliveries, receipts, keys. Plain values, no readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Row(NamedTuple):
    """A namespace (or workspace) as the API lists it; `n` is what updates have left in its settings."""

    id: str
    name: str
    n: int = 0


class Fact(NamedTuple):
    """A public event, as a service's log or the stream holds it."""

    id: str
    type: str
    subject: str
    sequence: int
    workspaces: tuple[str, ...] = ()
    object_id: str = ""
    name: str = ""


class Sent(NamedTuple):
    """A delivery as the API lists it, with the tenant whose endpoint it is for."""

    id: str
    tenant: str
    event_id: str
    type: str
    status: str


class Receipt(NamedTuple):
    """One attempt as the receiver of a tenant's endpoint got it; `members` are those of the object's attributes."""

    tenant: str
    event_id: str
    delivery_id: str
    type: str
    workspace: str
    object_id: str
    digest: str
    threshold: int = 0
    at: float = 0.0
    members: tuple[str, ...] = ()


class Used(NamedTuple):
    """A tenant's usage of the metered feature: what the summary says, what the log's events add up to, the limit."""

    summary: int
    log: int
    limit: int


class Told(NamedTuple):
    """A client's own event as the API lists it: `n` is the number that the client gave it."""

    id: str
    n: str


@dataclass(frozen=True)
class Observed:
    """All of it. Mappings are by the name of the tenant unless they say otherwise.

    Attributes:
        tenants: each one's workspace id.
        workspaces: those that were made under load, as the operator lists them.
        namespaces: as each tenant's own key lists them.
        events: clients' own events, as each tenant's own key lists them.
        logged, streamed: every public event of all logs, and what a subscriber from the start has got, in its order.
        keys: by gateway, whether the key of this id opens anything.
        audit: what `atrium admin check` finds.
    """

    tenants: Mapping[str, str] = field(default_factory=dict)
    workspaces: Sequence[Row] = ()
    namespaces: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    used: Mapping[str, Used] = field(default_factory=dict)
    events: Mapping[str, Sequence[Told]] = field(default_factory=dict)
    deliveries: Sequence[Sent] = ()
    receipts: Sequence[Receipt] = ()
    logged: Sequence[Fact] = ()
    streamed: Sequence[Fact] = ()
    keys: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    audit: Sequence[str] = ()


def fact_of(message: Any) -> Fact:
    """The fact that a message of the stream tells."""
    resource = message.data.get("object") or {}
    attributes = resource.get("attributes") or {}
    ids = message.workspace_ids or ((message.workspace_id,) if message.workspace_id else ())
    name = str(attributes.get("name", ""))
    return Fact(message.id, message.type, message.subject, message.sequence, ids, str(resource.get("id", "")), name)
