"""What the gateway tells the other services by the stream."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from atrium_common.eventing.published import PublishedType

TOPIC = "gateway.usage"


class Usage(BaseModel):
    """The requests of one key in one minute through one worker; `requests` is the absolute total so far."""

    key_id: str
    workspace_id: str
    namespace_id: str | None
    livemode: bool
    minute: datetime
    worker: str
    requests: int


PUBLISHED = (
    PublishedType(
        "usage.counted",
        "Requests were counted. It is sent again and again: of the same object's totals the highest counts.",
        "usage",
        Usage,
        TOPIC,
    ),
)
