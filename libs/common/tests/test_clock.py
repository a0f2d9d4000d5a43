from __future__ import annotations

from datetime import UTC, datetime

import pytest

from atrium_common.clock import read_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-15", datetime(2024, 1, 15, tzinfo=UTC)),
        ("2024-01-15T10:30:00Z", datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
        ("2024-01-15t10:30:00z", datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
        ("2024-01-15T10:30:00", datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
        ("2024-01-15T12:30:00+02:00", datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
    ],
)
def test_a_date_or_time_is_read_as_utc_unless_it_says_otherwise(text: str, moment: datetime) -> None:
    assert read_moment(text) == moment
    assert read_moment(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "soon", "2024-02-30", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "10000-01-01"]
)
def test_what_is_no_moment_or_none_that_utc_can_tell_is_no_crash(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 its callers tell it in words of their own
        read_moment(text)
