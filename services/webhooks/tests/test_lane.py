"""One endpoint's line in the memory of the process that serves it: nothing twice, nothing out of order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from atrium_common.store.documents import Document
from atrium_webhooks.application.lane import Heads, Lane, Waiting
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import new_credentials
from atrium_webhooks.domain.delivery import new_delivery, place
from atrium_webhooks.domain.endpoint import Endpoint, EndpointSettings

AT = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)


def endpoint(**settings: Any) -> Endpoint:
    created = domain.WebhookCreated(
        workspace_id="wks_1",
        settings=EndpointSettings(url="https://example.com/hooks", events=("*",), **settings),
        credentials=new_credentials("wh_1", secret="the one secret", randomness=bytes),
        is_active=True,
        livemode=True,
        at=AT,
    )
    return domain.evolve(None, created)


@pytest.fixture
def lane() -> Lane:
    made = Lane("wh_1", endpoint())
    made.loading = False
    read(made)
    return made


def delivery(number: int, version: int = 1, **changes: Any) -> Waiting:
    body = new_delivery(
        event_id=f"evt_{number}",
        event_type="order.placed",
        event_time="2026-01-15T10:30:00.000Z",
        endpoint_id="wh_1",
        workspace_id="wks_1",
        livemode=True,
        sequence=number,
        now="2026-01-15T10:30:00.000Z",
    )
    return Waiting(Document(f"del_{number}", version, {**body, **changes}, None), {})


def failed(number: int, due: str = "2026-01-15T10:31:00.000Z") -> Waiting:
    """Tried once; tried again in a minute, and without a place in the order unless one is given."""
    return delivery(number, 2, attempts=1, status="retrying", due=due, next_attempt_at="2026-01-15T10:31:00.000Z")


def read(lane: Lane, fresh: tuple[Waiting, ...] = (), retries: tuple[Waiting, ...] = ()) -> None:
    """A page of the line, begun and ended."""
    lane.begin_page()
    lane.end_page(Heads(fresh, retries), now=AT)


def begun(lane: Lane, now: datetime = AT) -> list[str]:
    """What may begin now, all of it."""
    return [waiting.document.key for waiting in iter(lambda: lane.take(now, 0.0), None)]


def test_a_delivery_that_a_page_has_brought_before_it_is_handed_over_is_sent_once(lane: Lane) -> None:
    read(lane, (delivery(1),))
    assert begun(lane) == ["del_1"]
    lane.offer(delivery(1))
    assert begun(lane) == []
    read(lane)
    assert begun(lane) == []


def test_the_receiver_that_has_answered_gets_the_next_one_before_that_is_stored_but_not_without_end(lane: Lane) -> None:
    lane.refresh(replace(lane.endpoint, concurrency=2))
    read(lane, tuple(delivery(number) for number in range(1, 21)))
    assert begun(lane) == ["del_1", "del_2"]
    lane.answered()
    assert begun(lane) == ["del_3"]
    for _ in range(20):
        if lane.sending:
            lane.answered()
        begun(lane)
    assert len(lane.flying) == 4, "what is not stored is sent again where a process dies"
    lane.settled("del_1", None)
    assert begun(lane) == ["del_5"]


def test_an_ordered_line_waits_until_what_came_of_the_one_before_is_stored(lane: Lane) -> None:
    lane.refresh(replace(lane.endpoint, ordered=True))
    read(lane, (delivery(1), delivery(2)))
    assert begun(lane) == ["del_1"]
    lane.answered()
    assert begun(lane) == []
    lane.settled("del_1", None)
    assert begun(lane) == ["del_2"]


def test_what_is_handed_over_behind_a_page_follows_at_once(lane: Lane) -> None:
    read(lane, (delivery(1),))
    lane.offer(delivery(2))
    assert begun(lane) == ["del_1", "del_2"]


def test_a_line_that_becomes_ordered_begins_nothing_of_what_it_knew_before_it_has_looked_again(lane: Lane) -> None:
    lane.offer(delivery(1))
    assert begun(lane) == ["del_1"]
    lane.settled("del_1", failed(1))
    lane.offer(delivery(2))
    lane.refresh(replace(lane.endpoint, ordered=True))
    assert begun(lane) == []
    read(lane, (failed(1, due=place(1)), delivery(2)))
    assert begun(lane) == []  # the first one waits for its time, the second one for the first
    assert begun(lane, LATER) == ["del_1"]


def test_a_page_that_was_begun_before_the_line_became_ordered_is_not_trusted(lane: Lane) -> None:
    lane.offer(delivery(1))
    assert begun(lane) == ["del_1"]
    lane.settled("del_1", failed(1))
    lane.behind = True
    lane.begin_page()
    lane.refresh(replace(lane.endpoint, ordered=True))
    lane.end_page(Heads([delivery(2)], [failed(1)]), now=AT)
    assert begun(lane) == []
    assert lane.wants_page(AT, 0.0)


def test_an_ordered_line_whose_head_was_settled_while_it_was_read_is_read_again(lane: Lane) -> None:
    lane.refresh(replace(lane.endpoint, ordered=True))
    read(lane, (delivery(1), delivery(2)))
    assert begun(lane) == ["del_1"]
    lane.recheck()
    lane.begin_page()
    lane.settled("del_1", failed(1, due=place(1)))
    lane.end_page(Heads([delivery(1), delivery(2)]), now=AT)
    assert begun(lane) == []
    read(lane, (failed(1, due=place(1)), delivery(2)))
    assert begun(lane, LATER) == ["del_1"]


def test_a_line_of_which_there_was_more_than_the_page_is_read_on_however_few_of_the_page_are_new(lane: Lane) -> None:
    lane.begin_page()
    lane.end_page(Heads([delivery(1)], more_fresh=True), now=AT)
    assert lane.wants_page(AT, 0.0)
    lane.begin_page()
    lane.end_page(Heads([], [failed(2, due="2026-01-15T10:29:00.000Z")], more_retries=True), now=AT)
    assert lane.wants_page(AT, 0.0)


def test_a_line_that_pauses_goes_on_after_its_pause_however_the_wall_clock_is_set(lane: Lane) -> None:
    lane.pause(1.0)
    assert not lane.wants_page(LATER, 0.9)
    assert lane.wait(LATER, 0.9) == pytest.approx(0.1)
    assert lane.wants_page(AT - timedelta(hours=1), 1.0)
    read(lane, (delivery(1),))
    assert lane.take(LATER, 0.9) is None
    assert lane.take(AT - timedelta(hours=1), 1.0) is not None
