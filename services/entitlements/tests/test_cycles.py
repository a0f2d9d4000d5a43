"""Rule 5: anchor + k months, clamped, never previous + 1 month, on the wall clock of the holder's zone."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium_common.clock import parse_rfc3339
from atrium_entitlements.domain.cycles import Calendar, default_calendar

CASES = json.loads((Path(__file__).parent / "cycles.json").read_text())["cases"]
ZONES = [
    "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Tokyo",
    "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati", "Africa/Casablanca", "America/St_Johns",
]  # fmt: skip
FIRST = datetime(1990, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 100 * 365 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
ENDS_OF_MONTHS = st.builds(
    lambda y, m, d, s: datetime(y, m, 1, tzinfo=UTC) + timedelta(days=d, seconds=s),
    st.integers(1990, 2090), st.integers(1, 12), st.integers(26, 31), st.integers(0, 86_399),
)  # fmt: skip


def slow_beginning(anchor: datetime, zone: str, k: int) -> datetime:
    """The reference: step by step over the calendar, and minute by minute out of a gap."""
    wall = anchor.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    year, month = wall.year, wall.month
    for _ in range(abs(k)):
        month += 1 if k > 0 else -1
        if month == 13:
            year, month = year + 1, 1
        if month == 0:
            year, month = year - 1, 12
    day = wall.day
    while True:
        try:
            local = wall.replace(year=year, month=month, day=day)
            break
        except ValueError:
            day -= 1
    # Every UTC moment around it, in order, whose wall clock shows that time: the first, if there is one.
    near = local.replace(tzinfo=UTC)
    seconds = {
        ZoneInfo(zone).utcoffset((near + timedelta(hours=h)).astimezone(ZoneInfo(zone))) for h in range(-48, 49, 1)
    }
    found = sorted(
        near - offset
        for offset in seconds
        if offset is not None and (near - offset).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local
    )
    if found:
        return found[0]
    # It is skipped: forward by as much as the clocks were put forward, which is the offset from before.
    before = min(offset for offset in seconds if offset is not None)
    return near - before


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_table_of_calendar_cases_holds(case: Any) -> None:
    calendar = Calendar(parse_rfc3339(case["anchor"]), case["zone"])
    wanted = [parse_rfc3339(text) for text in case["beginnings"]]
    assert [calendar.boundary(case["from"] + n) for n in range(len(wanted))] == wanted
    for number, (start, end) in enumerate(pairwise(wanted)):
        for moment in (start, start + (end - start) / 2, end - timedelta(microseconds=1)):
            cycle = calendar.cycle(moment)
            assert (cycle.start, cycle.end) == (start, end)
            assert calendar.number(moment) == case["from"] + number


@given(st.one_of(MOMENTS, ENDS_OF_MONTHS), st.sampled_from(ZONES), st.integers(-40, 40))
def test_the_closed_form_agrees_with_the_slow_reference(anchor: datetime, zone: str, k: int) -> None:
    assert Calendar(anchor, zone).boundary(k) == slow_beginning(anchor, zone, k)


@given(st.one_of(MOMENTS, ENDS_OF_MONTHS), st.sampled_from(ZONES), st.one_of(MOMENTS, ENDS_OF_MONTHS))
def test_every_moment_lies_in_exactly_one_cycle(anchor: datetime, zone: str, moment: datetime) -> None:
    calendar = Calendar(anchor, zone)
    cycle = calendar.cycle(moment)
    assert moment in cycle
    before, after = calendar.before(moment), calendar.cycle(cycle.end or moment)
    assert before.end == cycle.start
    assert after.start == cycle.end
    assert not before.overlaps(cycle)
    assert moment not in before
    assert moment not in after


@given(st.one_of(MOMENTS, ENDS_OF_MONTHS), st.sampled_from(ZONES), st.integers(-600, 600))
def test_beginnings_ascend(anchor: datetime, zone: str, k: int) -> None:
    calendar = Calendar(anchor, zone)
    assert calendar.boundary(k) < calendar.boundary(k + 1)


@given(MOMENTS, st.sampled_from(ZONES))
def test_without_a_package_the_cycle_is_the_calendar_month_of_the_zone(moment: datetime, zone: str) -> None:
    cycle = default_calendar(moment, zone).cycle(moment)
    local = moment.astimezone(ZoneInfo(zone))
    assert moment in cycle
    assert cycle.start.astimezone(ZoneInfo(zone)).month == local.month
    assert cycle.start.astimezone(ZoneInfo(zone)).day == 1


def test_a_zone_that_nobody_knows_is_read_as_utc() -> None:
    anchor = datetime(2026, 1, 31, tzinfo=UTC)
    assert Calendar(anchor, "Nowhere/Land").boundary(1) == datetime(2026, 2, 28, tzinfo=UTC)
