"""How long is waited: twice as long each time, with jitter, and never less than the API asks."""

from datetime import datetime, timezone

import pytest

from atrium_sdk import _retries

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def test_each_wait_is_longer_up_to_a_bound() -> None:
    waits = [_retries.wait(attempt, {}, now=NOW, chance=lambda: 1.0) for attempt in range(1, 8)]
    assert waits == [0.5, 1, 2, 4, 8, 8, 8]
    assert _retries.wait(3, {}, now=NOW, chance=lambda: 0.0) == 1.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:09 GMT"}, 9),
        ({"retry-after": "nonsense"}, 0),
        ({"retry-after": "²"}, 0),
        ({"x-ratelimit-reset": "9" * 400, "x-ratelimit-remaining": "0"}, 0),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 30), "x-ratelimit-remaining": "0"}, 30),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 30), "x-ratelimit-remaining": "5"}, 0),
    ],
)
def test_the_api_is_obeyed(headers: dict[str, str], seconds: float) -> None:
    assert _retries.asked(headers, now=NOW) == seconds
