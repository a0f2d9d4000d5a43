"""Calls to services with manners: a breaker for each, at most one retry within a budget, bounded requests in flight."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from atrium_common.clock import Clock
from atrium_common.errors import BadGateway, ConcurrentLimitExceeded, GatewayTimeout, Unavailable
from atrium_common.metrics import BREAKER_OPEN, IN_FLIGHT, RETRIED, SHED, UPSTREAM_ERRORS
from atrium_gateway.upstream import Answer, Done, Forwarded, PromptTransport, unreachable

_PAUSE = 0.1
_BUDGET = 20.0
_EARNED = 0.1
_FAILURES_TO_OPEN = 10
_OPEN_SECONDS = 0.5
# Where nobody calls any more, nobody finds out that a service is back: so long after a failure it is still told.
_TOLD_SECONDS = 60.0
_READS_SHARE = 0.8
# The most of all places that requests to one service may take: one that hangs takes no other with it.
_ONES_SHARE = 0.5
# The most of the bodies on their way that may be one sender's.
_SENDERS_SHARE = 0.5


@dataclass(slots=True)
class _Service:
    """How calls to one service have gone.

    Attributes:
        failures: in a row.
        closed_again: when it may be tried again; 0 while it works.
        budget: how many retries are left; each call that is made earns a tenth of one.
        in_flight: how many calls it has not answered yet.
    """

    failures: int = 0
    closed_again: float = 0.0
    budget: float = _BUDGET
    trying: bool = field(default=False)
    in_flight: int = 0


class Forwarding:
    """Sends requests on."""

    def __init__(self, transport: PromptTransport, *, clock: Clock, most_in_flight: int) -> None:
        self._transport = transport
        self._clock = clock
        self._most = most_in_flight
        self._most_reads = max(1, int(most_in_flight * _READS_SHARE))
        self._most_of_one = max(1, int(most_in_flight * _ONES_SHARE))
        self._most_of_sender = max(1, int(most_in_flight * _SENDERS_SHARE))
        self._in_flight = 0
        self._arriving = 0
        self._arriving_of: dict[str, int] = {}
        self._services: dict[str, _Service] = {}
        IN_FLIGHT.set_function(lambda: self._in_flight)

    def enter(self, *, reads: bool) -> None:
        """Take a place among the requests in flight, to be left again; reads are refused first, writes last.

        Raises:
            Unavailable: there is none.
        """
        if self._in_flight >= (self._most_reads if reads else self._most):
            raise _shed("read" if reads else "write")
        self._in_flight += 1

    def leave(self) -> None:
        """Give the place back."""
        self._in_flight -= 1

    @contextlib.contextmanager
    def receiving(self, sender: str, *, at_most: int) -> Iterator[None]:
        """Give the place in flight to others while a body is on its way, and take it again when that is here.

        There are as many places for bodies on their way; one sender gets `at_most` so many, and never over half.

        Raises:
            ConcurrentLimitExceeded: so many bodies of the sender are on their way already.
            Unavailable: so many of all are; or the body is here, and there is no place for its request.
        """
        of_sender = self._arriving_of.get(sender, 0)
        if of_sender >= min(at_most, self._most_of_sender):
            raise ConcurrentLimitExceeded
        if self._arriving >= self._most:
            raise _shed("body")
        self._arriving_of[sender] = of_sender + 1
        self._arriving += 1
        self._in_flight -= 1
        try:
            yield
        finally:
            self._in_flight += 1
            self._arriving -= 1
            self._arriving_of[sender] -= 1
            if not self._arriving_of[sender]:
                del self._arriving_of[sender]
        if self._in_flight > self._most:
            raise _shed("write")

    @contextlib.contextmanager
    def waiting_for(self, upstream: str) -> Iterator[None]:
        """Take one of the service's places while it is waited for otherwise than by `send`.

        Raises:
            Unavailable: there is none.
        """
        service = self._service(upstream)
        self._demand_place(upstream, service)
        service.in_flight += 1
        try:
            yield
        finally:
            service.in_flight -= 1

    @contextlib.contextmanager
    def judging(self, upstream: str) -> Iterator[None]:
        """Have the breaker hear of a call that is made to the service otherwise than by `send`, and decide on it.

        Raises:
            Unavailable: the service has failed so often that it is left alone for a moment.
        """
        service = self._service(upstream)
        self._demand_closed(upstream, service)
        try:
            yield
        except (Unavailable, BadGateway, GatewayTimeout):
            self._failed(service)
            raise
        except asyncio.CancelledError:
            service.trying = False
            raise
        except BaseException:
            self._works(service)
            raise
        self._works(service)

    async def send(self, upstream: str, request: Forwarded, *, deadline: float) -> Answer:
        """The service's answer, before `deadline` (monotonic).

        A request that can't have arrived is sent once more; so is one whose connection broke, because it either changes
        nothing or carries the identity of its command.

        Raises:
            Unavailable: the service can't be reached, or has failed so often that it is left alone for a moment.
            BadGateway, GatewayTimeout: see `Transport.send`.
        """
        self._admit(upstream, self._service(upstream))
        return await self._sent(upstream, request, deadline=deadline)

    def begin(
        self, upstream: str, request: Forwarded, *, deadline: float, now: float, done: Done
    ) -> Callable[[], None]:
        """Send a read without waiting, where `is_free` has just said so; returns what gives it up.

        It has a place in flight until `end` is called. Where `done` is told of a failure, `again` takes it from there.
        """
        self._in_flight += 1
        self._service(upstream).in_flight += 1
        return self._transport.begin(upstream, request, seconds=deadline - now, done=done)

    def end(self, upstream: str) -> None:
        """What was begun is answered, or given up."""
        self._in_flight -= 1
        self._service(upstream).in_flight -= 1

    def is_free(self, upstream: str) -> bool:
        """Whether the service works and a read could be sent to it now, without waiting."""
        service = self._service(upstream)
        works = not service.failures and service.budget >= _BUDGET and service.in_flight < self._most_of_one
        return works and self._in_flight < self._most_reads and self._transport.has_free(upstream)

    async def again(self, upstream: str, request: Forwarded, error: Exception, *, deadline: float) -> Answer:
        """What becomes of a request that was begun and failed: see `send`."""
        return await self._sent(upstream, request, deadline=deadline, failed=error)

    async def _sent(
        self, upstream: str, request: Forwarded, *, deadline: float, failed: Exception | None = None
    ) -> Answer:
        service = self._service(upstream)
        service.in_flight += 1
        try:
            try:
                if failed is not None:
                    raise failed
                answer = await self._transport.send(upstream, request, seconds=self._left(deadline))
            except (Unavailable, BadGateway) as error:
                UPSTREAM_ERRORS.labels(upstream, "connect" if isinstance(error, Unavailable) else "broken").inc()
                if service.budget < 1 or self._left(deadline) <= _PAUSE:
                    raise
                service.budget -= 1
                RETRIED.labels(upstream).inc()
                await asyncio.sleep(_PAUSE)
                answer = await self._transport.send(upstream, request, seconds=self._left(deadline))
        except (Unavailable, BadGateway, GatewayTimeout) as error:
            if isinstance(error, GatewayTimeout):
                UPSTREAM_ERRORS.labels(upstream, "timeout").inc()
            self._failed(service)
            raise
        except asyncio.CancelledError:
            service.trying = False
            raise
        finally:
            service.in_flight -= 1
        if service.failures:
            self._works(service)
        if service.budget < _BUDGET:
            service.budget += _EARNED
        return answer

    def _service(self, upstream: str) -> _Service:
        service = self._services.get(upstream)
        if service is None:
            service = self._services[upstream] = _Service()
            BREAKER_OPEN.labels(upstream).set_function(partial(self._is_told_open, service))
        return service

    def _is_told_open(self, service: _Service) -> float:
        return float(service.closed_again > 0 and self._clock.monotonic() < service.closed_again + _TOLD_SECONDS)

    def _left(self, deadline: float) -> float:
        left = deadline - self._clock.monotonic()
        if left <= 0:
            raise GatewayTimeout
        return left

    def _admit(self, upstream: str, service: _Service) -> None:
        """Let through, but only one at a time while the service may still be down, and not more than it answers."""
        self._demand_place(upstream, service)
        self._demand_closed(upstream, service)

    def _demand_closed(self, upstream: str, service: _Service) -> None:
        if not service.closed_again:
            return
        if service.trying or self._clock.monotonic() < service.closed_again:
            raise unreachable(upstream)
        service.trying = True

    def _demand_place(self, upstream: str, service: _Service) -> None:
        if service.in_flight >= self._most_of_one:
            SHED.labels("service").inc()
            raise unreachable(upstream)

    def _failed(self, service: _Service) -> None:
        service.failures += 1
        service.trying = False
        if service.failures >= _FAILURES_TO_OPEN:
            service.closed_again = self._clock.monotonic() + _OPEN_SECONDS

    def _works(self, service: _Service) -> None:
        service.failures = 0
        service.trying = False
        service.closed_again = 0.0


def _shed(kind: str) -> Unavailable:
    SHED.labels(kind).inc()
    return Unavailable("Too many requests are being answered for the moment. Try again shortly.")
