"""What answers say beside what was asked for: ids, limits, deprecations, and why a request was refused."""

from __future__ import annotations

import structlog

from atrium_common.clock import Clock
from atrium_common.errors import GatewayTimeout, RequestTimeout
from atrium_common.http.problems import INTERNAL, Problem, problem_of
from atrium_common.http.reply import encoded
from atrium_common.metrics import REFUSED
from atrium_gateway import fields
from atrium_gateway.cors import Cors
from atrium_gateway.exchange import Exchange
from atrium_gateway.http1.message import ClientGone, Response
from atrium_gateway.upstream import Answer
from atrium_gateway.watching import Watching

log = structlog.get_logger("gateway")

_JSON = (b"Content-Type", b"application/json")
_REFUSED = 400


class Answering:
    """Makes responses of services' answers and of errors, and completes and counts them all."""

    def __init__(self, cors: Cors, watching: Watching, *, clock: Clock, tls: bool = False) -> None:
        """`tls` says whether clients reach us by it."""
        self._hardening = fields.hardening(tls=tls)
        self._cors = cors
        self._watching = watching
        self._clock = clock
        # Seconds between the monotonic clock and Unix time, looked at once a second.
        self._offset = self._offset_at = float("-inf")

    def of(self, exchange: Exchange, answer: Answer) -> Response:
        """A service's answer as the client's."""
        exchange.source = "service"
        return Response(answer.status, fields.returned(answer.fields), answer.body, answer.rest, answer.length)

    def as_sent(self, exchange: Exchange, answer: Answer) -> Response:
        """The same, with the fields as they are sent where these are known: nobody looks at them any more."""
        if answer.returned is None:
            return self.of(exchange, answer)
        exchange.source = "service"
        return Response(answer.status, [], answer.body, lines=answer.returned)

    def refusal(self, exchange: Exchange, error: Exception) -> Response:
        """The answer that an error is."""
        if isinstance(error, ClientGone):
            self._watching.client_closed(exchange.template)
            error = RequestTimeout()  # hardly anybody reads it: the request never arrived whole
        elif isinstance(error, TimeoutError):
            error = GatewayTimeout()
        problem = problem_of(error)
        if problem is None:
            log.error("request failed", request_id=exchange.request_id, exc_info=error)
            problem = INTERNAL
        exchange.source = "gateway"
        REFUSED.labels(problem.code).inc()
        return refusal(problem, exchange.request_id)

    def completed(self, exchange: Exchange, response: Response) -> Response:
        """The response with what every answer says; the request is counted as answered."""
        now = self._clock.monotonic()
        told = b"%b%bX-Request-ID: %b\r\n" % (response.lines, self._hardening, exchange.request_id.encode())
        standing, holder, entry = exchange.standing, exchange.holder, exchange.entry
        if standing is not None and holder is not None and holder.allowance is not None:
            told += fields.of_standing(standing, holder.allowance, unix=self._unix(now))
        if entry is not None and entry.deprecated is not None:
            told += fields.lines(fields.of_deprecation(entry.deprecated))
        if response.status >= _REFUSED:
            told += b"X-Error-Source: %b\r\n" % exchange.source.encode()
        if self._cors.is_on:
            told += fields.lines(self._cors.fields(exchange.request))
        response.lines = told
        self._watching.answered(exchange, response.status, now - exchange.started)
        return response

    def _unix(self, monotonic: float) -> float:
        if monotonic - self._offset_at > 1:
            self._offset = self._clock.now().timestamp() - self._clock.monotonic()
            self._offset_at = monotonic
        return monotonic + self._offset


def refusal(problem: Problem, request_id: str) -> Response:
    """The response that an error is."""
    told = [(name.encode(), value.encode()) for name, value in problem.headers.items() if name != "Connection"]
    closing = "Connection" in problem.headers
    return Response(problem.status, [_JSON, *told], encoded(problem.body(request_id)), close=closing)
