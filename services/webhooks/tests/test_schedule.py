from datetime import timedelta

import pytest

from atrium_common.testing.clock import START
from atrium_webhooks.domain.schedule import DEFAULT_SCHEDULE, Attempted, Verdict, judge


def verdict(attempted: Attempted, attempt: int = 1, random: float = 0.5) -> Verdict:
    return judge(attempted, attempt=attempt, schedule=DEFAULT_SCHEDULE, now=START, random=lambda: random)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_a_success(status: int) -> None:
    assert verdict(Attempted(status)) == Verdict("success")


@pytest.mark.parametrize("status", [None, 301, 308, 408, 409, 425, 429, 500, 503, 599])
def test_what_may_pass_is_tried_again(status: int | None) -> None:
    assert verdict(Attempted(status)).outcome == "retrying"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_any_other_4xx_fails_for_good(status: int) -> None:
    assert verdict(Attempted(status)) == Verdict("failed")


def test_the_pauses_are_those_of_the_schedule_with_a_tenth_of_jitter_and_then_it_is_over() -> None:
    for attempt, pause in enumerate(DEFAULT_SCHEDULE[1:], start=1):
        for random, factor in ((0.0, 0.9), (0.5, 1.0), (1.0, 1.1)):
            following = verdict(Attempted(500), attempt, random).next_attempt_at
            assert following == START + timedelta(seconds=pause * factor)
    assert verdict(Attempted(500), len(DEFAULT_SCHEDULE)) == Verdict("failed")


@pytest.mark.parametrize(
    ("status", "text", "seconds"),
    [
        (429, "120", 120),
        (429, "5", 60),
        (503, "Thu, 15 Jan 2026 10:40:00 GMT", 600),
        (503, "9999999999", 86400),
        (500, "120", 60),
        (429, "soon", 60),
    ],
)
def test_retry_after_moves_the_next_attempt_later_never_earlier_and_at_most_a_day(
    status: int, text: str, seconds: int
) -> None:
    found = verdict(Attempted(status, retry_after=text)).next_attempt_at
    assert found == START + timedelta(seconds=seconds)
