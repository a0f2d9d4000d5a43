"""What is told of every request: metrics, and one line in the log for one in `log_every`, and for every failure."""

from __future__ import annotations

import structlog

from atrium_common.metrics import CLIENT_CLOSED, HTTP_REQUESTS
from atrium_common.tallies import Answered
from atrium_gateway.exchange import Exchange

log = structlog.get_logger("http")

_FAILED = 500


class Watching:
    """Counts, times and logs. Never a secret: ids, templates and figures alone."""

    def __init__(self, *, log_every: int) -> None:
        self._log_every = log_every
        self._answered = 0
        self._counted: dict[tuple[str, str, int], Answered] = {}

    def answered(self, exchange: Exchange, status: int, elapsed: float) -> None:
        """The request is answered."""
        # A method that nobody knows must make neither series nor entries without end.
        method = exchange.request.method if exchange.entry is not None else "any"
        template = exchange.template
        known = self._counted.get((method, template, status))
        if known is None:
            known = HTTP_REQUESTS.of("gateway", method, template, status)
            self._counted[(method, template, status)] = known
        known.add(elapsed)
        self._answered += 1
        if status >= _FAILED or self._answered % self._log_every == 0:
            self._tell(exchange, status, elapsed)

    def client_closed(self, template: str) -> None:
        """Its client hung up before the answer."""
        CLIENT_CLOSED.labels(template).inc()

    def _tell(self, exchange: Exchange, status: int, elapsed: float) -> None:
        log.log(
            30 if status >= _FAILED else 20,
            "request",
            method=exchange.request.method,
            route=exchange.template,
            status=status,
            ms=round(elapsed * 1000, 2),
            request_id=exchange.request_id,
            trace_id=exchange.traceparent[3:35] or None,
            workspace_id=exchange.holder.workspace_id if exchange.holder is not None else None,
            command_id=exchange.command_id or None,
        )
