import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from atrium_common.tallies import Requests, Tally

BOUNDS = (0.001, 0.01, 0.1, 1)
SECONDS = (0.0, 0.001, 0.0011, 0.05, 0.1, 0.999, 1, 1.5, 70)


def test_a_scrape_shows_the_requests_as_a_histogram_of_the_library_would() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    requests = Requests("x_requests_total", "x_seconds", bounds=BOUNDS, registry=ours)
    reference = Histogram(
        "x_seconds", "Time to answer", ["service", "method", "route"], buckets=BOUNDS, registry=theirs
    )
    for number, seconds in enumerate(SECONDS):
        requests.of("s", "GET", "/x", 200 if number % 2 else 404).add(seconds)
        reference.labels("s", "GET", "/x").observe(seconds)
    labels = {"service": "s", "method": "GET", "route": "/x"}
    for bound in ("0.001", "0.01", "0.1", "1.0", "+Inf"):
        name = "x_seconds_bucket"
        assert ours.get_sample_value(name, labels | {"le": bound}) == theirs.get_sample_value(
            name, labels | {"le": bound}
        )
    for name in ("x_seconds_sum", "x_seconds_count"):
        assert ours.get_sample_value(name, labels) == pytest.approx(theirs.get_sample_value(name, labels))
    assert ours.get_sample_value("x_requests_total", labels | {"status": "404"}) == 5
    assert ours.get_sample_value("x_requests_total", labels | {"status": "200"}) == 4
    assert b'x_seconds_bucket{le="1.0"' in generate_latest(ours)


def test_a_tally_is_exact_at_every_scrape() -> None:
    registry = CollectorRegistry()
    tally = Tally("y_total", "Y", registry=registry)
    for expected in (1, 2, 3):
        tally.total += 1
        assert registry.get_sample_value("y_total") == expected
