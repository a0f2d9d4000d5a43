"""A request on its way through the pipeline, and what has been found out about it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from atrium_gateway.holder import Holder
from atrium_gateway.http1.message import Request
from atrium_gateway.ports import Standing
from atrium_gateway.route_table import Entry


@dataclass(slots=True)
class Exchange:
    """One request and its answer to be.

    Attributes:
        started: on the monotonic clock.
        deadline: when everything must be done; put off where its body is long on its way.
        entry: its line in the route table, as soon as it is found.
        params: the values in the path.
        holder: who calls, as soon as the key is recognised.
        standing: where the key stands after this request, or None: its limits were not asked yet.
        body: the whole body of a write.
        command_id: the identity of what is commanded.
        source: who refused it, where it was refused: `gateway` or `service`.
    """

    request: Request
    request_id: str
    started: float
    deadline: float
    entry: Entry | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    traceparent: str = ""
    holder: Holder | None = None
    standing: Standing | None = None
    body: bytes = b""
    command_id: str = ""
    source: str = "gateway"

    @property
    def template(self) -> str:
        """The route's template, for metrics and logs."""
        return "unknown" if self.entry is None else self.entry.template
