import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from prometheus_client import REGISTRY

from atrium_common.errors import BadGateway, GatewayTimeout, InvalidApiKey, Unavailable
from atrium_common.testing.clock import FakeClock
from atrium_gateway.forwarding import Forwarding
from atrium_gateway.upstream import Answer, Done, Forwarded

GET = Forwarded("GET", "/x", b"")


@dataclass
class Services:
    """A transport whose calls end as the test says; the last word holds for all further calls."""

    says: Sequence[Exception | None] = field(default_factory=lambda: [None])
    asked: list[tuple[str, Forwarded, float]] = field(default_factory=list)

    @property
    def calls(self) -> int:
        return len(self.asked)

    async def send(self, upstream: str, request: Forwarded, *, seconds: float) -> Answer:
        self.asked.append((upstream, request, seconds))
        said, *further = self.says
        self.says = further or [said]
        if said is not None:
            raise said
        return Answer(200, [], b"ok")

    def has_free(self, upstream: str) -> bool:
        return bool(upstream)

    def begin(self, upstream: str, request: Forwarded, *, seconds: float, done: Done) -> Callable[[], None]:
        self.asked.append((upstream, request, seconds))
        return lambda: done(BadGateway())

    async def close(self) -> None:
        pass


def forwarding(services: Services, clock: FakeClock, most: int = 10) -> Forwarding:
    return Forwarding(services, clock=clock, most_in_flight=most)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def ask(sending: Forwarding, clock: FakeClock) -> Answer:
    return await sending.send("tenancy", GET, deadline=clock.monotonic() + 30)


async def test_calls_made_otherwise_feed_the_breaker_and_are_stopped_by_it(clock: FakeClock) -> None:
    services = Services()
    sending = forwarding(services, clock)
    for failure in [*[GatewayTimeout(), BadGateway()] * 4, GatewayTimeout(), BadGateway()]:
        with pytest.raises(type(failure)), sending.judging("tenancy"):
            raise failure
    with pytest.raises(Unavailable):
        await ask(sending, clock)
    with pytest.raises(Unavailable), sending.judging("tenancy"):
        pytest.fail("the breaker is open")
    clock.advance(0.6)
    with pytest.raises(InvalidApiKey), sending.judging("tenancy"):
        # An answer, though no welcome one: the service works.
        raise InvalidApiKey
    assert (await ask(sending, clock)).status == 200


async def test_an_open_breaker_is_told_while_calls_fail_and_no_longer_than_a_minute_where_none_are_made(
    clock: FakeClock,
) -> None:
    def told() -> float | None:
        return REGISTRY.get_sample_value("atrium_gateway_breaker_open", {"upstream": "tenancy"})

    sending = forwarding(Services(), clock)
    for _ in range(10):
        with pytest.raises(BadGateway), sending.judging("tenancy"):
            raise BadGateway
    assert told() == 1
    clock.advance(50)
    assert told() == 1
    with pytest.raises(BadGateway), sending.judging("tenancy"):
        raise BadGateway
    clock.advance(50)
    assert told() == 1
    clock.advance(11)
    assert told() == 0
    await ask(sending, clock)
    assert told() == 0


@pytest.mark.parametrize("failure", [Unavailable(), BadGateway()])
async def test_what_broke_is_sent_once_more_and_no_more(clock: FakeClock, failure: Exception) -> None:
    services = Services([failure, None])
    assert (await ask(forwarding(services, clock), clock)).body == b"ok"
    assert services.calls == 2
    services = Services([failure])
    with pytest.raises(type(failure)):
        await ask(forwarding(services, clock), clock)
    assert services.calls == 2


async def test_what_came_too_late_is_not_sent_again(clock: FakeClock) -> None:
    services = Services([GatewayTimeout()])
    with pytest.raises(GatewayTimeout):
        await ask(forwarding(services, clock), clock)
    assert services.calls == 1
    with pytest.raises(GatewayTimeout):
        await forwarding(services, clock).send("tenancy", GET, deadline=clock.monotonic() - 1)


async def test_retries_have_a_budget_that_calls_earn(clock: FakeClock) -> None:
    # One failure, then success, for ever: every call would be made twice.
    services = Services([BadGateway() if number % 2 == 0 else None for number in range(400)] + [None])
    sending = forwarding(services, clock)
    failed = 0
    for _ in range(100):
        try:
            await ask(sending, clock)
        except BadGateway:
            failed += 1
    assert failed > 20


async def test_a_service_that_fails_again_and_again_is_left_alone_and_tried_one_by_one(clock: FakeClock) -> None:
    services = Services([Unavailable()])
    sending = forwarding(services, clock)
    for _ in range(10):
        with pytest.raises(Unavailable):
            await ask(sending, clock)
    called = services.calls
    with pytest.raises(Unavailable) as refusal:
        await ask(sending, clock)
    assert refusal.value.retry_after == 1
    assert services.calls == called
    # Another service is not left alone for it.
    with pytest.raises(Unavailable):
        await sending.send("webhooks", GET, deadline=clock.monotonic() + 30)
    assert services.calls > called
    clock.advance(1)
    services.says = [None]
    assert (await ask(sending, clock)).status == 200
    assert (await ask(sending, clock)).status == 200


async def test_reads_are_shed_first_and_writes_last(clock: FakeClock) -> None:
    sending = forwarding(Services(), clock, most=10)
    for _ in range(8):
        sending.enter(reads=True)
    with pytest.raises(Unavailable):
        sending.enter(reads=True)
    for _ in range(2):
        sending.enter(reads=False)
    with pytest.raises(Unavailable) as refusal:
        sending.enter(reads=False)
    assert refusal.value.retry_after >= 1
    for _ in range(3):
        sending.leave()
    sending.enter(reads=True)


async def test_a_caller_who_gives_up_does_not_keep_a_failing_service_closed(clock: FakeClock) -> None:
    services = Services([Unavailable()])
    sending = forwarding(services, clock)
    for _ in range(10):
        with pytest.raises(Unavailable):
            await ask(sending, clock)
    clock.advance(1)

    async def hang(*_: object, **__: object) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    services.send = hang  # type: ignore[method-assign]
    asking = asyncio.create_task(ask(sending, clock))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    del services.send
    services.says = [None]
    assert (await ask(sending, clock)).status == 200


async def test_a_read_is_begun_only_where_the_service_works_and_there_is_room(clock: FakeClock) -> None:
    services = Services([BadGateway(), None])
    sending = forwarding(services, clock, most=2)
    assert sending.is_free("tenancy")
    sending.enter(reads=True)
    assert not sending.is_free("tenancy")
    sending.leave()
    await ask(sending, clock)
    assert not sending.is_free("tenancy"), "a retry has to be earned again"
    for _ in range(11):
        await ask(sending, clock)
    assert sending.is_free("tenancy")


async def test_a_begun_read_that_fails_is_sent_once_more_and_counts_against_its_service(clock: FakeClock) -> None:
    services = Services([None])
    sending = forwarding(services, clock)
    deadline = clock.monotonic() + 30
    sending.begin("tenancy", GET, deadline=deadline, now=clock.monotonic(), done=lambda _: None)
    assert (await sending.again("tenancy", GET, BadGateway(), deadline=deadline)).body == b"ok"
    assert services.calls == 2
    services.says = [BadGateway()]
    with pytest.raises(BadGateway):
        await sending.again("tenancy", GET, BadGateway(), deadline=deadline)
    assert services.calls == 3
    with pytest.raises(GatewayTimeout):
        await sending.again("tenancy", GET, GatewayTimeout(), deadline=deadline)
    assert services.calls == 3
    assert not sending.is_free("tenancy")


async def test_a_service_that_hangs_takes_half_of_the_places_and_no_other_service_with_it(clock: FakeClock) -> None:
    class Hanging(Services):
        async def send(self, upstream: str, request: Forwarded, *, seconds: float) -> Answer:
            if upstream == "tenancy":
                await asyncio.Event().wait()
            return await super().send(upstream, request, seconds=seconds)

    sending = forwarding(Hanging(), clock, most=10)
    deadline = clock.monotonic() + 30
    hanging = [asyncio.create_task(ask(sending, clock)) for _ in range(4)]
    sending.begin("tenancy", GET, deadline=deadline, now=clock.monotonic(), done=lambda _: None)
    await asyncio.sleep(0)
    assert not sending.is_free("tenancy")
    with pytest.raises(Unavailable):
        await ask(sending, clock)
    assert sending.is_free("webhooks")
    assert (await sending.send("webhooks", GET, deadline=deadline)).body == b"ok"
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
    sending.end("tenancy")
    assert sending.is_free("tenancy"), "given up, their places are free again"


async def test_who_waits_for_a_service_beside_requests_to_it_takes_one_of_its_places(clock: FakeClock) -> None:
    sending = forwarding(Services(), clock, most=4)
    with sending.waiting_for("tenancy"), sending.waiting_for("tenancy"):
        with pytest.raises(Unavailable), sending.waiting_for("tenancy"):
            pass
        with pytest.raises(Unavailable):
            await ask(sending, clock)
        with sending.waiting_for("webhooks"):
            pass
    assert (await ask(sending, clock)).status == 200
