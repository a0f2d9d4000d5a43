"""The short way: a read of a known key that one service answers, from call to call, without a task and without a wait.

Most requests are such reads. What stands in the way of one (a key to look up, limits to fetch, no free connection)
sends it the long way, `server.Gateway.handle`, before anything of it has been done. Both ways judge by the same steps.
"""

from __future__ import annotations

from collections.abc import Callable

from atrium_common.clock import Clock
from atrium_common.errors import AtriumError, RateLimited
from atrium_common.ids import Ids
from atrium_common.tracing import tracer
from atrium_gateway import admission, fields
from atrium_gateway.exchange import Exchange
from atrium_gateway.holder import Asked
from atrium_gateway.http1.front import Done, GiveUp
from atrium_gateway.http1.message import Request
from atrium_gateway.ports import Standing
from atrium_gateway.server import Gateway, Steps, charge
from atrium_gateway.upstream import Answer, Forwarded


class Express:
    """Begins requests that need no waiting but for the service's answer."""

    def __init__(self, gateway: Gateway, steps: Steps, *, clock: Clock, ids: Ids, seconds: float) -> None:
        """`gateway` takes over what fails on the way; `seconds` is the most that a request may take."""
        self._gateway = gateway
        self._steps = steps
        self._clock = clock
        self._ids = ids
        self._seconds = seconds
        # A request that is recorded takes the way on which its span is.
        self._recorded = tracer() is not None

    def begin(self, request: Request, done: Done) -> GiveUp | None:
        """Begin the request; `done` is told its response. None: nothing has been done, it must go the long way."""
        exchange = self._known(request)
        if exchange is None or exchange.entry is None or exchange.holder is None:
            return None
        steps, holder = self._steps, exchange.holder
        if holder.allowance is None:
            return None
        running = _Running(self._gateway, steps, exchange, done)
        try:
            standing = steps.limiter.spend_now(holder.allowance, 1)
            if standing is None:
                return None
            exchange.standing = standing
            steps.used.note(holder.key_id, exchange.started)
            charge(steps, holder, 1)
            running.send(exchange.entry.upstream, now=exchange.started)
        except Exception as error:
            if isinstance(error, RateLimited):
                exchange.standing = Standing(error.limit, error.remaining, error.reset_at)
            done(steps.answering.completed(exchange, steps.answering.refusal(exchange, error)))
        return running.give_up

    def _known(self, request: Request) -> Exchange | None:
        """The request, where it is a read by a known key that may make it, of a service that can be asked now."""
        steps, derived = self._steps, request.derived
        if self._recorded or "space_id" in request.query:
            return None
        try:
            asked = derived.asked or self._asked(request)
            if asked is None or derived.address is None:
                return None
            found = steps.router.find(request.method, request.path)
            entry = found.entry
            holder = steps.keys.known(asked) if found.plain else None
            if holder is None:
                return None
            admission.check(holder, entry, address=derived.address, clock=self._clock)
        except AtriumError:
            return None
        if not steps.forwarding.is_free(entry.upstream):
            return None
        started = self._clock.monotonic()
        return Exchange(
            request,
            derived.request_id or self._ids.new("req"),
            started,
            started + self._seconds,
            entry,
            found.params,
            derived.address,
            steps.peers.traceparent(request),
            holder,
        )

    def _asked(self, request: Request) -> Asked | None:
        """Which key the request gives, in the context that its head names; found out once for all that repeat it.

        Raises:
            AtriumError: its head is to be refused.
        """
        fields.judge(request)
        key = admission.given_key(request.headers, needed=True)
        if key is None:
            return None
        derived = request.derived
        derived.address = self._steps.peers.address(request)
        derived.request_id = fields.request_id(request.headers)
        return admission.asked_for(key, request, None)


class _Running:
    """A request that a service is answering."""

    __slots__ = ("_done", "_exchange", "_gateway", "_give_up", "_steps", "_upstream", "_wanted")

    def __init__(self, gateway: Gateway, steps: Steps, exchange: Exchange, done: Done) -> None:
        self._gateway = gateway
        self._steps = steps
        self._exchange = exchange
        self._done = done
        self._upstream = ""
        self._wanted: Forwarded | None = None
        self._give_up: Callable[[], None] | None = None

    def send(self, upstream: str, *, now: float) -> None:
        steps, exchange = self._steps, self._exchange
        self._wanted = steps.outward.request(exchange)
        self._upstream = upstream
        self._give_up = steps.forwarding.begin(
            upstream, self._wanted, deadline=exchange.deadline, now=now, done=self.answered
        )

    def answered(self, outcome: Answer | Exception) -> None:
        """The service's answer, or why there is none."""
        if self._give_up is None or self._wanted is None:
            return
        self._give_up = None
        self._steps.forwarding.end(self._upstream)
        if not isinstance(outcome, Answer):
            self._done(self._gateway.resumed(self._exchange, self._wanted, outcome))
            return
        exchange, answering = self._exchange, self._steps.answering
        try:
            response = answering.completed(exchange, answering.as_sent(exchange, outcome))
        except Exception as error:
            response = answering.completed(exchange, answering.refusal(exchange, error))
        self._done(response)

    def give_up(self) -> None:
        """Nobody waits for the answer any more."""
        give_up, self._give_up = self._give_up, None
        if give_up is not None:
            self._steps.forwarding.end(self._upstream)
            give_up()
