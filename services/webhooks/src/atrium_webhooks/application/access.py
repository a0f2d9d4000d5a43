"""Whose an endpoint is: what is another workspace's, of the other mode or gone answers like what never was."""

from __future__ import annotations

from atrium_common.errors import NotFound
from atrium_common.http.route import Call
from atrium_common.store.documents import Condition
from atrium_webhooks.domain.endpoint import Endpoint


def workspace_of(call: Call) -> str:
    """The workspace in context; the key's own where the request names none."""
    return call.principal.workspace_id or call.principal.key_workspace_id


def own(call: Call) -> list[Condition]:
    """What documents of the workspace and mode in context fulfil."""
    return [
        Condition("workspace_id", "eq", workspace_of(call)),
        Condition("livemode", "eq", call.principal.livemode),
    ]


def visible(call: Call, endpoint_id: str, endpoint: Endpoint | None) -> Endpoint:
    """The endpoint, where it is the caller's to see.

    Raises:
        NotFound: otherwise.
    """
    if (
        endpoint is None
        or endpoint.workspace_id != workspace_of(call)
        or endpoint.livemode != call.principal.livemode
        or endpoint.deleted_at is not None
    ):
        raise NotFound("webhook", endpoint_id)
    return endpoint
